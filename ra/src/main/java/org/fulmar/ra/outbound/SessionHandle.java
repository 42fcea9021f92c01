package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ManagedConnection;

/**
 * The connection handle in the sense of Jakarta Connectors: a session. Servers may put an object of theirs before it,
 * so all that is asked of it goes through this interface. What it has besides a session's methods is not for applications.
 */
public interface SessionHandle extends Session {
    /**
     * It was made for this connection. Inside of a transaction of the server, the arguments do not matter.
     *
     * @throws JMSException if they are no mode of a session
     */
    void belongTo(ConnectionHandle connection, boolean transacted, int acknowledgeMode) throws JMSException;

    /** It works on this managed connection from now on. */
    void associate(ManagedConnection managed) throws ResourceException;
}
