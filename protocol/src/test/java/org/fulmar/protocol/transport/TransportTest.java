package org.fulmar.protocol.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.protocol.transport.Pair.TIMEOUT;
import static org.fulmar.protocol.transport.Pair.ask;
import static org.fulmar.protocol.transport.Pair.await;
import static org.fulmar.protocol.transport.Pair.echo;
import static org.fulmar.protocol.transport.Pair.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.local.LocalAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers, clients and connections, over sockets and inside one VM. */
class TransportTest {
    private static void assertLost(CompletableFuture<Frame> answer) {
        assertThatThrownBy(() -> answer.get(TIMEOUT, TimeUnit.MILLISECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(RemotingException.class)
                .hasMessageContaining("lost");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRequestIsAnsweredInItsOwnEncoding(boolean inVm) throws Exception {
        try (Pair pair = new Pair(inVm)) {
            Connection connection = pair.connect();
            assertThat(echo(connection, HeaderEncoding.JSON, "ä")).isEqualTo("JSON ä ä");
            assertThat(echo(connection, HeaderEncoding.ROCKETMQ, "b")).isEqualTo("ROCKETMQ b b");
            String large = "x".repeat(100_000);
            assertThat(echo(connection, HeaderEncoding.JSON, large)).hasSize(2 * large.length() + 6);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theServerMayAskAsWell(boolean inVm) throws Exception {
        try (Pair pair = new Pair(inVm)) {
            pair.connect();
            await().until(() -> !pair.server.opened.isEmpty());
            assertThat(echo(pair.server.opened.element(), HeaderEncoding.ROCKETMQ, "b"))
                    .isEqualTo("ROCKETMQ b b");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aOneWayRequestIsCarriedOutAndNeverAnswered(boolean inVm) throws Exception {
        try (Pair pair = new Pair(inVm)) {
            Connection connection = pair.connect();
            connection.oneWay(frame(Recorder.NOTE, "first"));
            connection.oneWay(frame(Recorder.ECHO, "would be answered"));
            connection.oneWay(frame(Recorder.FAIL, "would be answered as well"));
            connection.oneWay(frame(4711, "and this"));
            assertThat(echo(connection, HeaderEncoding.ROCKETMQ, "b")).isEqualTo("ROCKETMQ b b");
            assertThat(pair.server.notes).containsExactly("first");
            assertThat(pair.server.requests).hasValue(5);
            assertThat(pair.client.requests).hasValue(0);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRequestWithoutAnswerFailsInTimeAndALateAnswerDoesNoHarm(boolean inVm) throws Exception {
        try (Pair pair = new Pair(inVm)) {
            Connection connection = pair.connect();
            CompletableFuture<Frame> answer = connection.request(frame(Recorder.KEEP, "x"), 150);
            assertThatThrownBy(() -> answer.get(TIMEOUT, TimeUnit.MILLISECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(RemotingException.class)
                    .hasMessageContaining("no answer to request 2");
            await().until(() -> !pair.server.kept.isEmpty());
            Request late = pair.server.kept.remove();
            late.answer(0, "late");
            assertThat(ask(connection, frame(Recorder.ECHO, "x")).remark()).isEqualTo("echo");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLostConnectionFailsEveryRequestThatWaits(boolean inVm) throws Exception {
        try (Pair pair = new Pair(inVm)) {
            Connection connection = pair.connect();
            List<CompletableFuture<Frame>> waiting = new ArrayList<>();
            List<Boolean> knewBefore = Collections.synchronizedList(new ArrayList<>());
            for (int i = 0; i < 500; i++) {
                CompletableFuture<Frame> answer = connection.request(frame(Recorder.KEEP, "x"), 3_600_000);
                waiting.add(answer);
                answer.whenComplete((frame, failure) -> knewBefore.add(pair.client.closed.contains(connection)));
            }
            await().until(() -> pair.server.kept.size() == 500);

            pair.server.opened.element().close();

            waiting.forEach(TransportTest::assertLost);
            // who waits for an answer may go on before others are told of it
            await().until(() -> knewBefore.size() >= 500);
            assertThat(knewBefore).as("the owner was told before").hasSize(500).containsOnly(true);
            assertThat(connection.isOpen()).isFalse();
            assertLost(connection.request(frame(Recorder.ECHO, "after"), 3_600_000));
            assertThat(pair.client.closed).containsExactly(connection);
            await().untilAsserted(() -> assertThat(pair.server.closed).hasSize(1));
        }
    }

    @Test
    void requestsThatRaceWithTheLossOfTheirConnectionAllEnd() throws Exception {
        try (Pair pair = new Pair(false)) {
            for (int round = 0; round < 30; round++) {
                Connection connection = pair.connect();
                CompletableFuture<Void> closing = CompletableFuture.runAsync(connection::close);
                for (int i = 0; i < 200; i++) {
                    CompletableFuture<Frame> answer = connection.request(frame(Recorder.ECHO, "x"), 3_600_000);
                    answer.handle((frame, failure) -> {
                                if (frame != null) {
                                    frame.release();
                                }
                                return null;
                            })
                            .get(TIMEOUT, TimeUnit.MILLISECONDS);
                }
                closing.get(TIMEOUT, TimeUnit.MILLISECONDS);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFrameThatCanNoLongerBeSentIsReleased(boolean inVm) throws Exception {
        try (Pair pair = new Pair(inVm)) {
            Connection connection = pair.connect();
            connection.closeAsync().get(TIMEOUT, TimeUnit.MILLISECONDS);
            // the channel gives up its handlers a moment after it is closed; both before and after nothing may leak
            for (int i = 0; i < 50; i++) {
                ByteBuf small = Unpooled.directBuffer(100).writeZero(100);
                ByteBuf large = Unpooled.directBuffer(100_000).writeZero(100_000);
                connection.oneWay(frame(Recorder.NOTE, small));
                assertLost(connection.request(frame(Recorder.NOTE, large), 3_600_000));
                await().pollInterval(Duration.ofMillis(1)).until(() -> small.refCnt() == 0 && large.refCnt() == 0);
            }
        }
    }

    @Test
    void anAnswerToALostConnectionIsReleased() throws Exception {
        try (Pair pair = new Pair(false)) {
            Connection connection = pair.connect();
            connection.oneWay(frame(Recorder.NOTE, "x"));
            connection.request(frame(Recorder.KEEP, "x"), 3_600_000);
            await().until(() -> pair.server.kept.size() == 1);
            connection.close();
            await().until(() -> pair.server.closed.size() == 1);
            // tasks of the event loop run in order, so the channel's own last ones are done then
            pair.server.opened.element().eventLoop().submit(() -> {}).get(TIMEOUT, TimeUnit.MILLISECONDS);
            Request request = pair.server.kept.remove();
            ByteBuf body = Unpooled.directBuffer(100).writeZero(100);
            request.answer(0, null, java.util.Map.of(), body);
            await().until(() -> body.refCnt() == 0);
            assertThat(request.body().refCnt()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void framesOfSeveralThreadsArriveInTheOrderOfTheCallsOfEach(boolean inVm) throws Exception {
        int threads = 6;
        int each = 3_000;
        try (Pair pair = new Pair(inVm)) {
            Connection connection = pair.connect();
            List<CompletableFuture<Void>> senders = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int number = thread;
                Runnable sending = () -> {
                    for (int i = 0; i < each; i++) {
                        connection.oneWay(frame(Recorder.NOTE, number + ":" + i));
                    }
                };
                // the event loop itself is one of them
                senders.add(CompletableFuture.runAsync(
                        sending, number == 0 ? connection.eventLoop() : task -> new Thread(task).start()));
            }
            for (CompletableFuture<Void> sender : senders) {
                sender.get(TIMEOUT, TimeUnit.MILLISECONDS);
            }
            await().until(() -> pair.server.notes.size() == threads * each);
            int[] next = new int[threads];
            for (String note : pair.server.notes) {
                int colon = note.indexOf(':');
                int thread = Integer.parseInt(note.substring(0, colon));
                assertThat(Integer.parseInt(note.substring(colon + 1))).isEqualTo(next[thread]++);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "4711, 3, code 4711 is not supported",
        "5, 29, request 5 is malformed: the header field x is missing",
        "6, 29, request 6 is malformed: ",
        "7, 29, request 7 is malformed: nonsense",
        "8, 1, request 8 failed: java.lang.IllegalStateException: on purpose"
    })
    void aRequestThatCantBeServedIsAnsweredWithCodeAndText(int code, int answer, String text) throws Exception {
        try (Pair pair = new Pair(false)) {
            Connection connection = pair.connect();
            for (HeaderEncoding encoding : HeaderEncoding.values()) {
                Frame refused = ask(connection, frame(code, encoding, "x"));
                assertThat(refused.code()).isEqualTo(answer);
                assertThat(refused.remark()).startsWith(text);
                assertThat(refused.encoding()).isEqualTo(encoding);
            }
            assertThat(ask(connection, frame(Recorder.ECHO, "x")).code()).isZero();
        }
    }

    @Test
    void aRequestThatIsTooBigIsAnsweredAndTheConnectionGoesOn() throws Exception {
        try (Pair pair = new Pair(false)) {
            Connection connection = pair.connect();
            for (HeaderEncoding encoding : HeaderEncoding.values()) {
                ByteBuf body = Unpooled.buffer(17 << 20).writeZero(17 << 20);
                Frame refused =
                        ask(connection, Frame.request(Recorder.ECHO, java.util.Map.of("a", "b"), body, encoding));
                assertThat(refused.code()).isEqualTo(ResponseCode.MESSAGE_ILLEGAL);
                assertThat(refused.remark()).contains("larger");
                assertThat(body.refCnt()).isZero();
            }
            connection.oneWay(frame(Recorder.ECHO, Unpooled.buffer(17 << 20).writeZero(17 << 20)));
            assertThat(ask(connection, frame(Recorder.ECHO, "x")).code()).isZero();
            assertThat(pair.server.requests).hasValue(1);
        }
    }

    @Test
    void anAddressThatCantBeReachedIsAnErrorThatNamesIt() throws Exception {
        // bound, so that nobody else gets it, and nobody listens
        try (Socket bound = new Socket();
                Pair pair = new Pair(false)) {
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int free = bound.getLocalPort();
            InetSocketAddress refused = new InetSocketAddress(InetAddress.getLoopbackAddress(), free);
            assertThatThrownBy(() -> pair.remotingClient.connect(refused, TIMEOUT, pair.client))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("" + free);
            InetSocketAddress unknown = InetSocketAddress.createUnresolved("no-such-host.invalid", 9876);
            assertThatThrownBy(() -> pair.remotingClient.connect(unknown, TIMEOUT, pair.client))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no-such-host.invalid");
            LocalAddress nobody = new LocalAddress(pair.name + "-nobody");
            assertThatThrownBy(() -> pair.remotingClient.connect(nobody, TIMEOUT, pair.client))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(pair.name + "-nobody");
            assertThatThrownBy(() -> pair.remotingServer.bind((InetSocketAddress) pair.address))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("" + pair.port());
        }
    }

    @Test
    void aNameInsideTheVmIsGivenOnceAndFreeAgainWhenItsServerIsClosed() throws Exception {
        try (Pair pair = new Pair(true)) {
            assertThatThrownBy(() -> pair.remotingServer.bindLocal(pair.name)).isInstanceOf(IOException.class);
            assertThat(echo(pair.connect(), HeaderEncoding.JSON, "b")).isEqualTo("JSON b b");
            pair.remotingServer.close();
            try (RemotingServer next = new RemotingServer(
                    new RemotingServer.Options(
                            pair.name, 1, 10, org.fulmar.protocol.frame.FrameLimits.DEFAULT, Pair.LIMITS),
                    new Recorder())) {
                assertThat(next.bindLocal(pair.name)).isEqualTo(pair.address);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closingEndsConnectionsAndThreads(boolean inVm) throws Exception {
        Pair pair = new Pair(inVm);
        Connection connection = pair.connect();
        CompletableFuture<Frame> waiting = connection.request(frame(Recorder.KEEP, "x"), 3_600_000);
        await().until(() -> pair.server.kept.size() == 1);

        pair.remotingServer.close();

        assertLost(waiting);
        await().untilAsserted(() -> assertThat(threadsOf(pair.name)).allMatch(name -> name.contains("-client-")));
        pair.server.kept.remove().answer(0, "too late");
        pair.remotingClient.close();
        await().untilAsserted(() -> assertThat(threadsOf(pair.name)).isEmpty());
        assertThatThrownBy(pair::connect).isInstanceOf(IOException.class).hasMessageContaining("closed");
        ByteBuf body = Unpooled.directBuffer(8).writeZero(8);
        assertLost(connection.request(frame(Recorder.ECHO, body), 3_600_000));
        assertThat(body.refCnt()).isZero();
    }

    private static List<String> threadsOf(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(thread -> thread.startsWith(name + "-"))
                .toList();
    }

    @Test
    void aTimeoutIsNoAnswerToOthers() throws Exception {
        try (Pair pair = new Pair(false)) {
            Connection connection = pair.connect();
            CompletableFuture<Frame> patient = connection.request(frame(Recorder.KEEP, "patient"), 3_600_000);
            CompletableFuture<Frame> hasty = connection.request(frame(Recorder.KEEP, "hasty"), 100);
            assertThatThrownBy(() -> hasty.get(TIMEOUT, TimeUnit.MILLISECONDS)).isInstanceOf(ExecutionException.class);
            assertThatThrownBy(() -> patient.get(1, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            await().until(() -> !pair.server.kept.isEmpty());
            pair.server.kept.remove().answer(0, "at last");
            assertThat(patient.get(TIMEOUT, TimeUnit.MILLISECONDS).remark()).isEqualTo("at last");
        }
    }
}
