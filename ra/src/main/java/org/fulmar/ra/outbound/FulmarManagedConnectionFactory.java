package org.fulmar.ra.outbound;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConfigProperty;
import jakarta.resource.spi.ConnectionDefinition;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.InvalidPropertyException;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionFactory;
import jakarta.resource.spi.ResourceAdapter;
import jakarta.resource.spi.ResourceAdapterAssociation;
import jakarta.resource.spi.SecurityException;
import jakarta.resource.spi.ValidatingManagedConnectionFactory;
import java.beans.IntrospectionException;
import java.beans.PropertyDescriptor;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import javax.security.auth.Subject;
import org.fulmar.jms.ConnectionUrl;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.connection.BrokerTarget;
import org.fulmar.ra.connection.SharedConnections;
import org.jspecify.annotations.Nullable;

/**
 * Makes managed connections, and the connection factories that applications look up (Jakarta Connectors 2.1, section
 * 6.5.2). A bean that the server configures, then uses on any thread; what is left out is the adapter's.
 *
 * <p>It needs no started adapter, as servers recover transactions before that. Two are equal if they are configured so.
 */
@ConnectionDefinition(
        connectionFactory = ConnectionFactory.class,
        connectionFactoryImpl = ConnectionFactoryHandle.class,
        connection = Connection.class,
        connectionImpl = ConnectionHandle.class)
public class FulmarManagedConnectionFactory
        implements ManagedConnectionFactory, ResourceAdapterAssociation, ValidatingManagedConnectionFactory {
    private static final long serialVersionUID = 1L;
    private static final int DEFAULT_PREFETCH = 10;
    private static final int MAX_PREFETCH = 100_000;

    @ConfigProperty(
            description = "Connection URL of the broker, as fulmar://host:port?option=value. Default: the adapter's.")
    private @Nullable String url;

    @ConfigProperty(
            description = "User of connections for which neither the server nor the application names one."
                    + " Default: the adapter's.")
    private @Nullable String userName;

    @ConfigProperty(description = "Password of that user.", confidential = true)
    private @Nullable String password;

    @ConfigProperty(
            description = "Client identifier of the connections; one that is not shared can have it at a time."
                    + " Default: the URL's, or none.")
    private @Nullable String clientId;

    @ConfigProperty(
            type = Boolean.class,
            defaultValue = "true",
            description =
                    "Whether all that uses one broker as one user shares a connection to it, and with that one branch"
                            + " of a transaction. Default true; false gives each pooled connection its own.")
    private @Nullable Boolean shareConnection = true;

    @ConfigProperty(
            type = Boolean.class,
            defaultValue = "false",
            description =
                    "Whether transacted sessions are given outside of the server's transactions, which the application"
                            + " commits itself. Default false: such sessions acknowledge automatically.")
    private @Nullable Boolean allowLocalTransactions = false;

    @ConfigProperty(
            type = Integer.class,
            defaultValue = "10",
            description = "Messages that are sent ahead to a consumer, 0 to 100000; 0 sends one when it is asked for."
                    + " Default 10.")
    private @Nullable Integer prefetch = DEFAULT_PREFETCH;

    private @Nullable FulmarResourceAdapter adapter;
    private transient @Nullable PrintWriter logWriter;
    private transient @Nullable OwnConnections own;

    public @Nullable String getUrl() {
        return url;
    }

    public void setUrl(@Nullable String url) {
        this.url = url;
    }

    public @Nullable String getUserName() {
        return userName;
    }

    public void setUserName(@Nullable String userName) {
        this.userName = userName;
    }

    public @Nullable String getPassword() {
        return password;
    }

    public void setPassword(@Nullable String password) {
        this.password = password;
    }

    public @Nullable String getClientId() {
        return clientId;
    }

    public void setClientId(@Nullable String clientId) {
        this.clientId = clientId;
    }

    public @Nullable Boolean getShareConnection() {
        return shareConnection;
    }

    public void setShareConnection(@Nullable Boolean shareConnection) {
        this.shareConnection = shareConnection;
    }

    public @Nullable Boolean getAllowLocalTransactions() {
        return allowLocalTransactions;
    }

    public void setAllowLocalTransactions(@Nullable Boolean allowLocalTransactions) {
        this.allowLocalTransactions = allowLocalTransactions;
    }

    public @Nullable Integer getPrefetch() {
        return prefetch;
    }

    public void setPrefetch(@Nullable Integer prefetch) {
        this.prefetch = prefetch;
    }

    final boolean shares() {
        return shareConnection == null || shareConnection;
    }

    final boolean allowsLocalTransactions() {
        return allowLocalTransactions != null && allowLocalTransactions;
    }

    final int prefetch() {
        return prefetch == null ? DEFAULT_PREFETCH : prefetch;
    }

    /** The client identifier of its connections, wherever it is configured. */
    final @Nullable String usedClientId() throws ResourceException {
        String given = BrokerTarget.given(clientId);
        return given != null
                ? given
                : ConnectionUrl.parse(target(Credentials.CONFIGURED).url())
                        .options()
                        .clientId();
    }

    final BrokerTarget target(Credentials credentials) throws ResourceException {
        FulmarResourceAdapter from;
        synchronized (this) {
            from = adapter;
        }
        boolean asked = credentials.user() != null;
        return (from == null ? new FulmarResourceAdapter() : from)
                .target(
                        url,
                        asked ? credentials.user() : userName,
                        asked ? credentials.password() : password,
                        clientId);
    }

    private void check() throws ResourceException {
        if (prefetch() < 0 || prefetch() > MAX_PREFETCH) {
            throw bad("prefetch", "it is 0 to " + MAX_PREFETCH + " messages, not " + prefetch, null);
        }
        String used = target(Credentials.CONFIGURED).url();
        try {
            ConnectionUrl.parse(used);
        } catch (ConfigurationException e) {
            throw bad("url", String.valueOf(e.getMessage()), e);
        }
    }

    private static InvalidPropertyException bad(String property, String problem, @Nullable Throwable cause) {
        InvalidPropertyException bad =
                new InvalidPropertyException("the property " + property + " is not valid: " + problem, cause);
        try {
            PropertyDescriptor[] which = {new PropertyDescriptor(property, FulmarManagedConnectionFactory.class)};
            bad.setInvalidPropertyDescriptors(which);
        } catch (IntrospectionException e) {
            bad.addSuppressed(e);
        }
        return bad;
    }

    /** What applications get, of the domain of this factory. */
    ConnectionFactoryHandle handle(ConnectionManager manager) {
        return new ConnectionFactoryHandle(new Allocator(this, manager));
    }

    @Override
    public Object createConnectionFactory(ConnectionManager manager) throws ResourceException {
        check();
        return handle(manager);
    }

    /** For use without a server: each session has a managed connection of its own. */
    @Override
    public Object createConnectionFactory() throws ResourceException {
        return createConnectionFactory(new OneByOne());
    }

    @Override
    public ManagedConnection createManagedConnection(@Nullable Subject subject, @Nullable ConnectionRequestInfo request)
            throws ResourceException {
        check();
        BrokerTarget target = target(Credentials.of(this, subject, request));
        try {
            return new FulmarManagedConnection(this, target, connections());
        } catch (JMSSecurityException e) {
            throw new SecurityException(target + " refuses the connection: " + e.getMessage(), e);
        } catch (JMSException e) {
            throw new ResourceException("no connection to " + target + ": " + e.getMessage(), e);
        }
    }

    private synchronized Leases connections() {
        FulmarResourceAdapter from = adapter;
        if (from != null) {
            SharedConnections connections = from.connections();
            return connections::lease;
        }
        OwnConnections there = own;
        if (there == null) {
            there = new OwnConnections();
            own = there;
        }
        return there;
    }

    /** One to the same broker as the same user, that is not lost; null if there is none. */
    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable ManagedConnection matchManagedConnections(
            Set candidates, @Nullable Subject subject, @Nullable ConnectionRequestInfo request)
            throws ResourceException {
        BrokerTarget target = target(Credentials.of(this, subject, request));
        for (Object each : candidates) {
            if (each instanceof FulmarManagedConnection candidate && candidate.matches(this, target)) {
                return candidate;
            }
        }
        return null;
    }

    /** Those whose connection to the broker is lost for good. */
    @Override
    @SuppressWarnings("rawtypes")
    public Set getInvalidConnections(Set candidates) {
        Set<Object> invalid = new HashSet<>();
        for (Object each : candidates) {
            if (each instanceof FulmarManagedConnection candidate && candidate.isLost()) {
                invalid.add(candidate);
            }
        }
        return invalid;
    }

    @Override
    public synchronized @Nullable ResourceAdapter getResourceAdapter() {
        return adapter;
    }

    /** Once, before anything else (section 5.3.3). */
    @Override
    public synchronized void setResourceAdapter(@Nullable ResourceAdapter given) throws ResourceException {
        if (!(given instanceof FulmarResourceAdapter ours)) {
            throw new ResourceException("not the adapter of this connection factory: " + given);
        }
        if (adapter != null && !adapter.equals(ours)) {
            throw new jakarta.resource.spi.IllegalStateException("the connection factory has its adapter already");
        }
        adapter = ours;
    }

    @Override
    public synchronized @Nullable PrintWriter getLogWriter() {
        return logWriter;
    }

    /** Kept and given to managed connections; what is to be said goes to the log. */
    @Override
    public synchronized void setLogWriter(@Nullable PrintWriter writer) {
        logWriter = writer;
    }

    @Override
    public final boolean equals(@Nullable Object other) {
        return other != null
                && other.getClass() == getClass()
                && other instanceof FulmarManagedConnectionFactory factory
                && Objects.equals(url, factory.url)
                && Objects.equals(userName, factory.userName)
                && Objects.equals(password, factory.password)
                && Objects.equals(clientId, factory.clientId)
                && shares() == factory.shares()
                && allowsLocalTransactions() == factory.allowsLocalTransactions()
                && prefetch() == factory.prefetch()
                && Objects.equals(getResourceAdapter(), factory.getResourceAdapter());
    }

    /** Without the adapter, which comes late. */
    @Override
    public final int hashCode() {
        return Objects.hash(
                getClass(), url, userName, password, clientId, shares(), allowsLocalTransactions(), prefetch());
    }

    /** Without the password. */
    @Override
    public String toString() {
        return getClass().getSimpleName() + " for "
                + (url == null ? "the adapter's broker" : new BrokerTarget(url, userName, null, clientId));
    }
}
