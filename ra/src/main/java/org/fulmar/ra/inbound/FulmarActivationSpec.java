package org.fulmar.ra.inbound;

import jakarta.jms.MessageListener;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.Activation;
import jakarta.resource.spi.ActivationSpec;
import jakarta.resource.spi.ConfigProperty;
import jakarta.resource.spi.InvalidPropertyException;
import jakarta.resource.spi.ResourceAdapter;
import java.io.Serializable;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.connection.BrokerTarget;
import org.jspecify.annotations.Nullable;

/**
 * What a message-driven bean asks for: the standard's activation properties (Jakarta Enterprise Beans 4.0, section
 * 5.4.17; JMS 3.1, chapter 13) and ours. A bean of properties, filled by the server on one thread; {@link
 * EndpointSettings} reads it.
 */
@Activation(messageListeners = MessageListener.class)
public class FulmarActivationSpec implements ActivationSpec, Serializable {
    private static final long serialVersionUID = 1L;

    @ConfigProperty(
            description = "Name of the queue or topic, or a JNDI name that begins with java:. This or"
                    + " destinationLookup.")
    private @Nullable String destination;

    @ConfigProperty(description = "JNDI name of the queue or topic.")
    private @Nullable String destinationLookup;

    @ConfigProperty(
            description =
                    "jakarta.jms.Queue or jakarta.jms.Topic. Without it, what destinationLookup" + " gives says it.",
            defaultValue = "jakarta.jms.Queue")
    private String destinationType = "jakarta.jms.Queue";

    @ConfigProperty(
            description = "JNDI name of a Fulmar connection factory, whose broker, user and client id are" + " used.")
    private @Nullable String connectionFactoryLookup;

    @ConfigProperty(
            description = "Auto-acknowledge or Dups-ok-acknowledge, of deliveries that are in no"
                    + " transaction of the server.",
            defaultValue = "Auto-acknowledge")
    private String acknowledgeMode = "Auto-acknowledge";

    @ConfigProperty(
            description = "Selector of the messages that are delivered (JMS 3.1, section 3.8). Default:" + " all.")
    private @Nullable String messageSelector;

    @ConfigProperty(
            description = "Client identifier; needed for an unshared durable subscription. Default: the" + " URL's.")
    private @Nullable String clientId;

    @ConfigProperty(description = "Durable or NonDurable, of a topic.", defaultValue = "NonDurable")
    private String subscriptionDurability = "NonDurable";

    @ConfigProperty(description = "Name of a durable or a shared subscription.")
    private @Nullable String subscriptionName;

    @ConfigProperty(
            description = "Whether other consumers, as this application on other servers, may use the"
                    + " subscription as well.",
            defaultValue = "false")
    private Boolean shareSubscriptions = false;

    @ConfigProperty(
            description = "Whether what the endpoint's own connection, or its client identifier,"
                    + " publishes is passed over; of topics.",
            defaultValue = "false")
    private Boolean noLocal = false;

    @ConfigProperty(
            description =
                    "Messages that are worked on at the same time, at most: 1 to 1000. One keeps" + " their order.",
            defaultValue = "10")
    private Integer maxSessions = 10;

    @ConfigProperty(description = "Messages sent ahead to the endpoint: 1 to 100000. Default: twice maxSessions.")
    private @Nullable Integer prefetch;

    @ConfigProperty(description = "Connection URL of the broker. Default: the adapter's.")
    private @Nullable String url;

    @ConfigProperty(description = "User. Default: the adapter's.")
    private @Nullable String userName;

    @ConfigProperty(description = "Password of that user.", confidential = true)
    private @Nullable String password;

    @ConfigProperty(
            description = "Deliveries that fail in a row until the endpoint pauses: 1 to 1000000; 0 = it never does.",
            defaultValue = "20")
    private Integer maxSequentialDeliveryFailures = 20;

    @ConfigProperty(
            description = "How long it pauses then, in ms: 1 to 86400000; doubles while the first message"
                    + " after it fails. 0 = until an administrator resumes it.",
            defaultValue = "5000")
    private Long pause = 5000L;

    @ConfigProperty(description = "Longest pause, in ms: 1 to 86400000.", defaultValue = "60000")
    private Long maxPause = 60000L;

    @ConfigProperty(
            description = "Pause after the first failed attempt to reach the broker, in ms: 1 to 600000;"
                    + " doubles with each, less a random part.",
            defaultValue = "500")
    private Long reconnectDelay = 500L;

    @ConfigProperty(description = "Longest pause between attempts, in ms: 1 to 600000.", defaultValue = "30000")
    private Long reconnectMaxDelay = 30000L;

    @ConfigProperty(
            description = "After how long a session with nothing to do is closed, in ms: 1000 to" + " 86400000.",
            defaultValue = "30000")
    private Long idleTimeout = 30000L;

    @ConfigProperty(
            description = "How long a stop waits for deliveries that are under way, in ms: 0 to 3600000.",
            defaultValue = "30000")
    private Long drainTimeout = 30000L;

    private transient @Nullable ResourceAdapter adapter;

    public @Nullable String getDestination() {
        return destination;
    }

    public void setDestination(@Nullable String destination) {
        this.destination = destination;
    }

    public @Nullable String getDestinationLookup() {
        return destinationLookup;
    }

    public void setDestinationLookup(@Nullable String destinationLookup) {
        this.destinationLookup = destinationLookup;
    }

    public String getDestinationType() {
        return destinationType;
    }

    public void setDestinationType(String destinationType) {
        this.destinationType = destinationType;
    }

    public @Nullable String getConnectionFactoryLookup() {
        return connectionFactoryLookup;
    }

    public void setConnectionFactoryLookup(@Nullable String connectionFactoryLookup) {
        this.connectionFactoryLookup = connectionFactoryLookup;
    }

    public String getAcknowledgeMode() {
        return acknowledgeMode;
    }

    public void setAcknowledgeMode(String acknowledgeMode) {
        this.acknowledgeMode = acknowledgeMode;
    }

    public @Nullable String getMessageSelector() {
        return messageSelector;
    }

    public void setMessageSelector(@Nullable String messageSelector) {
        this.messageSelector = messageSelector;
    }

    public @Nullable String getClientId() {
        return clientId;
    }

    public void setClientId(@Nullable String clientId) {
        this.clientId = clientId;
    }

    public String getSubscriptionDurability() {
        return subscriptionDurability;
    }

    public void setSubscriptionDurability(String subscriptionDurability) {
        this.subscriptionDurability = subscriptionDurability;
    }

    public @Nullable String getSubscriptionName() {
        return subscriptionName;
    }

    public void setSubscriptionName(@Nullable String subscriptionName) {
        this.subscriptionName = subscriptionName;
    }

    public Boolean getShareSubscriptions() {
        return shareSubscriptions;
    }

    public void setShareSubscriptions(Boolean shareSubscriptions) {
        this.shareSubscriptions = shareSubscriptions;
    }

    public Boolean getNoLocal() {
        return noLocal;
    }

    public void setNoLocal(Boolean noLocal) {
        this.noLocal = noLocal;
    }

    public Integer getMaxSessions() {
        return maxSessions;
    }

    public void setMaxSessions(Integer maxSessions) {
        this.maxSessions = maxSessions;
    }

    public @Nullable Integer getPrefetch() {
        return prefetch;
    }

    public void setPrefetch(@Nullable Integer prefetch) {
        this.prefetch = prefetch;
    }

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

    public Integer getMaxSequentialDeliveryFailures() {
        return maxSequentialDeliveryFailures;
    }

    public void setMaxSequentialDeliveryFailures(Integer maxSequentialDeliveryFailures) {
        this.maxSequentialDeliveryFailures = maxSequentialDeliveryFailures;
    }

    public Long getPause() {
        return pause;
    }

    public void setPause(Long pause) {
        this.pause = pause;
    }

    public Long getMaxPause() {
        return maxPause;
    }

    public void setMaxPause(Long maxPause) {
        this.maxPause = maxPause;
    }

    public Long getReconnectDelay() {
        return reconnectDelay;
    }

    public void setReconnectDelay(Long reconnectDelay) {
        this.reconnectDelay = reconnectDelay;
    }

    public Long getReconnectMaxDelay() {
        return reconnectMaxDelay;
    }

    public void setReconnectMaxDelay(Long reconnectMaxDelay) {
        this.reconnectMaxDelay = reconnectMaxDelay;
    }

    public Long getIdleTimeout() {
        return idleTimeout;
    }

    public void setIdleTimeout(Long idleTimeout) {
        this.idleTimeout = idleTimeout;
    }

    public Long getDrainTimeout() {
        return drainTimeout;
    }

    public void setDrainTimeout(Long drainTimeout) {
        this.drainTimeout = drainTimeout;
    }

    /**
     * @throws InvalidPropertyException that names the properties that are bad
     */
    @Override
    public void validate() throws InvalidPropertyException {
        ActivationCheck.check(this);
    }

    /** Where it leads, if it names no connection factory. */
    public BrokerTarget target(FulmarResourceAdapter of) throws ResourceException {
        return of.target(url, userName, password, clientId);
    }

    @Override
    public @Nullable ResourceAdapter getResourceAdapter() {
        return adapter;
    }

    @Override
    public void setResourceAdapter(ResourceAdapter newAdapter) throws ResourceException {
        if (!(newAdapter instanceof FulmarResourceAdapter)) {
            throw new ResourceException("not an adapter of Fulmar: " + newAdapter);
        }
        this.adapter = newAdapter;
    }
}
