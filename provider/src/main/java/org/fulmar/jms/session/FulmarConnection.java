package org.fulmar.jms.session;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionConsumer;
import jakarta.jms.ConnectionMetaData;
import jakarta.jms.Destination;
import jakarta.jms.ExceptionListener;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.fulmar.jms.ClientOptions;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.destination.FulmarTemporaryQueue;
import org.fulmar.jms.destination.FulmarTemporaryTopic;
import org.fulmar.jms.link.BrokerLink;
import org.fulmar.jms.link.LinkListener;
import org.fulmar.jms.message.Sender;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.OpenDestination;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection (JMS 3.1, section 6.1): one link to the broker, and the sessions on it.
 *
 * <p>Any thread may use it. Deliveries arrive on the link's event loop and are put into the consumers' buffers there;
 * they are handed out only while the connection is started and not lost. Once it is lost, nothing more is handed out,
 * every call that needs the broker fails, and the exception listener is told, on a thread of its own.
 */
public final class FulmarConnection implements Connection {
    private static final Logger LOG = LoggerFactory.getLogger(FulmarConnection.class);

    private final ClientOptions options;
    private final LongSupplier clock;
    private final MessageIds messageIds = new MessageIds();
    private final AtomicInteger lastSessionId = new AtomicInteger();
    private final AtomicInteger lastConsumerId = new AtomicInteger();
    private final Set<FulmarSession> sessions = ConcurrentHashMap.newKeySet();
    private final Map<Integer, FulmarConsumer> consumers = new ConcurrentHashMap<>();
    private final Map<FulmarDestination, Integer> handles = new ConcurrentHashMap<>();
    private final Set<FulmarConnectionConsumer> connectionConsumers = ConcurrentHashMap.newKeySet();
    private final Set<FulmarDestination> temporaries = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicBoolean lost = new AtomicBoolean();
    private volatile @Nullable BrokerLink link;
    private volatile @Nullable ExceptionListener exceptionListener;
    private volatile @Nullable String clientId;
    private volatile boolean started;
    /** Whether anything was done that forbids to set the client identifier (section 6.1.2). */
    private volatile boolean used;

    /**
     * @param clock milliseconds since the epoch
     */
    public FulmarConnection(ClientOptions options, LongSupplier clock) {
        this.options = options;
        this.clock = clock;
        this.clientId = options.clientId();
    }

    /** What the link is to tell its events to. */
    public LinkListener listener() {
        return new LinkListener() {
            @Override
            public void delivered(Deliver deliver) {
                FulmarConsumer consumer = consumers.get(deliver.consumerId());
                if (consumer != null) {
                    consumer.arrived(deliver);
                }
            }

            @Override
            public void lost(@Nullable Throwable cause) {
                FulmarConnection.this.lost(cause);
            }
        };
    }

    /** Takes the link, which has been greeted. Called once, before the connection is handed out. */
    public void connected(BrokerLink newLink) {
        this.link = newLink;
    }

    BrokerLink link() throws JMSException {
        BrokerLink there = link;
        checkOpen();
        if (lost.get() || there == null) {
            throw new JMSException("the connection to the broker was lost; make a new one");
        }
        return there;
    }

    void checkOpen() throws IllegalStateException {
        if (closed.get()) {
            throw new IllegalStateException("the connection is closed");
        }
    }

    private void lost(@Nullable Throwable cause) {
        if (!lost.compareAndSet(false, true) || closed.get()) {
            return;
        }
        sessions.forEach(FulmarSession::wake);
        JMSException exception = new JMSException("the connection to the broker was lost");
        if (cause != null) {
            exception.initCause(cause);
        }
        report(exception);
    }

    /** Tells the exception listener what has no other place to be told. */
    void report(JMSException exception) {
        ExceptionListener listener = exceptionListener;
        if (listener == null) {
            LOG.warn("there is no exception listener to be told that {}", exception.getMessage());
            return;
        }
        Thread teller = new Thread(() -> listener.onException(exception), "fulmar-exception");
        teller.setDaemon(true);
        teller.start();
    }

    boolean isLost() {
        return lost.get();
    }

    /** Whether messages may be handed to the application. */
    boolean deliverable() {
        return started && !lost.get() && !closed.get();
    }

    /** What this connection says of itself with what it sends. */
    Sender sender() {
        return new Sender(clientId, options.appId(), options.populateUserId());
    }

    ClientOptions options() {
        return options;
    }

    long now() {
        return clock.getAsLong();
    }

    MessageIds messageIds() {
        return messageIds;
    }

    int nextConsumerId() {
        return lastConsumerId.incrementAndGet();
    }

    void add(FulmarConsumer consumer) {
        consumers.put(consumer.id(), consumer);
    }

    void remove(FulmarConsumer consumer) {
        consumers.remove(consumer.id());
    }

    void remove(FulmarConnectionConsumer consumer) {
        connectionConsumers.remove(consumer);
    }

    void remove(FulmarSession session) {
        sessions.remove(session);
        consumers.values().removeIf(consumer -> consumer.session() == session);
    }

    /** The broker's handle of a destination, opened there when it is first used. */
    int handle(FulmarDestination destination) throws JMSException {
        used = true;
        Integer known = handles.get(destination);
        if (known != null) {
            return known;
        }
        if (!JmsErrors.canBeSent(destination.name())) {
            throw new InvalidDestinationException("the name of " + destination + " has an unpaired surrogate");
        }
        OpenDestination.Reply reply =
                JmsErrors.await(link().openDestination(wireKind(destination), destination.name()));
        handles.put(destination, reply.handle());
        return reply.handle();
    }

    private static DestinationKind wireKind(FulmarDestination destination) {
        return switch (destination.kind()) {
            case QUEUE -> DestinationKind.QUEUE;
            case TOPIC -> DestinationKind.TOPIC;
            case TEMPORARY_QUEUE -> DestinationKind.TEMPORARY_QUEUE;
            case TEMPORARY_TOPIC -> DestinationKind.TEMPORARY_TOPIC;
        };
    }

    FulmarDestination createTemporary(boolean queue) throws JMSException {
        used = true;
        DestinationKind kind = queue ? DestinationKind.TEMPORARY_QUEUE : DestinationKind.TEMPORARY_TOPIC;
        OpenDestination.Reply reply = JmsErrors.await(link().createTemporary(kind));
        FulmarDestination made = queue
                ? new FulmarTemporaryQueue(reply.name(), this::deleteTemporary)
                : new FulmarTemporaryTopic(reply.name(), this::deleteTemporary);
        handles.put(made, reply.handle());
        temporaries.add(made);
        return made;
    }

    private void deleteTemporary(FulmarDestination destination) throws JMSException {
        if (!temporaries.contains(destination)) {
            throw new InvalidDestinationException(destination + " was deleted before");
        }
        JmsErrors.await(link().deleteTemporary(wireKind(destination), destination.name()));
        temporaries.remove(destination);
        handles.remove(destination);
    }

    /** Whether this connection made the temporary destination, and so may consume from it. */
    boolean owns(FulmarDestination temporary) {
        return temporaries.contains(temporary);
    }

    /** A session, which does not count as a use: a context has one from its beginning. */
    FulmarSession session(int acknowledgeMode) throws JMSException {
        link();
        if (acknowledgeMode == Session.SESSION_TRANSACTED) {
            throw JmsErrors.unsupported("a transacted session", "use AUTO_ACKNOWLEDGE or CLIENT_ACKNOWLEDGE");
        }
        if (acknowledgeMode < Session.SESSION_TRANSACTED || acknowledgeMode > Session.DUPS_OK_ACKNOWLEDGE) {
            throw new JMSException("no acknowledge mode: " + acknowledgeMode);
        }
        FulmarSession session = new FulmarSession(this, lastSessionId.incrementAndGet(), acknowledgeMode);
        sessions.add(session);
        return session;
    }

    @Override
    public Session createSession(boolean transacted, int acknowledgeMode) throws JMSException {
        if (!transacted && acknowledgeMode == Session.SESSION_TRANSACTED) {
            checkOpen();
            throw new JMSException("a session that is not transacted has no acknowledge mode " + acknowledgeMode);
        }
        return createSession(transacted ? Session.SESSION_TRANSACTED : acknowledgeMode);
    }

    @Override
    public Session createSession(int sessionMode) throws JMSException {
        used = true;
        return session(sessionMode);
    }

    @Override
    public Session createSession() throws JMSException {
        return createSession(Session.AUTO_ACKNOWLEDGE);
    }

    @Override
    public @Nullable String getClientID() throws JMSException {
        checkOpen();
        return clientId;
    }

    /** Section 6.1.2: before anything else is done with the connection. */
    @Override
    public void setClientID(@Nullable String newId) throws JMSException {
        checkOpen();
        if (clientId != null) {
            throw new IllegalStateException("the connection has the client id " + clientId + " already");
        }
        if (used) {
            throw new IllegalStateException("the client id must be set before the connection is used");
        }
        if (newId == null || newId.isEmpty()) {
            throw new InvalidClientIDException("a client id must not be empty");
        }
        if (!JmsErrors.canBeSent(newId)) {
            throw new InvalidClientIDException("the client id has an unpaired surrogate");
        }
        JmsErrors.await(link().setClientId(newId));
        clientId = newId;
    }

    @Override
    public ConnectionMetaData getMetaData() throws JMSException {
        checkOpen();
        return new MetaData();
    }

    @Override
    public @Nullable ExceptionListener getExceptionListener() throws JMSException {
        checkOpen();
        return exceptionListener;
    }

    @Override
    public void setExceptionListener(@Nullable ExceptionListener listener) throws JMSException {
        checkOpen();
        exceptionListener = listener;
    }

    @Override
    public void start() throws JMSException {
        used = true;
        BrokerLink to = link();
        if (!started) {
            started = true;
            sessions.forEach(FulmarSession::wake);
            JmsErrors.await(to.start(true));
        }
    }

    /** Section 6.1.5: when it returns, no listener runs and nothing is handed out until the next start. */
    @Override
    public void stop() throws JMSException {
        checkOpen();
        for (FulmarSession session : sessions) {
            session.checkNotInListener("stop the connection");
        }
        if (started) {
            started = false;
            sessions.forEach(FulmarSession::awaitQuiet);
            JmsErrors.await(link().start(false));
        }
    }

    /** Section 6.1.8: ends what waits in a receive, waits for listeners, and closes everything on the connection. */
    @Override
    public void close() throws JMSException {
        if (closed.get()) {
            return;
        }
        for (FulmarSession session : sessions) {
            session.checkNotInListener("close the connection");
            session.completions().checkNotInCallback();
        }
        for (FulmarConnectionConsumer consumer : connectionConsumers) {
            try {
                consumer.close();
            } catch (JMSException e) {
                LOG.debug("a connection consumer was lost while its connection was closed", e);
            }
        }
        if (!lost.get()) {
            for (FulmarSession session : sessions) {
                try {
                    session.close();
                } catch (JMSException e) {
                    LOG.debug("a session was lost while its connection was closed", e);
                }
            }
        }
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        sessions.forEach(FulmarSession::connectionClosed);
        for (FulmarSession session : sessions) {
            session.awaitQuiet();
            session.completions().close();
        }
        sessions.clear();
        BrokerLink there = link;
        if (there != null) {
            there.close();
        }
    }

    private ConnectionConsumer connectionConsumer(
            @Nullable ServerSessionPool pool, int maxMessages, FulmarConnectionConsumer.Source source)
            throws JMSException {
        checkOpen();
        used = true;
        FulmarConnectionConsumer made = FulmarConnectionConsumer.open(this, pool, maxMessages, source);
        connectionConsumers.add(made);
        made.start();
        return made;
    }

    @Override
    public ConnectionConsumer createConnectionConsumer(
            Destination destination, @Nullable String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        return connectionConsumer(pool, maxMessages, holder -> holder.createConsumer(destination, selector));
    }

    @Override
    public ConnectionConsumer createSharedConnectionConsumer(
            Topic topic, String name, @Nullable String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        return connectionConsumer(pool, maxMessages, holder -> holder.createSharedConsumer(topic, name, selector));
    }

    @Override
    public ConnectionConsumer createDurableConnectionConsumer(
            Topic topic, String name, @Nullable String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        return connectionConsumer(
                pool, maxMessages, holder -> holder.createDurableConsumer(topic, name, selector, false));
    }

    @Override
    public ConnectionConsumer createSharedDurableConnectionConsumer(
            Topic topic, String name, @Nullable String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        return connectionConsumer(
                pool, maxMessages, holder -> holder.createSharedDurableConsumer(topic, name, selector));
    }
}
