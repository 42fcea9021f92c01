package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import jakarta.jms.XAConnection;
import jakarta.jms.XASession;

/** A connection with sessions for transaction managers (JMS 3.1, section 11.3). Any thread may use it. */
public final class FulmarXaConnection extends DomainConnection implements XAConnection {
    public FulmarXaConnection(FulmarConnection connection) {
        super(connection);
    }

    @Override
    public XASession createXASession() throws JMSException {
        return new FulmarXaSession(connection().createXaSession());
    }

    /**
     * A session each of whose consumers is sent this many messages ahead, whatever the connection's option says.
     *
     * @param prefetch 0 to 100,000 messages; 0 sends one when it is asked for
     */
    public XASession createXASession(int prefetch) throws JMSException {
        return new FulmarXaSession(connection().createXaSession(prefetch));
    }

    /** As {@link #createXASession(int)}, of a session that no transaction manager controls. */
    public Session createSession(int sessionMode, int prefetch) throws JMSException {
        connection().used();
        return connection().session(sessionMode, prefetch);
    }

    /** A connection consumer of a queue or of any subscription, which puts one message at a time into sessions. */
    public FulmarConnectionConsumer createConnectionConsumer(ConsumedSource from, ServerSessionPool pool)
            throws JMSException {
        return connection().consume(from, pool);
    }

    /** Whether it is lost for good: it does not come back by itself, or is no longer trying. */
    public boolean isLost() {
        return connection().isLost();
    }
}
