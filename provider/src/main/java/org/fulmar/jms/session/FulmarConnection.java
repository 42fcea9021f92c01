package org.fulmar.jms.session;

import jakarta.jms.ConnectionMetaData;
import jakarta.jms.ExceptionListener;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.fulmar.jms.ClientOptions;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.link.LinkException;
import org.fulmar.jms.message.Sender;
import org.fulmar.jms.message.WireMessage;
import org.fulmar.protocol.jms.SendOperation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection (JMS 3.1, section 6.1): one link to the broker, and the sessions on it.
 *
 * <p>Any thread may use it. Deliveries arrive on the link's event loop and are put into the consumers' buffers there;
 * they are handed out only while the connection is started and has a link. When that is lost, nothing more of it is
 * handed out, the exception listener is told, on a thread of its own, and the {@link Lifeline} finds another, over which
 * {@link Restoration} makes everything again; calls wait for it, for as long as a request may take.
 */
public final class FulmarConnection extends ConsumedConnection {
    private static final Logger LOG = LoggerFactory.getLogger(FulmarConnection.class);

    private final ClientOptions options;
    private final LongSupplier clock;
    private final AtomicInteger lastSessionId = new AtomicInteger();
    private final AtomicInteger lastConsumerId = new AtomicInteger();
    private final Set<FulmarSession> sessions = ConcurrentHashMap.newKeySet();
    private final Map<Integer, FulmarConsumer> consumers = new ConcurrentHashMap<>();
    private final Temporaries temporaries = new Temporaries(this);
    private final Departed departed = new Departed();
    private final Branches branches = new Branches();
    /** Held while the broker is told whether the connection is started, so that it hears the newest last. */
    private final Object starting = new Object();

    private final AtomicBoolean closed = new AtomicBoolean();
    private final Lifeline lifeline;
    private volatile @Nullable ExceptionListener exceptionListener;
    private volatile @Nullable String clientId;
    private volatile boolean started;
    /** Whether anything was done that forbids to set the client identifier (section 6.1.2). */
    private volatile boolean used;

    /**
     * @param clock milliseconds since the epoch
     * @param random gives numbers from 0 to 1
     * @param opener opens links to the broker, the first one and others when that is lost
     */
    public FulmarConnection(ClientOptions options, LongSupplier clock, DoubleSupplier random, Lifeline.Opener opener) {
        this.options = options;
        this.clock = clock;
        this.clientId = options.clientId();
        this.lifeline = new Lifeline(options, opener, new Restoration(this), random);
    }

    /** Connects. Called once, before the connection is handed out. */
    public void open() throws JMSException {
        try {
            lifeline.open();
        } catch (LinkException e) {
            throw JmsErrors.of(e);
        }
    }

    /** What is done over a link. */
    interface Operation<T> {
        CompletableFuture<T> on(Attached at) throws JMSException;
    }

    /** Does what can be done again: if its link is lost meanwhile, it is done over the next one. */
    <T> T call(Operation<T> operation) throws JMSException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.requestTimeoutMillis());
        Attached at = null;
        while (true) {
            checkOpen();
            at = lifeline.await(at, deadline);
            try {
                return JmsErrors.await(operation.on(at));
            } catch (JMSException e) {
                if (!JmsErrors.isLost(e) || !options.reconnect()) {
                    throw e;
                }
            }
        }
    }

    /** Sends what may be lost; waits for a link, and while the one there is takes no more. */
    void sendOneWay(FulmarDestination to, WireMessage wire) throws JMSException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.requestTimeoutMillis());
        Attached at = null;
        boolean sent = false;
        while (!sent) {
            checkOpen();
            at = lifeline.await(at, deadline);
            try {
                SendOperation.Envelope envelope = new SendOperation.Envelope(at.handle(to), wire.deliverAt(), 0, 0);
                at.link().sendOneWay(envelope, wire);
                sent = true;
            } catch (LinkException e) {
                LOG.debug("a message that was not sent yet goes over the next link", e);
            } catch (JMSException e) {
                if (!JmsErrors.isLost(e)) {
                    throw e;
                }
            } catch (InterruptedException e) {
                throw JmsErrors.interrupted(e);
            }
        }
    }

    /** Does what is needless without the link, as the broker undoes it when that is lost. Whether it was done. */
    <T> boolean tell(Operation<T> operation) throws JMSException {
        Attached at = lifeline.current();
        if (at == null) {
            return false;
        }
        try {
            JmsErrors.await(operation.on(at));
            return true;
        } catch (JMSException e) {
            if (!JmsErrors.isLost(e)) {
                throw e;
            }
            return false;
        }
    }

    /** As {@link #tell}, if the link is the current one still. */
    <T> void tellOver(Attached over, Operation<T> operation) throws JMSException {
        tell(at -> at.generation() == over.generation()
                ? operation.on(at).thenApply(done -> null)
                : CompletableFuture.completedFuture(null));
    }

    /** A consumer may be sent more. False without a link: it gets its credit with the next one. */
    boolean credit(FulmarConsumer consumer, int credit) {
        Attached at = lifeline.current();
        if (at == null || at.generation() != consumer.generation()) {
            return false;
        }
        at.link().credit(consumer.id(), credit);
        return true;
    }

    /** The link that there is now, or null. */
    @Nullable Attached attached() {
        return lifeline.current();
    }

    Lifeline lifeline() {
        return lifeline;
    }

    /** Whether a delivery came over a link that is lost: it is another's now, or comes again. */
    boolean isStale(Delivery delivery) {
        Attached at = lifeline.current();
        return at == null || at.generation() != delivery.generation();
    }

    void checkOpen() throws IllegalStateException {
        if (closed.get()) {
            throw new IllegalStateException("the connection is closed");
        }
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

    void checkNotLost() throws JMSException {
        checkOpen();
        if (isLost()) {
            throw new JMSException("the connection to the broker was lost; make a new one");
        }
    }

    /** Whether the broker is lost for good. */
    boolean isLost() {
        return lifeline.isEnded();
    }

    /** Whether messages may be handed to the application. */
    boolean deliverable() {
        return started && lifeline.current() != null && !closed.get();
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

    @Nullable String clientId() {
        return clientId;
    }

    /** Tells the broker whether messages may come. */
    CompletableFuture<Void> tellStarted(Attached at) {
        synchronized (starting) {
            return at.link().start(started);
        }
    }

    Departed departed() {
        return departed;
    }

    Set<FulmarSession> sessions() {
        return sessions;
    }

    Temporaries temporaries() {
        return temporaries;
    }

    @Nullable FulmarConsumer consumer(int consumerId) {
        return consumers.get(consumerId);
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

    @Override
    FulmarConnection connection() {
        return this;
    }

    @Override
    void used() {
        used = true;
    }

    void remove(FulmarSession session) {
        sessions.remove(session);
        consumers.values().removeIf(consumer -> consumer.session() == session);
    }

    /** Opens a destination at the broker, if this connection has not; refuses one that can't be used. */
    void check(FulmarDestination destination) throws JMSException {
        used = true;
        Attached there = lifeline.current();
        if (there != null && there.handles().containsKey(destination)) {
            checkOpen();
            return;
        }
        if (!JmsErrors.canBeSent(destination.name())) {
            throw new InvalidDestinationException("the name of " + destination + " has an unpaired surrogate");
        }
        call(at -> CompletableFuture.completedFuture(at.handle(destination)));
    }

    /** A session, which does not count as a use: a context has one from its beginning. */
    FulmarSession session(int acknowledgeMode) throws JMSException {
        return session(acknowledgeMode, options.prefetch());
    }

    FulmarSession session(int acknowledgeMode, int prefetch) throws JMSException {
        checkNotLost();
        if (acknowledgeMode < Session.SESSION_TRANSACTED || acknowledgeMode > Session.DUPS_OK_ACKNOWLEDGE) {
            throw new JMSException("no acknowledge mode: " + acknowledgeMode);
        }
        boolean transacted = acknowledgeMode == Session.SESSION_TRANSACTED;
        return add(new FulmarSession(
                this,
                lastSessionId.incrementAndGet(),
                acknowledgeMode,
                transacted ? FulmarSession.Kind.TRANSACTED : FulmarSession.Kind.PLAIN,
                prefetch));
    }

    private FulmarSession add(FulmarSession session) {
        sessions.add(session);
        return session;
    }

    /** A session whose work belongs to the branches of its resource, or is acknowledged automatically outside of them. */
    FulmarSession xaSession() throws JMSException {
        return xaSession(options.prefetch());
    }

    FulmarSession xaSession(int prefetch) throws JMSException {
        checkNotLost();
        return add(new FulmarSession(
                this, lastSessionId.incrementAndGet(), Session.AUTO_ACKNOWLEDGE, FulmarSession.Kind.XA, prefetch));
    }

    /** The branches of global transactions that its sessions work on. */
    Branches branches() {
        return branches;
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

    FulmarSession createXaSession() throws JMSException {
        return createXaSession(options.prefetch());
    }

    FulmarSession createXaSession(int prefetch) throws JMSException {
        used = true;
        return xaSession(prefetch);
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
        Attached[] over = new Attached[1];
        do {
            call(at -> {
                over[0] = at;
                return at.link().setClientId(newId);
            });
            // a link that was lost now may have been followed by one that was greeted without it
        } while (!lifeline.whileCurrent(over[0], () -> clientId = newId));
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
        checkNotLost();
        if (!started) {
            started = true;
            sessions.forEach(FulmarSession::wake);
            tell(this::tellStarted);
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
            tell(this::tellStarted);
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
        closeConsumers();
        if (!isLost()) {
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
        lifeline.close();
        sessions.forEach(session -> session.sends().fail());
        sessions.clear();
    }
}
