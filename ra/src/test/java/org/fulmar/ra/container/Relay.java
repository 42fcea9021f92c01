package org.fulmar.ra.container;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.jms.JmsCode;

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
        return Ports.url(server.getLocalPort());
    }

    /** How many frames were sent to the broker so far, but for the pings, which come with time alone. */
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
                } else {
                    connect(client);
                }
            } catch (IOException e) {
                // closed
            }
        }
    }

    private void connect(Socket client) {
        try {
            Socket to = new Socket(InetAddress.getLoopbackAddress(), broker);
            sockets.add(to);
            to.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
            daemon(() -> copy(client, to, true), "relay-requests");
            daemon(() -> copy(to, client, false), "relay-answers");
        } catch (IOException e) {
            // it was cut, or the broker is away
            close(client);
        }
    }

    private void copy(Socket from, Socket to, boolean counted) {
        try {
            DataInputStream in = new DataInputStream(from.getInputStream());
            DataOutputStream out = new DataOutputStream(to.getOutputStream());
            while (true) {
                int length = in.readInt();
                byte[] frame = in.readNBytes(length);
                if (counted && !isPing(frame)) {
                    frames.incrementAndGet();
                }
                byte[] whole = new byte[4 + frame.length];
                ByteBuffer.wrap(whole).putInt(length).put(frame);
                out.write(whole);
            }
        } catch (IOException e) {
            // cut
        }
        close(from);
        close(to);
    }

    /** A frame begins with the encoding of its header and the header's length; a binary header with the code. */
    private static boolean isPing(byte[] frame) {
        return frame[0] == HeaderEncoding.ROCKETMQ.mark()
                && ByteBuffer.wrap(frame).getShort(4) == JmsCode.PING;
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
