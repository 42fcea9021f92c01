package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.fulmar.broker.Patience;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.jms.TextOperation;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests of a connection in whose place its client has come back by another one, as the wire sees it. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ReplacedConnectionTest {
    private static final int ROUNDS = 100;

    @TempDir
    Path directory;

    @Test
    void whatAReplacedConnectionAsksForIsGivenToNobody() throws Exception {
        try (Broker broker = new Broker(
                                BrokerConfig.of(Map.of(
                                        "listenPort",
                                        "0",
                                        "storePathRootDir",
                                        directory.toString(),
                                        "mappedFileSizeCommitLog",
                                        Integer.toString(32 << 20))),
                                new NioDisk(),
                                System::currentTimeMillis,
                                false)
                        .start();
                RemotingClient client = new RemotingClient("wire", 2, FrameLimits.DEFAULT, ConnectionLimits.CLIENT)) {
            List<String> names = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                String name = "temp-" + UUID.randomUUID();
                names.add(name);
                try (Wire before = new Wire(client, broker);
                        Wire after = new Wire(client, broker)) {
                    before.hello(name).get(Patience.MILLIS, TimeUnit.MILLISECONDS);
                    // the core has these at nearly the same time, in either order
                    CompletableFuture<Integer> back = after.hello(name);
                    before.claim(name);
                    before.temporary(name);
                    assertThat(back.get(Patience.MILLIS, TimeUnit.MILLISECONDS)).isZero();
                }
            }
            try (Wire last = new Wire(client, broker)) {
                last.hello("").get(Patience.MILLIS, TimeUnit.MILLISECONDS);
                for (String name : names) {
                    await(name).until(() -> last.temporary(name).get() == ResponseCode.SUCCESS);
                }
            }
            for (String name : names) {
                await(name).until(() -> isFree(client, broker, name));
            }
        }
    }

    private static boolean isFree(RemotingClient client, Broker broker, String clientId) throws Exception {
        try (Wire wire = new Wire(client, broker)) {
            wire.hello("").get(Patience.MILLIS, TimeUnit.MILLISECONDS);
            return wire.claim(clientId).get(Patience.MILLIS, TimeUnit.MILLISECONDS) == ResponseCode.SUCCESS;
        }
    }

    /** A connection whose answers are codes. */
    private record Wire(Connection connection) implements AutoCloseable {
        Wire(RemotingClient client, Broker broker) throws Exception {
            this(client.connect(broker.address(), Patience.MILLIS, Request::done));
        }

        private CompletableFuture<Integer> ask(int code, Consumer<ByteBuf> body) {
            ByteBuf out = connection.buffer(256);
            body.accept(out);
            return connection.request(Frame.request(code, out), Patience.MILLIS).thenApply(answer -> {
                answer.release();
                return answer.code();
            });
        }

        CompletableFuture<Integer> hello(String instance) {
            return ask(JmsCode.HELLO, new Hello(1, JmsCode.VERSION, "test", null, instance, null, null)::encode);
        }

        CompletableFuture<Integer> claim(String clientId) {
            return ask(JmsCode.SET_CLIENT_ID, new TextOperation(clientId)::encode);
        }

        CompletableFuture<Integer> temporary(String name) {
            return ask(JmsCode.CREATE_TEMPORARY, new OpenDestination(DestinationKind.TEMPORARY_QUEUE, name)::encode);
        }

        @Override
        public void close() throws Exception {
            connection.closeAsync().get(Patience.MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}
