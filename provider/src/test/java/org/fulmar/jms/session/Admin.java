package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;

/** What an administrator does with RocketMQ's tools. Stateless. */
final class Admin {
    private Admin() {}

    /** Sets attributes of a destination that is there, as {@code +name=value,+name=value}. */
    static void attributes(int port, String topic, String changes) throws Exception {
        try (RemotingClient client = new RemotingClient("admin", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT)) {
            var connection = client.connect(
                    new InetSocketAddress("127.0.0.1", port),
                    5000,
                    request -> request.answer(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "none are taken here"));
            Map<String, String> fields =
                    Map.of("topic", topic, "readQueueNums", "1", "writeQueueNums", "1", "attributes", changes);
            Frame change = Frame.request(
                    RequestCode.UPDATE_AND_CREATE_TOPIC, fields, Unpooled.EMPTY_BUFFER, HeaderEncoding.JSON);
            Frame answer = connection.request(change, 10_000).get(15, TimeUnit.SECONDS);
            assertThat(answer.code()).as(answer.remark()).isEqualTo(ResponseCode.SUCCESS);
            answer.release();
        }
    }
}
