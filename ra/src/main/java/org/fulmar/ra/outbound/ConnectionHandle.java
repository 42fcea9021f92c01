package org.fulmar.ra.outbound;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionConsumer;
import jakarta.jms.ConnectionMetaData;
import jakarta.jms.Destination;
import jakarta.jms.ExceptionListener;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.Topic;
import jakarta.resource.ResourceException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.session.MetaData;
import org.fulmar.ra.connection.Failures;
import org.jspecify.annotations.Nullable;

/**
 * A connection inside of a server (JMS 3.1, section 12.2): as whom to connect, and one session at a time, which the
 * server's pool gives when it is made, so that it belongs to the transaction that it is made in. Making one asks the
 * broker nothing.
 *
 * <p>Any thread may use it. The monitor guards its state, and is not held while the broker or the server is waited for.
 */
public class ConnectionHandle implements Connection {
    private final Allocator allocator;
    private final Credentials credentials;
    /** With what leads to them. */
    private final Map<FulmarDestination, FulmarManagedConnection> temporaries = new LinkedHashMap<>();

    private @Nullable SessionHandle session;
    private boolean allocating;
    private boolean started;
    private boolean closed;

    ConnectionHandle(Allocator allocator, Credentials credentials) {
        this.allocator = allocator;
        this.credentials = credentials;
    }

    final synchronized void checkOpen() throws IllegalStateException {
        if (closed) {
            throw new IllegalStateException("the connection is closed");
        }
    }

    @Override
    public Session createSession(boolean transacted, int acknowledgeMode) throws JMSException {
        beginAllocation();
        SessionHandle made = null;
        try {
            made = allocated(transacted, acknowledgeMode);
        } finally {
            endAllocation(made);
        }
        if (isClosed()) {
            made.close();
            throw new IllegalStateException("the connection is closed");
        }
        return made;
    }

    private SessionHandle allocated(boolean transacted, int acknowledgeMode) throws JMSException {
        SessionHandle made = allocator.allocate(credentials);
        boolean ours = false;
        try {
            made.belongTo(this, transacted, acknowledgeMode);
            ours = true;
            return made;
        } finally {
            if (!ours) {
                made.close();
            }
        }
    }

    final synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void beginAllocation() throws IllegalStateException {
        checkOpen();
        if (session != null || allocating) {
            throw new IllegalStateException("in a server, a connection has one session at a time:"
                    + " close the one there is, or make another connection");
        }
        allocating = true;
    }

    private synchronized void endAllocation(@Nullable SessionHandle made) {
        allocating = false;
        session = made;
    }

    @Override
    public Session createSession(int sessionMode) throws JMSException {
        return createSession(sessionMode == Session.SESSION_TRANSACTED, sessionMode);
    }

    @Override
    public Session createSession() throws JMSException {
        return createSession(false, Session.AUTO_ACKNOWLEDGE);
    }

    // For its session.

    /** Its session is closed. */
    final synchronized void sessionClosed() {
        session = null;
        notifyAll();
    }

    /** Its session is to have a managed connection again. */
    final void associate(SessionHandle dissociated) throws JMSException {
        allocator.associate(dissociated, credentials);
    }

    /** Its session was closed while it had no managed connection. */
    final void closedInactive(SessionHandle dissociated) {
        allocator.closed(dissociated);
    }

    /** Waits until it is started, so long at most (0: for ever). Whether it is, and not given up meanwhile. */
    final synchronized boolean awaitStarted(long timeoutMillis, BooleanSupplier givenUp) throws JMSException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        try {
            while (!started && !closed && !givenUp.getAsBoolean()) {
                if (timeoutMillis <= 0) {
                    wait();
                    continue;
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failures.of("interrupted while the connection was not started", e);
        }
        return started && !closed && !givenUp.getAsBoolean();
    }

    final synchronized boolean isStarted() {
        return started;
    }

    /** Who waits looks again. */
    final synchronized void wake() {
        notifyAll();
    }

    final void add(FulmarDestination temporary, FulmarManagedConnection at) throws JMSException {
        synchronized (this) {
            if (!closed) {
                temporaries.put(temporary, at);
                return;
            }
        }
        delete(temporary, at);
        throw new IllegalStateException("the connection is closed");
    }

    /** Whether it made the temporary destination, and so may consume from it. */
    final synchronized boolean owns(FulmarDestination temporary) {
        return temporaries.containsKey(temporary);
    }

    /** Deletes the temporary destinations that there still are. */
    final void deleteTemporaries() throws JMSException {
        Map<FulmarDestination, FulmarManagedConnection> deleting;
        synchronized (this) {
            deleting = Map.copyOf(temporaries);
            temporaries.clear();
        }
        Closing closing = new Closing();
        deleting.forEach((each, at) -> closing.then(() -> delete(each, at)));
        closing.end();
    }

    private static void delete(FulmarDestination temporary, FulmarManagedConnection at) throws JMSException {
        if (at.isGone()) {
            return;
        }
        try {
            if (temporary instanceof TemporaryQueue queue) {
                queue.delete();
            } else if (temporary instanceof TemporaryTopic topic) {
                topic.delete();
            }
        } catch (InvalidDestinationException e) {
            // the application has deleted it before
        } catch (IllegalStateException e) {
            if (e.getErrorCode() != null) {
                throw e;
            }
            // not the broker's refusal: it is gone with the connection to it
        }
    }

    @Override
    public void start() throws JMSException {
        synchronized (this) {
            checkOpen();
            started = true;
            notifyAll();
        }
    }

    /** With its session; and its temporary destinations are deleted. */
    @Override
    public void close() throws JMSException {
        SessionHandle closing;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            closing = session;
            session = null;
            notifyAll();
        }
        Closing steps = new Closing();
        if (closing != null) {
            // with its temporary destinations, as long as it has what leads to the broker
            steps.then(closing::close);
        }
        steps.then(this::deleteTemporaries).end();
    }

    @Override
    public @Nullable String getClientID() throws JMSException {
        checkOpen();
        try {
            return allocator.factory().usedClientId();
        } catch (ResourceException e) {
            throw Failures.jms(e);
        }
    }

    @Override
    public ConnectionMetaData getMetaData() throws JMSException {
        checkOpen();
        return new MetaData();
    }

    /** There is none. */
    @Override
    public @Nullable ExceptionListener getExceptionListener() throws JMSException {
        checkOpen();
        return null;
    }

    @Override
    public void setClientID(@Nullable String newId) throws JMSException {
        throw Refusals.ofManaged("setClientID", "set the property clientId of the connection factory");
    }

    @Override
    public void setExceptionListener(@Nullable ExceptionListener listener) throws JMSException {
        throw Refusals.ofManaged("setExceptionListener", "the server is told when a connection is lost");
    }

    @Override
    public void stop() throws JMSException {
        throw Refusals.ofManaged("stop", "receive no more, or close the connection");
    }

    @Override
    public ConnectionConsumer createConnectionConsumer(
            @Nullable Destination from, @Nullable String selector, @Nullable ServerSessionPool pool, int maxMessages)
            throws JMSException {
        throw Refusals.ofServer("createConnectionConsumer");
    }

    @Override
    public ConnectionConsumer createSharedConnectionConsumer(
            @Nullable Topic topic,
            @Nullable String name,
            @Nullable String selector,
            @Nullable ServerSessionPool pool,
            int maxMessages)
            throws JMSException {
        throw Refusals.ofServer("createSharedConnectionConsumer");
    }

    @Override
    public ConnectionConsumer createDurableConnectionConsumer(
            @Nullable Topic topic,
            @Nullable String name,
            @Nullable String selector,
            @Nullable ServerSessionPool pool,
            int maxMessages)
            throws JMSException {
        throw Refusals.ofServer("createDurableConnectionConsumer");
    }

    @Override
    public ConnectionConsumer createSharedDurableConnectionConsumer(
            @Nullable Topic topic,
            @Nullable String name,
            @Nullable String selector,
            @Nullable ServerSessionPool pool,
            int maxMessages)
            throws JMSException {
        throw Refusals.ofServer("createSharedDurableConnectionConsumer");
    }
}
