package org.fulmar.appservers.others;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between an application server and a broker, and stops a request of a kind, so that a transaction stands still
 * right before it. Used by the test's thread; daemon threads of its own copy, two per connection, and end with it.
 */
final class Gate implements AutoCloseable {
    private static final int MAX_FRAME_BYTES = 64 << 20;

    private final ServerSocket server;
    private final int broker;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    /** The kind that is stopped, and before which one of them; 0 for none. */
    private int code;

    private int passing;
    private boolean stopped;
    private volatile boolean closed;

    Gate(int brokerPort) throws IOException {
        this.broker = brokerPort;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept, "gate-accept");
    }

    String url() {
        return "fulmar://127.0.0.1:" + server.getLocalPort() + "?connectTimeout=60000";
    }

    private static void daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!closed) {
            try {
                Socket client = server.accept();
                sockets.add(client);
                connect(client);
            } catch (IOException e) {
                // closed
            }
        }
    }

    private void connect(Socket client) {
        try {
            Socket to = new Socket(InetAddress.getLoopbackAddress(), broker);
            sockets.add(to);
            daemon(() -> copyRequests(client, to), "gate-requests");
            daemon(() -> copyAnswers(to, client), "gate-answers");
        } catch (IOException e) {
            // the broker is away: the client tries again
            end(client);
        }
    }

    private void copyRequests(Socket from, Socket to) {
        try (from;
                to) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(from.getInputStream()));
            OutputStream out = to.getOutputStream();
            while (true) {
                int length = in.readInt();
                if (length < 4 || length > MAX_FRAME_BYTES) {
                    throw new IOException("a frame of " + length + " bytes");
                }
                ByteBuffer frame = ByteBuffer.allocate(4 + length).putInt(length);
                in.readFully(frame.array(), 4, length);
                awaitPass(frame);
                out.write(frame.array());
            }
        } catch (IOException | InterruptedException e) {
            // the client or the broker has gone
        } finally {
            forget(from, to);
        }
    }

    private void copyAnswers(Socket from, Socket to) {
        try (from;
                to;
                InputStream in = from.getInputStream()) {
            in.transferTo(to.getOutputStream());
        } catch (IOException e) {
            // the client or the broker has gone
        } finally {
            forget(from, to);
        }
    }

    private void forget(Socket one, Socket other) {
        sockets.remove(one);
        sockets.remove(other);
    }

    /** With the binary header, which the JMS operations have, the code comes first. */
    private synchronized void awaitPass(ByteBuffer frame) throws InterruptedException {
        if (code == 0 || frame.get(4) != 1 || frame.getShort(8) != code) {
            return;
        }
        if (passing > 0) {
            passing--;
            return;
        }
        stopped = true;
        notifyAll();
        while (code != 0 && !closed) {
            wait();
        }
        // its client is dead
        throw new InterruptedException();
    }

    /** From now on requests of the kind are stopped, once so many have passed. */
    synchronized void stopAt(int requestCode, int passed) {
        code = requestCode;
        passing = passed;
        stopped = false;
    }

    /** Waits until a request is stopped; the test's time limit bounds it. */
    synchronized void awaitStopped() throws InterruptedException {
        while (!stopped) {
            wait();
        }
    }

    /** All requests pass again. What was stopped never arrives, and its connection is cut. */
    synchronized void open() {
        code = 0;
        notifyAll();
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone in any case
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        server.close();
        sockets.forEach(Gate::end);
        open();
    }
}
