package org.fulmar.jms.session;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageListener;
import jakarta.jms.ServerSession;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

/**
 * A pool as an application server has one: so many server sessions, each with a daemon thread that runs its session
 * when it is started and then gives it back. Asking waits while all are busy.
 */
final class ServerSessions implements ServerSessionPool, AutoCloseable {
    private final BlockingQueue<Server> idle = new LinkedBlockingQueue<>();
    private final List<Server> servers = new CopyOnWriteArrayList<>();

    private final class Server implements ServerSession {
        private final Session session;
        private final BlockingQueue<Boolean> starts = new LinkedBlockingQueue<>();
        private final Thread thread = new Thread(this::serve, "test-server-session");

        Server(Session session) {
            this.session = session;
            thread.setDaemon(true);
            thread.start();
        }

        private void serve() {
            try {
                while (starts.take()) {
                    session.run();
                    // as a server's thread is left to the next work
                    Thread.interrupted();
                    idle.add(this);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public Session getSession() {
            return session;
        }

        @Override
        public void start() {
            starts.add(true);
        }
    }

    /** Sessions of one mode, with a listener that is made for each. */
    ServerSessions(Connection connection, int mode, int size, Function<Session, MessageListener> listener)
            throws JMSException {
        for (int i = 0; i < size; i++) {
            Session session = connection.createSession(mode);
            session.setMessageListener(listener.apply(session));
            Server server = new Server(session);
            servers.add(server);
            idle.add(server);
        }
    }

    @Override
    public ServerSession getServerSession() throws JMSException {
        try {
            return idle.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JMSException("interrupted");
        }
    }

    List<Session> sessions() {
        return servers.stream().map(server -> server.session).toList();
    }

    boolean allIdle() {
        return idle.size() == servers.size();
    }

    /** Ends the threads when what they run returns. */
    @Override
    public void close() {
        servers.forEach(server -> server.starts.add(false));
        servers.forEach(server -> server.thread.interrupt());
    }
}
