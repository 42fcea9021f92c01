package org.fulmar.ra.outbound;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.resource.Referenceable;
import jakarta.resource.ResourceException;
import java.io.Serializable;
import javax.naming.NamingException;
import javax.naming.Reference;
import org.fulmar.jms.session.JmsErrors;
import org.fulmar.ra.connection.BrokerTarget;
import org.fulmar.ra.connection.TargetSource;
import org.jspecify.annotations.Nullable;

/**
 * What applications look up to make connections, whose sessions the server pools (Jakarta Connectors 2.1, section 6.5.1).
 * Any thread may use it.
 */
public class ConnectionFactoryHandle implements ConnectionFactory, Referenceable, Serializable, TargetSource {
    private static final long serialVersionUID = 1L;

    private final Allocator allocator;
    private volatile @Nullable Reference reference;

    ConnectionFactoryHandle(Allocator allocator) {
        this.allocator = allocator;
    }

    final Allocator allocator() {
        return allocator;
    }

    @Override
    public Connection createConnection() throws JMSException {
        return new ConnectionHandle(allocator, Credentials.CONFIGURED);
    }

    @Override
    public Connection createConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return new ConnectionHandle(allocator, Credentials.of(user, password));
    }

    @Override
    public JMSContext createContext() {
        return createContext(JMSContext.AUTO_ACKNOWLEDGE);
    }

    @Override
    public JMSContext createContext(int sessionMode) {
        return context(Credentials.CONFIGURED, sessionMode);
    }

    @Override
    public JMSContext createContext(@Nullable String user, @Nullable String password) {
        return createContext(user, password, JMSContext.AUTO_ACKNOWLEDGE);
    }

    @Override
    public JMSContext createContext(@Nullable String user, @Nullable String password, int sessionMode) {
        return context(Credentials.of(user, password), sessionMode);
    }

    private JMSContext context(Credentials credentials, int sessionMode) {
        try {
            ConnectionHandle connection = new ConnectionHandle(allocator, credentials);
            return new ContextHandle(connection, connection.createSession(sessionMode));
        } catch (JMSException e) {
            throw JmsErrors.runtime(e);
        }
    }

    /** Where it leads to, unless the server or the application names another user. */
    @Override
    public BrokerTarget target() {
        try {
            return allocator.factory().target(Credentials.CONFIGURED);
        } catch (ResourceException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Override
    public void setReference(@Nullable Reference given) {
        reference = given;
    }

    /** The one that the server has set, under which it finds this factory again. */
    @Override
    public Reference getReference() throws NamingException {
        Reference there = reference;
        if (there == null) {
            throw new NamingException("the server has set no reference to this connection factory");
        }
        return there;
    }
}
