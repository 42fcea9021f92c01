package org.fulmar.nameserver;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;

/** A broker or client of a name server under test, with a connection of its own. Used by the test's thread. */
final class Peer implements AutoCloseable {
    record Reply(int code, String remark, Map<String, String> fields, String text, HeaderEncoding encoding) {
        JsonNode json() {
            return JsonBody.parse(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private final RemotingClient client =
            new RemotingClient("test-peer", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final HeaderEncoding encoding;
    private final Connection connection;

    Peer(SocketAddress address, HeaderEncoding encoding) throws IOException {
        this.encoding = encoding;
        this.connection = client.connect(address, 30_000, Request::done);
    }

    Reply ask(int code, String... namesAndValues) throws Exception {
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return ask(code, fields, Unpooled.EMPTY_BUFFER);
    }

    Reply ask(int code, Map<String, String> fields, ByteBuf body) throws Exception {
        Frame answer = connection
                .request(Frame.request(code, fields, body, encoding), 30_000)
                .get(60, TimeUnit.SECONDS);
        try {
            return new Reply(
                    answer.code(),
                    answer.remark(),
                    answer.fields(),
                    answer.body().toString(StandardCharsets.UTF_8),
                    answer.encoding());
        } finally {
            answer.release();
        }
    }

    Reply register(BrokerRegistration registration) throws Exception {
        Frame frame = registration.toFrame();
        return ask(frame.code(), frame.fields(), frame.body());
    }

    Reply unregister(BrokerRegistration registration) throws Exception {
        Frame frame = registration.toUnregistration();
        return ask(frame.code(), frame.fields(), frame.body());
    }

    Reply route(String topic) throws Exception {
        return ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, "topic", topic);
    }

    void oneWay(int code, Map<String, String> fields) {
        connection.oneWay(Frame.request(code, fields, Unpooled.EMPTY_BUFFER, encoding));
    }

    void disconnect() {
        connection.close();
    }

    @Override
    public void close() {
        client.close();
    }
}
