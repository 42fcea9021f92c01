package org.fulmar.ra.outbound;

import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import jakarta.jms.Session;
import org.fulmar.jms.session.SessionContext;
import org.fulmar.jms.session.Unchecked;

/** A context inside of a server (JMS 3.1, section 12): a connection handle and its one session. Used as that is. */
final class ContextHandle extends SessionContext {
    private final ConnectionHandle connection;
    private final Session session;

    ContextHandle(ConnectionHandle connection, Session session) {
        super(session);
        this.connection = connection;
        this.session = session;
    }

    @Override
    protected ConnectionHandle connection() throws jakarta.jms.IllegalStateException {
        connection.checkOpen();
        return connection;
    }

    @Override
    public JMSProducer createProducer() {
        return new ContextProducer(session, Unchecked.get(() -> session.createProducer(null)));
    }

    @Override
    public JMSContext createContext(int sessionMode) {
        throw Refusals.unchecked(
                Refusals.ofManaged("JMSContext.createContext", "make another with the connection factory"));
    }

    /** Nothing is left to acknowledge in the modes that there are. */
    @Override
    public void acknowledge() {
        Unchecked.get(this::connection);
    }

    @Override
    public void close() {
        Unchecked.run(connection::close);
    }
}
