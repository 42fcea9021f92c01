package org.fulmar.jms.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between clients and a broker, and cuts or holds back what passes. Used by the test's thread; daemon threads of
 * its own copy, two per connection, and end with it.
 */
final class Proxy implements AutoCloseable {
    private final ServerSocket server;
    private final int broker;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private boolean answersHeld;
    private boolean requestsHeld;
    private boolean requestsWaiting;
    private int passing = Integer.MAX_VALUE;
    private int accepted;
    private boolean refusing;
    private volatile boolean closed;

    Proxy(int brokerPort) throws IOException {
        this.broker = brokerPort;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept, "proxy-accept");
    }

    String url() {
        return "fulmar://127.0.0.1:" + server.getLocalPort();
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
                synchronized (this) {
                    accepted++;
                    notifyAll();
                    if (refusing) {
                        close(client);
                        continue;
                    }
                }
                Socket to = new Socket(InetAddress.getLoopbackAddress(), broker);
                sockets.add(to);
                daemon(() -> copy(client, to, false), "proxy-requests");
                daemon(() -> copy(to, client, true), "proxy-answers");
            } catch (IOException e) {
                // closed, or the broker is away: the client tries again
            }
        }
    }

    private void copy(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[64 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (answers) {
                    awaitAnswersPass();
                } else {
                    awaitRequestsPass();
                }
                out.write(buffer, 0, count);
            }
        } catch (IOException | InterruptedException e) {
            // cut
        }
        close(from);
        close(to);
    }

    private synchronized void awaitAnswersPass() throws InterruptedException {
        if (passing-- <= 0) {
            answersHeld = true;
            notifyAll();
        }
        while (answersHeld && !closed) {
            wait();
        }
    }

    private synchronized void awaitRequestsPass() throws InterruptedException {
        while (requestsHeld && !closed) {
            requestsWaiting = true;
            notifyAll();
            wait();
        }
    }

    /** From now on nothing that the clients say comes through; what is held when they are cut is lost. */
    synchronized void holdRequests() {
        requestsHeld = true;
        requestsWaiting = false;
    }

    /** Waits until a client has said something that is held. */
    synchronized void awaitRequest() throws InterruptedException {
        while (!requestsWaiting) {
            wait();
        }
    }

    synchronized void passRequests() {
        requestsHeld = false;
        notifyAll();
    }

    /** From now on nothing that the broker says comes through; what the clients say does. */
    synchronized void holdAnswers() {
        answersHeld = true;
    }

    /** So many pieces of what the broker says come through, then no more. */
    synchronized void holdAnswersAfter(int pieces) {
        passing = pieces;
    }

    synchronized void awaitHeld() throws InterruptedException {
        while (!answersHeld) {
            wait();
        }
    }

    /** Waits until a client has come again; the test's time limit bounds it. */
    synchronized void awaitNextConnection() throws InterruptedException {
        int before = accepted;
        while (accepted == before) {
            wait();
        }
    }

    synchronized void passAnswers() {
        answersHeld = false;
        passing = Integer.MAX_VALUE;
        notifyAll();
    }

    /** New connections are closed at once. */
    synchronized void refuse(boolean on) {
        refusing = on;
    }

    /** Cuts every connection. What was held back is lost. */
    void cut() {
        sockets.forEach(Proxy::close);
        sockets.clear();
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
        closed = true;
        server.close();
        cut();
        passAnswers();
        passRequests();
    }
}
