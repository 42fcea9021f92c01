package org.fulmar.ra.outbound;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.LazyAssociatableConnectionManager;
import java.io.Serializable;
import org.fulmar.ra.connection.Failures;

/** How the objects of one connection factory come to managed connections: by the server. Any thread may use it. */
record Allocator(FulmarManagedConnectionFactory factory, ConnectionManager manager) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** A session, on a managed connection that belongs to the transaction of this thread, if there is one. */
    SessionHandle allocate(Credentials credentials) throws JMSException {
        try {
            return (SessionHandle) manager.allocateConnection(factory, credentials);
        } catch (ResourceException e) {
            throw Failures.jms(e);
        }
    }

    /** Gives a session that was dissociated a managed connection again. */
    void associate(SessionHandle session, Credentials credentials) throws JMSException {
        if (!(manager instanceof LazyAssociatableConnectionManager lazy)) {
            throw new IllegalStateException("the server has taken the session's managed connection away");
        }
        try {
            lazy.associateConnection(session, factory, credentials);
        } catch (ResourceException e) {
            throw Failures.jms(e);
        }
    }

    /** A session is closed that was dissociated. */
    void closed(SessionHandle session) {
        if (manager instanceof LazyAssociatableConnectionManager lazy) {
            lazy.inactiveConnectionClosed(session, factory);
        }
    }
}
