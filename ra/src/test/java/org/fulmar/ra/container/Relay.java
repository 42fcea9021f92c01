package org.fulmar.ra.container;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between connections and a broker: counts what is said to the broker, and cuts. Used by the test's thread; daemon
 * threads of its own copy, two per connection, and end with it.
 */
public final class Relay implements AutoCloseable {
    private final ServerSocket server;
    private final int broker;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger frames = new AtomicInteger();
    private volatile boolean refusing;

    public Relay(int brokerPort) throws IOException {
        this.broker = brokerPort;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept, "relay-accept");
    }

    public String url() {
        return "fulmar://127.0.0.1:" + server.getLocalPort();
    }

    /** How many frames were sent to the broker so far. */
    public int frames() {
        return frames.get();
    }

    private static void daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                sockets.add(client);
                if (refusing) {
                    close(client);
                    continue;
                }
                Socket to = new Socket(InetAddress.getLoopbackAddress(), broker);
                to.setTcpNoDelay(true);
                client.setTcpNoDelay(true);
                sockets.add(to);
                daemon(() -> copy(client, to, true), "relay-requests");
                daemon(() -> copy(to, client, false), "relay-answers");
            } catch (IOException e) {
                // closed, or the broker is away
            }
        }
    }

    private void copy(Socket from, Socket to, boolean counted) {
        try {
            DataInputStream in = new DataInputStream(from.getInputStream());
            DataOutputStream out = new DataOutputStream(to.getOutputStream());
            while (true) {
                int length = in.readInt();
                byte[] frame = in.readNBytes(length);
                if (counted) {
                    frames.incrementAndGet();
                }
                byte[] whole = new byte[4 + frame.length];
                java.nio.ByteBuffer.wrap(whole).putInt(length).put(frame);
                out.write(whole);
            }
        } catch (IOException e) {
            // cut
        }
        close(from);
        close(to);
    }

    /** Cuts all connections, and lets no others through until {@link #mend}. */
    public void cut() {
        refusing = true;
        sockets.forEach(Relay::close);
        sockets.clear();
    }

    public void mend() {
        refusing = false;
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone in any case
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }
}
