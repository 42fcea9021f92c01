package org.fulmar.protocol.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.protocol.transport.Pair.TIMEOUT;
import static org.fulmar.protocol.transport.Pair.ask;
import static org.fulmar.protocol.transport.Pair.await;
import static org.fulmar.protocol.transport.Pair.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameEncoder;
import org.junit.jupiter.api.Test;

/** What one connection may cost: requests and bytes in flight, answers that wait, connections, silence. */
class TransportBoundsTest {
    private static final int CHUNK = 32 * 1024;
    /** The request that exceeds the bound is taken in. */
    private static final int ONE_MORE = 1;

    private static Pair pair(ConnectionLimits server) throws IOException {
        return new Pair(false, server, Pair.LIMITS, 100);
    }

    private static ConnectionLimits limits(int requests, int bytes, int pending, int idleSeconds) {
        return new ConnectionLimits(requests, bytes, pending, 64 << 10, 256 << 10, idleSeconds);
    }

    private static byte[] request(int code, ByteBuf body) {
        ByteBuf out = Unpooled.buffer();
        FrameEncoder.encodeHeader(frame(code, body), out, body.readableBytes());
        out.writeBytes(body);
        return ByteBufUtil.getBytes(out);
    }

    private static Socket socket(Pair pair) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 * 1024);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), pair.port()), TIMEOUT);
        socket.setSoTimeout(TIMEOUT);
        return socket;
    }

    @Test
    void readingPausesAtTheBoundOfRequestsInFlightAndResumes() throws Exception {
        pausesAndResumes(limits(10, 64 << 20, 4096, 0), 10 + ONE_MORE);
    }

    @Test
    void readingPausesAtTheBoundOfBytesInFlightAndResumes() throws Exception {
        pausesAndResumes(limits(4096, 10 * CHUNK, 4096, 0), 10 + ONE_MORE);
    }

    private static void pausesAndResumes(ConnectionLimits limits, int mostKept) throws Exception {
        int all = 300;
        try (Pair pair = pair(limits)) {
            Connection connection = pair.connect();
            List<CompletableFuture<Frame>> answers = new ArrayList<>();
            for (int i = 0; i < all; i++) {
                answers.add(connection.request(
                        frame(Recorder.KEEP, Unpooled.buffer(CHUNK).writeZero(CHUNK)), TIMEOUT));
            }
            await().until(() -> pair.server.kept.size() >= 10);
            await().during(Duration.ofMillis(300)).until(() -> pair.server.kept.size() <= mostKept);
            int answered = 0;
            while (answered < all) {
                await().pollInterval(Duration.ofMillis(1)).until(() -> !pair.server.kept.isEmpty());
                assertThat(pair.server.kept).hasSizeLessThanOrEqualTo(mostKept);
                pair.server.kept.remove().answer(0, "done");
                answered++;
            }
            for (CompletableFuture<Frame> answer : answers) {
                answer.get(TIMEOUT, TimeUnit.MILLISECONDS).release();
            }
        }
    }

    @Test
    void aParkedRequestDoesNotCountAsWork() throws Exception {
        try (Pair pair = pair(limits(10, 64 << 20, 4096, 0))) {
            Connection connection = pair.connect();
            for (int i = 1; i <= 200; i++) {
                connection.request(frame(Recorder.KEEP, Unpooled.buffer(CHUNK).writeZero(CHUNK)), TIMEOUT);
                int kept = i;
                await().pollInterval(Duration.ofMillis(1)).until(() -> pair.server.kept.size() == kept);
                pair.server.opened.element().eventLoop().submit(() -> {}).get(TIMEOUT, TimeUnit.MILLISECONDS);
                pair.server.kept.forEach(Request::park);
            }
            answerAll(pair);
            assertThat(ask(connection, frame(Recorder.ECHO, "x")).code()).isZero();
        }
    }

    private static void answerAll(Pair pair) {
        while (!pair.server.kept.isEmpty()) {
            pair.server.kept.remove().answer(0, "done");
        }
    }

    @Test
    void aPauseNeverLastsWhenEverythingIsAnswered() throws Exception {
        try (Pair pair = pair(limits(1, 64 << 20, 65_536, 0))) {
            Connection connection = pair.connect();
            Thread answering = new Thread(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    Request request = pair.server.kept.poll();
                    if (request == null) {
                        Thread.onSpinWait();
                    } else {
                        request.answer(0, "done");
                    }
                }
            });
            answering.start();
            try {
                for (int round = 0; round < 300; round++) {
                    List<CompletableFuture<Frame>> answers = new ArrayList<>();
                    for (int i = 0; i < 100; i++) {
                        answers.add(connection.request(frame(Recorder.KEEP, "x"), TIMEOUT));
                    }
                    for (CompletableFuture<Frame> answer : answers) {
                        answer.get(TIMEOUT, TimeUnit.MILLISECONDS).release();
                    }
                }
            } finally {
                answering.interrupt();
                answering.join();
            }
        }
    }

    @Test
    void aPeerThatDoesNotReadItsAnswersIsNotReadAnyMoreAndServedWhenItReads() throws Exception {
        int requests = 3_000;
        int answer = 64 * 1024;
        try (Pair pair = pair(Pair.LIMITS);
                Socket socket = socket(pair)) {
            byte[] request =
                    request(Recorder.BYTES, Unpooled.buffer().writeInt(answer).writeZero(16));
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    for (int i = 0; i < requests; i++) {
                        socket.getOutputStream().write(request);
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            await().until(() -> pair.server.requests.get() > 4);
            // 256 KiB wait here, the operating system holds some MiB
            await().during(Duration.ofMillis(500)).until(() -> pair.server.requests.get() * (long) answer < 16L << 20);

            InputStream in = socket.getInputStream();
            long expected = requests * (8L + 21 + answer);
            long read = 0;
            byte[] buffer = new byte[1 << 20];
            while (read < expected) {
                int count = in.read(buffer);
                assertThat(count).as("after %d bytes", read).isPositive();
                read += count;
            }
            sending.get(TIMEOUT, TimeUnit.MILLISECONDS);
            assertThat(pair.server.requests).hasValue(requests);
        }
    }

    @Test
    void whoWritesIsToldWhenThereIsRoomAgain() throws Exception {
        try (Pair pair = pair(Pair.LIMITS);
                Socket socket = socket(pair)) {
            await().until(() -> !pair.server.opened.isEmpty());
            Connection connection = pair.server.opened.element();
            assertThat(connection.isWritable()).isTrue();
            long sent = 0;
            int told;
            do {
                told = pair.server.writable.get();
                connection.oneWay(frame(Recorder.NOTE, Unpooled.buffer(CHUNK).writeZero(CHUNK)));
                sent += 8 + 21 + CHUNK;
                assertThat(sent).as("bytes taken though nobody reads").isLessThan(64 << 20);
                connection.eventLoop().submit(() -> {}).get(TIMEOUT, TimeUnit.MILLISECONDS);
            } while (connection.isWritable());
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[1 << 16];
            for (long read = 0; read < sent; ) {
                int count = in.read(buffer);
                assertThat(count).isPositive();
                read += count;
            }
            int before = told;
            await().until(() -> pair.server.writable.get() > before);
            assertThat(connection.isWritable()).isTrue();
        }
    }

    @Test
    void framesThatTheEventLoopHasNotTakenYetCountAsWell() throws Exception {
        try (Pair pair = pair(Pair.LIMITS)) {
            Connection connection = pair.connect();
            CompletableFuture<Void> go = new CompletableFuture<>();
            connection.eventLoop().execute(go::join);
            for (int i = 0; i < 9; i++) {
                assertThat(connection.isWritable())
                        .as("after %d bytes", i * CHUNK)
                        .isEqualTo(i < 8);
                connection.oneWay(frame(Recorder.NOTE, Unpooled.buffer(CHUNK).writeZero(CHUNK)));
            }
            go.complete(null);
            await().until(connection::isWritable);
            await().until(() -> pair.server.notes.size() == 9);
        }
    }

    @Test
    void moreRequestsThanMayWaitFailAtOnceAndAreReleased() throws Exception {
        try (Pair pair = new Pair(false, Pair.LIMITS, limits(4096, 64 << 20, 10, 0), 100)) {
            Connection connection = pair.connect();
            List<CompletableFuture<Frame>> waiting = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                waiting.add(connection.request(frame(Recorder.KEEP, "x"), TIMEOUT));
            }
            ByteBuf body = Unpooled.directBuffer(8).writeZero(8);
            CompletableFuture<Frame> refused = connection.request(frame(Recorder.KEEP, body), TIMEOUT);
            assertThat(refused).isCompletedExceptionally();
            assertThatThrownBy(refused::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseInstanceOf(RemotingException.class)
                    .hasMessageContaining("more than 10 requests");
            assertThat(body.refCnt()).isZero();
            await().until(() -> pair.server.kept.size() == 10);
            answerAll(pair);
            for (CompletableFuture<Frame> answer : waiting) {
                answer.get(TIMEOUT, TimeUnit.MILLISECONDS).release();
            }
            assertThat(ask(connection, frame(Recorder.ECHO, "x")).code()).isZero();
        }
    }

    @Test
    void moreConnectionsThanTheBoundAreRefusedAndOthersGoOn() throws Exception {
        try (Pair pair = new Pair(false, Pair.LIMITS, Pair.LIMITS, 3)) {
            List<Connection> served = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                served.add(pair.connect());
                assertThat(ask(served.get(i), frame(Recorder.ECHO, "x")).code()).isZero();
            }
            for (int i = 0; i < 100; i++) {
                refused(pair);
            }
            for (Connection connection : served) {
                assertThat(ask(connection, frame(Recorder.ECHO, "x")).code()).isZero();
            }
            served.get(0).close();
            await().until(() -> pair.server.closed.size() == 1);
            await().ignoreExceptions().untilAsserted(() -> {
                Connection connection = pair.connect();
                CompletableFuture<Frame> answer = connection.request(frame(Recorder.ECHO, "x"), TIMEOUT);
                answer.get(TIMEOUT, TimeUnit.MILLISECONDS).release();
            });
        }
    }

    @Test
    void moreConnectionsThanTheBoundAreRefusedInsideTheVmAsWell() throws Exception {
        try (Pair pair = new Pair(true, Pair.LIMITS, Pair.LIMITS, 1)) {
            Connection served = pair.connect();
            assertThatThrownBy(() -> pair.remotingClient.connect(pair.address, 200, pair.client))
                    .isInstanceOf(IOException.class);
            assertThat(ask(served, frame(Recorder.ECHO, "x")).code()).isZero();
        }
    }

    /** Either the connection is not made, or it is lost at once, with an error of the kind that callers expect. */
    private static void refused(Pair pair) throws Exception {
        Connection connection;
        try {
            connection = pair.connect();
        } catch (IOException e) {
            assertThat(e).hasMessageMatching("(?s).+");
            return;
        }
        assertThatThrownBy(() ->
                        connection.request(frame(Recorder.ECHO, "x"), TIMEOUT).get(2 * TIMEOUT, TimeUnit.MILLISECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(RemotingException.class);
        assertThat(connection.isOpen()).isFalse();
    }

    @Test
    void aSilentConnectionIsClosedAndOneThatSpeaksIsNot() throws Exception {
        try (Pair pair = pair(limits(4096, 64 << 20, 4096, 1))) {
            Connection silent = pair.connect();
            Speaker speaker = new Speaker(pair);
            await().pollInterval(Duration.ofMillis(100)).until(() -> {
                speaker.speak();
                return !silent.isOpen();
            });
        }
    }

    /** Speaks over a connection, which must not be lost unless it could not speak in time, since the machine stalled. */
    private static final class Speaker {
        private final Pair pair;
        private Connection connection;
        /** A time before the last words that the server has read: from no earlier one does it count. */
        private long spoke;

        Speaker(Pair pair) throws IOException {
            this.pair = pair;
            connect();
        }

        private void connect() throws IOException {
            spoke = System.nanoTime();
            connection = pair.connect();
        }

        void speak() throws Exception {
            long before = System.nanoTime();
            try {
                ask(connection, frame(Recorder.ECHO, "x"));
                spoke = before;
            } catch (ExecutionException e) {
                if (System.nanoTime() - spoke < TimeUnit.MILLISECONDS.toNanos(900)) {
                    throw e;
                }
                connect();
            }
        }
    }

    @Test
    void bytesThatAreNoFrameEndTheirConnectionAndNoOther() throws Exception {
        try (Pair pair = pair(Pair.LIMITS);
                Socket socket = socket(pair)) {
            Connection connection = pair.connect();
            socket.getOutputStream()
                    .write(request(Recorder.NOTE, Unpooled.buffer().writeZero(8)));
            socket.getOutputStream().write(new byte[] {-1, -1, -1, -1, 0, 0, 0, 0});
            socket.getOutputStream()
                    .write(request(Recorder.NOTE, Unpooled.buffer().writeZero(8)));
            await().until(() -> pair.server.closed.size() == 1);
            assertThat(pair.server.requests).as("what stood before the damage").hasValue(1);
            assertThat(ask(connection, frame(Recorder.ECHO, "x")).code()).isZero();
        }
    }
}
