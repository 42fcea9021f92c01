package org.fulmar.broker.hostile;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.fulmar.protocol.frame.HeaderEncoding;

/**
 * Peers that send one request over and over, so often that the answers would fill the memory many times, and read none
 * of them. They send on threads of their own until they are closed.
 */
final class Flood implements AutoCloseable {
    private static final int PEERS = 10;
    private static final int TIMES = 10;
    private static final int AT_ONCE = 1_000;

    private final List<Socket> sockets = new ArrayList<>();
    private final List<CompletableFuture<Void>> sending = new ArrayList<>();

    Flood(Victim victim, Template request) throws IOException {
        byte[] one = request.bytes(HeaderEncoding.ROCKETMQ, 1);
        byte[] many = new byte[AT_ONCE * one.length];
        for (int at = 0; at < many.length; at += one.length) {
            System.arraycopy(one, 0, many, at, one.length);
        }
        for (int i = 0; i < PEERS; i++) {
            Socket socket = new Socket();
            sockets.add(socket);
            socket.connect(victim.address(), 10_000);
            sending.add(CompletableFuture.runAsync(() -> send(socket, many), task -> new Thread(task).start()));
        }
    }

    private static void send(Socket socket, byte[] many) {
        try {
            for (int i = 0; i < TIMES; i++) {
                socket.getOutputStream().write(many);
            }
        } catch (IOException e) {
            // a server that reads no more leaves this thread waiting until the socket is closed
            return;
        }
    }

    /** Until everything is with the server, if it reads it all. */
    void awaitSent() throws Exception {
        CompletableFuture.allOf(sending.toArray(new CompletableFuture<?>[0]))
                .get(3 * Patience.SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
        awaitSent();
    }
}
