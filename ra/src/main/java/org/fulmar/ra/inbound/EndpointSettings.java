package org.fulmar.ra.inbound;

import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.resource.ResourceException;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.destination.FulmarDestination.Kind;
import org.fulmar.jms.session.ConsumedSource;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.connection.BrokerTarget;
import org.fulmar.ra.connection.TargetSource;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint works with: the properties of an activation, checked, and what they name looked up. Immutable.
 *
 * @param acknowledgeMode of sessions that are in no transaction of the server
 * @param maxFailures in a row until the endpoint pauses; 0 for never
 * @param pauseMillis 0 until an administrator resumes it
 */
record EndpointSettings(
        BrokerTarget target,
        ConsumedSource source,
        int acknowledgeMode,
        int maxSessions,
        int maxFailures,
        long pauseMillis,
        long maxPauseMillis,
        long reconnectMillis,
        long maxReconnectMillis,
        long idleMillis,
        long drainMillis) {

    /**
     * Reads the properties. Called on the thread that activates, whose naming context is the application's.
     *
     * @throws ResourceException if a name leads to nothing that can be used
     */
    static EndpointSettings of(FulmarActivationSpec spec, FulmarResourceAdapter adapter) throws ResourceException {
        FulmarDestination destination = destination(spec);
        boolean durable = ActivationCheck.DURABLE.equals(spec.getSubscriptionDurability());
        boolean shared = spec.getShareSubscriptions();
        if ((durable || shared) && destination.kind().isQueue()) {
            throw new ResourceException(
                    "subscriptionName " + spec.getSubscriptionName() + ": " + destination + " has no subscriptions");
        }
        Integer prefetch = spec.getPrefetch();
        ConsumedSource source = new ConsumedSource(
                destination,
                durable || shared ? BrokerTarget.given(spec.getSubscriptionName()) : null,
                durable,
                shared,
                BrokerTarget.given(spec.getMessageSelector()),
                spec.getNoLocal() && !destination.kind().isQueue(),
                prefetch == null ? 2 * spec.getMaxSessions() : prefetch);
        return new EndpointSettings(
                target(spec, adapter),
                source,
                ActivationCheck.DUPS_OK.equals(spec.getAcknowledgeMode())
                        ? Session.DUPS_OK_ACKNOWLEDGE
                        : Session.AUTO_ACKNOWLEDGE,
                spec.getMaxSessions(),
                spec.getMaxSequentialDeliveryFailures(),
                spec.getPause(),
                spec.getMaxPause(),
                spec.getReconnectDelay(),
                spec.getReconnectMaxDelay(),
                spec.getIdleTimeout(),
                spec.getDrainTimeout());
    }

    private static FulmarDestination destination(FulmarActivationSpec spec) throws ResourceException {
        String name = BrokerTarget.given(spec.getDestination());
        String lookup = BrokerTarget.given(spec.getDestinationLookup());
        if (lookup == null && name != null && name.startsWith("java:")) {
            lookup = name;
        }
        try {
            if (lookup == null) {
                return FulmarDestination.of(
                        ActivationCheck.TOPIC.equals(spec.getDestinationType()) ? Kind.TOPIC : Kind.QUEUE, name);
            }
            Object found = lookUp("destinationLookup", lookup);
            if (!(found instanceof Destination destination)) {
                throw new ResourceException("destinationLookup " + lookup + " is no destination, but " + found);
            }
            return FulmarDestination.from(destination);
        } catch (JMSException e) {
            throw new ResourceException("destination " + (lookup == null ? name : lookup) + ": " + e.getMessage(), e);
        }
    }

    private static BrokerTarget target(FulmarActivationSpec spec, FulmarResourceAdapter adapter)
            throws ResourceException {
        String lookup = BrokerTarget.given(spec.getConnectionFactoryLookup());
        BrokerTarget target = lookup == null ? spec.target(adapter) : target(spec, lookup);
        try (FulmarConnectionFactory parsed = new FulmarConnectionFactory(target.url())) {
            parsed.getUrl();
        } catch (IllegalArgumentException e) {
            throw new ResourceException("the url " + target.address() + " is bad: " + e.getMessage(), e);
        }
        return target;
    }

    private static BrokerTarget target(FulmarActivationSpec spec, String lookup) throws ResourceException {
        Object found = lookUp("connectionFactoryLookup", lookup);
        BrokerTarget there;
        if (found instanceof TargetSource ours) {
            there = ours.target();
        } else if (found instanceof FulmarConnectionFactory ours) {
            there = new BrokerTarget(ours.getUrl(), null, null, null);
        } else {
            throw new ResourceException(
                    "connectionFactoryLookup " + lookup + " is no connection factory of Fulmar, but " + found);
        }
        String user = BrokerTarget.given(spec.getUserName());
        String clientId = BrokerTarget.given(spec.getClientId());
        return new BrokerTarget(
                there.url(),
                user == null ? there.user() : user,
                user == null ? there.password() : spec.getPassword(),
                clientId == null ? there.clientId() : clientId);
    }

    /** Only in the server's own naming service: a name with a foreign scheme could bring objects from anywhere. */
    @SuppressWarnings("BanJNDI")
    private static @Nullable Object lookUp(String property, String name) throws ResourceException {
        if (name.contains(":") && !name.startsWith("java:")) {
            throw new ResourceException(property + " " + name + " is no name of this server: use one with java:");
        }
        try {
            return new InitialContext().lookup(name);
        } catch (NamingException e) {
            throw new ResourceException(property + " " + name + " leads to nothing: " + e.getMessage(), e);
        }
    }

    /** Whether other endpoints and connection factories may use its connection. */
    boolean sharesConnection() {
        return !source.noLocal();
    }
}
