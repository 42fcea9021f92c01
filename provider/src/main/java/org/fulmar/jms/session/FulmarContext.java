package org.fulmar.jms.session;

import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.jms.XAJMSContext;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A context (JMS 3.1, section 6.4): a session of its own on a connection that contexts share. The connection is closed
 * with the last of them. Used by one thread at a time, as its session is.
 */
public class FulmarContext extends SessionContext {
    private final FulmarConnection connection;
    private final FulmarSession session;
    private final AtomicInteger users;
    private final AtomicBoolean closed = new AtomicBoolean();

    FulmarContext(FulmarConnection connection, AtomicInteger users, FulmarSession session) {
        super(session);
        this.connection = connection;
        this.session = session;
        this.users = users;
        users.incrementAndGet();
    }

    /** The first context of a connection, which it owns; the connection is closed if the mode is refused. */
    public static JMSContext first(FulmarConnection connection, int sessionMode) {
        return new FulmarContext(
                connection, new AtomicInteger(), firstSession(connection, () -> connection.session(sessionMode)));
    }

    /** The first context of a connection, whose session is a transaction manager's. */
    public static XAJMSContext firstXa(FulmarConnection connection) {
        return new FulmarXaContext(connection, firstSession(connection, connection::xaSession));
    }

    private static FulmarSession firstSession(FulmarConnection connection, Unchecked.Get<FulmarSession> made) {
        try {
            return Unchecked.get(made);
        } catch (RuntimeException e) {
            Unchecked.run(connection::close);
            throw e;
        }
    }

    final FulmarSession session() {
        return session;
    }

    @Override
    public JMSContext createContext(int sessionMode) {
        Session made = Unchecked.get(() -> connection().createSession(sessionMode));
        return new FulmarContext(connection, users, (FulmarSession) made);
    }

    /** The connection, if this context is open: other contexts may still use it when this one is closed. */
    @Override
    protected FulmarConnection connection() throws JMSException {
        session.checkOpen();
        return connection;
    }

    @Override
    public void close() {
        if (!closed.get()) {
            Unchecked.run(() -> {
                session.completions().checkNotInCallback();
                session.checkNotInListener("close the context");
            });
        }
        if (closed.compareAndSet(false, true)) {
            try {
                Unchecked.run(session::close);
            } finally {
                if (users.decrementAndGet() == 0) {
                    Unchecked.run(connection::close);
                }
            }
        }
    }

    /** Section 6.2.10: acknowledges what the session has handed out, in CLIENT_ACKNOWLEDGE; else does nothing. */
    @Override
    public void acknowledge() {
        Unchecked.run(session::acknowledge);
    }
}
