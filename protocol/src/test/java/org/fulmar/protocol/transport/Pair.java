package org.fulmar.protocol.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;

/** A server and a client, in this JVM, on a free port of the loopback interface or inside the VM. */
final class Pair implements AutoCloseable {
    static final ConnectionLimits LIMITS = new ConnectionLimits(4096, 64 << 20, 4096, 64 << 10, 256 << 10, 0);
    /** Longer than a machine stalls: only a failure waits so long. In milliseconds. */
    static final int TIMEOUT = 40_000;

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    final Recorder server = new Recorder();
    final Recorder client = new Recorder();
    final String name = "pair-" + NUMBERS.incrementAndGet();
    final RemotingServer remotingServer;
    final RemotingClient remotingClient;
    final SocketAddress address;

    Pair(boolean inVm, ConnectionLimits serverLimits, ConnectionLimits clientLimits, int maxConnections)
            throws IOException {
        remotingServer = new RemotingServer(
                new RemotingServer.Options(name, 2, maxConnections, FrameLimits.DEFAULT, serverLimits), server);
        remotingClient = new RemotingClient(name + "-client", 2, FrameLimits.DEFAULT, clientLimits);
        address = inVm
                ? remotingServer.bindLocal(name)
                : remotingServer.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    Pair(boolean inVm) throws IOException {
        this(inVm, LIMITS, LIMITS, 100);
    }

    /** In place of Awaitility's, which gives up after ten seconds. */
    static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofMillis(TIMEOUT));
    }

    int port() {
        return ((InetSocketAddress) address).getPort();
    }

    Connection connect() throws IOException {
        return remotingClient.connect(address, TIMEOUT, client);
    }

    static Frame frame(int code, String text) {
        return frame(code, HeaderEncoding.ROCKETMQ, text);
    }

    static Frame frame(int code, HeaderEncoding encoding, String text) {
        return Frame.request(code, Map.of("note", text), Unpooled.copiedBuffer(text, StandardCharsets.UTF_8), encoding);
    }

    static Frame frame(int code, ByteBuf body) {
        return Frame.request(code, Map.of(), body, HeaderEncoding.ROCKETMQ);
    }

    /** The answer, whose body is released: for codes and remarks. */
    static Frame ask(Connection connection, Frame frame) throws Exception {
        Frame answer = connection.request(frame, TIMEOUT).get(2 * TIMEOUT, TimeUnit.MILLISECONDS);
        answer.release();
        return answer;
    }

    static String echo(Connection connection, HeaderEncoding encoding, String text) throws Exception {
        Frame answer = connection
                .request(frame(Recorder.ECHO, encoding, text), TIMEOUT)
                .get(2 * TIMEOUT, TimeUnit.MILLISECONDS);
        try {
            return answer.encoding() + " " + answer.fields().get("note") + " "
                    + answer.body().toString(StandardCharsets.UTF_8);
        } finally {
            answer.release();
        }
    }

    @Override
    public void close() {
        server.kept.forEach(Request::done);
        remotingClient.close();
        remotingServer.close();
    }
}
