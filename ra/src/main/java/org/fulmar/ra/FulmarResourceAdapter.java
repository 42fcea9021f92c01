package org.fulmar.ra;

import jakarta.resource.ResourceException;
import jakarta.resource.spi.ActivationSpec;
import jakarta.resource.spi.BootstrapContext;
import jakarta.resource.spi.ConfigProperty;
import jakarta.resource.spi.Connector;
import jakarta.resource.spi.ResourceAdapter;
import jakarta.resource.spi.TransactionSupport.TransactionSupportLevel;
import jakarta.resource.spi.endpoint.MessageEndpointFactory;
import java.io.Serializable;
import java.util.Objects;
import javax.transaction.xa.XAResource;
import org.fulmar.ra.connection.BrokerTarget;
import org.fulmar.ra.connection.ServerThreads;
import org.fulmar.ra.connection.SharedConnections;
import org.fulmar.ra.inbound.Endpoints;
import org.fulmar.ra.inbound.FulmarActivationSpec;
import org.fulmar.ra.recovery.RecoveryResources;
import org.jspecify.annotations.Nullable;

/**
 * The adapter as an application server sees it (Jakarta Connectors 2.1, chapter 5): its defaults, its endpoints, and the
 * connections that these and managed connections share.
 *
 * <p>The server calls it, one thread at a time but for {@link #getXAResources}. Starting connects to nothing: brokers may
 * come later. When {@link #stop} returns, deliveries are over, and no thread and no connection of it is left. Connections
 * can be had before {@link #start}, as servers that recover transactions want them.
 */
@Connector(
        displayName = "Fulmar",
        vendorName = "Fulmar",
        eisType = "Jakarta Messaging",
        version = "0.1",
        transactionSupport = TransactionSupportLevel.XATransaction)
public class FulmarResourceAdapter implements ResourceAdapter, Serializable {
    private static final long serialVersionUID = 1L;

    @ConfigProperty(
            description = "Connection URL of the broker, as fulmar://host:port?option=value, for all endpoints and"
                    + " connection factories that have none of their own. No default.")
    private @Nullable String url;

    @ConfigProperty(description = "User, for endpoints and connection factories without one. Default: the URL's.")
    private @Nullable String userName;

    @ConfigProperty(description = "Password of that user.", confidential = true)
    private @Nullable String password;

    private transient @Nullable SharedConnections connections;
    private transient @Nullable Endpoints endpoints;
    private transient @Nullable RecoveryResources recovery;

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

    /** The connections of this adapter; also before it is started. */
    public synchronized SharedConnections connections() {
        SharedConnections there = connections;
        if (there == null) {
            there = new SharedConnections();
            connections = there;
        }
        return there;
    }

    /**
     * A target, with what is missing taken from the adapter.
     *
     * @throws ResourceException if there is no URL, which is not guessed
     */
    public BrokerTarget target(
            @Nullable String ownUrl, @Nullable String ownUser, @Nullable String ownPassword, @Nullable String clientId)
            throws ResourceException {
        String used = BrokerTarget.given(ownUrl) == null ? BrokerTarget.given(url) : BrokerTarget.given(ownUrl);
        if (used == null) {
            throw new ResourceException(
                    "no broker is configured: set the property url of the resource adapter, or of what uses it");
        }
        boolean own = BrokerTarget.given(ownUser) != null;
        return new BrokerTarget(
                used,
                BrokerTarget.given(own ? ownUser : userName),
                own ? ownPassword : password,
                BrokerTarget.given(clientId));
    }

    @Override
    public void start(BootstrapContext context) {
        connections().start();
        synchronized (this) {
            endpoints = new Endpoints(context.getWorkManager(), connections());
            recovery = new RecoveryResources();
        }
    }

    @Override
    public void stop() {
        Endpoints stopping;
        RecoveryResources recovering;
        SharedConnections closing;
        synchronized (this) {
            stopping = endpoints;
            recovering = recovery;
            closing = connections;
            endpoints = null;
            recovery = null;
            connections = null;
        }
        if (stopping != null) {
            stopping.close();
        }
        if (recovering != null) {
            recovering.close();
        }
        if (closing != null) {
            closing.close();
        }
        ServerThreads.awaitOwn();
    }

    private synchronized Endpoints started() throws ResourceException {
        Endpoints there = endpoints;
        if (there == null) {
            throw new ResourceException("the resource adapter is not started");
        }
        return there;
    }

    /**
     * Begins to deliver to an endpoint; a broker that is away is waited for.
     *
     * @throws ResourceException if the specification is not for this adapter or a property is bad
     */
    @Override
    public void endpointActivation(MessageEndpointFactory factory, ActivationSpec spec) throws ResourceException {
        if (!(spec instanceof FulmarActivationSpec ours)) {
            throw new ResourceException("not an activation specification of this adapter: " + spec);
        }
        // some servers do not
        ours.validate();
        started().activate(factory, ours, this);
    }

    /** When it returns, the deliveries under way are over, and nothing more is delivered. */
    @Override
    public void endpointDeactivation(MessageEndpointFactory factory, ActivationSpec spec) {
        Endpoints there;
        synchronized (this) {
            there = endpoints;
        }
        if (there != null) {
            there.deactivate(factory, spec);
        }
    }

    /** A resource for each broker that the specifications lead to; each lists all that is in doubt there. */
    @Override
    public XAResource[] getXAResources(ActivationSpec[] specs) throws ResourceException {
        RecoveryResources there;
        synchronized (this) {
            there = recovery;
        }
        return there == null ? new XAResource[0] : there.of(this, specs);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FulmarResourceAdapter adapter
                && Objects.equals(url, adapter.url)
                && Objects.equals(userName, adapter.userName)
                && Objects.equals(password, adapter.password);
    }

    @Override
    public int hashCode() {
        return Objects.hash(url, userName, password);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "Fulmar resource adapter for "
                + (url == null ? "no default broker" : new BrokerTarget(url, userName, null, null));
    }
}
