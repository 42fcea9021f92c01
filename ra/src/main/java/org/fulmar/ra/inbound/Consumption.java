package org.fulmar.ra.inbound;

import jakarta.jms.JMSException;
import jakarta.jms.ServerSession;
import jakarta.jms.ServerSessionPool;
import jakarta.resource.spi.UnavailableException;
import jakarta.resource.spi.work.WorkException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.session.FulmarConnectionConsumer;
import org.fulmar.ra.connection.Failures;
import org.fulmar.ra.connection.ServerThreads;
import org.fulmar.ra.connection.SharedConnections;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An endpoint's consumer at a broker, and the sessions that deliver what it gets (JMS 3.1, section 11.2): as many as
 * have something to do at the same time, up to the endpoint's limit. The one that was idle for the shortest time is used
 * first, so that those too many are seen to be idle, and closed.
 *
 * <p>The connection consumer's thread asks for sessions, and waits while all are busy; the server's threads deliver and
 * return them. The monitor guards who is idle; nothing is sent and no application called while it is held.
 */
final class Consumption implements ServerSessionPool {
    private static final Logger LOG = LoggerFactory.getLogger(Consumption.class);
    private static final long FIRST_RETRY_MILLIS = 20;
    private static final long LAST_RETRY_MILLIS = 1000;

    private final Endpoint endpoint;
    private final SharedConnections.Lease lease;
    private final Deque<EndpointSession> idle = new ArrayDeque<>();
    private final Set<EndpointSession> all = new HashSet<>();
    private int making;
    private boolean closing;
    private boolean ended;
    private volatile @Nullable FulmarConnectionConsumer consumer;
    private @Nullable ScheduledFuture<?> trimming;

    private Consumption(Endpoint endpoint, SharedConnections.Lease lease) {
        this.endpoint = endpoint;
        this.lease = lease;
    }

    /** Begins to consume. */
    static Consumption open(Endpoint endpoint, SharedConnections connections) throws JMSException {
        EndpointSettings settings = endpoint.settings();
        SharedConnections.Lease lease =
                connections.lease(settings.target(), settings.sharesConnection(), lost -> endpoint.look());
        Consumption opened = new Consumption(endpoint, lease);
        try {
            opened.consumer = lease.connection().createConnectionConsumer(settings.source(), opened);
        } finally {
            if (opened.consumer == null) {
                lease.close();
            }
        }
        opened.trimming = endpoint.timer()
                .scheduleWithFixedDelay(
                        opened::trimLater, settings.idleMillis(), settings.idleMillis() / 2, TimeUnit.MILLISECONDS);
        return opened;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    SharedConnections.Lease lease() {
        return lease;
    }

    /** Whether nothing comes any more, with its connection or without. */
    boolean isLost() {
        FulmarConnectionConsumer there = consumer;
        return lease.isLost() || there != null && there.isEnded();
    }

    synchronized int sessions() {
        return all.size();
    }

    synchronized int busy() {
        return all.size() - idle.size();
    }

    /** Gives out no session any more; what was put into one and is not delivered yet goes back. */
    synchronized void hold() {
        closing = true;
    }

    synchronized boolean isHeld() {
        return closing;
    }

    // Giving out sessions; on the connection consumer's thread.

    /** Waits for a session that is free. */
    @Override
    public ServerSession getServerSession() throws JMSException {
        EndpointSession free;
        try {
            free = takeOrReserve();
        } catch (InterruptedException e) {
            throw Failures.of("endpoint " + endpoint.name() + " is closing", e);
        }
        if (free != null) {
            return free;
        }
        EndpointSession fresh = null;
        try {
            fresh = make();
        } catch (InterruptedException e) {
            throw Failures.of("endpoint " + endpoint.name() + " is closing", e);
        } finally {
            made(fresh);
        }
        return fresh;
    }

    private void made(@Nullable EndpointSession fresh) throws JMSException {
        synchronized (this) {
            making--;
            notifyAll();
            if (fresh == null) {
                return;
            }
            if (!ended) {
                all.add(fresh);
                return;
            }
        }
        fresh.dispose();
        throw new JMSException("endpoint " + endpoint.name() + " is closed");
    }

    /** A session, or null if the caller may make one. While this is closing nobody gets one: the asker is interrupted. */
    private synchronized @Nullable EndpointSession takeOrReserve() throws InterruptedException {
        while (true) {
            if (!closing) {
                EndpointSession free = idle.pollFirst();
                if (free != null) {
                    return free;
                }
                if (all.size() + making < endpoint.settings().maxSessions()) {
                    making++;
                    return null;
                }
            }
            wait();
        }
    }

    /** Makes a session as soon as the application is ready for one. */
    private EndpointSession make() throws JMSException, InterruptedException {
        long pause = FIRST_RETRY_MILLIS;
        while (true) {
            try {
                return EndpointSession.of(this);
            } catch (UnavailableException e) {
                LOG.debug("the application is not ready for endpoint {}", endpoint.name(), e);
            }
            synchronized (this) {
                if (closing) {
                    throw new JMSException("endpoint " + endpoint.name() + " is closing");
                }
                wait(pause);
            }
            pause = Math.min(2 * pause, LAST_RETRY_MILLIS);
        }
    }

    // Taking them back; on the server's threads.

    /** A session has nothing more to deliver. */
    synchronized void release(EndpointSession session) {
        if (all.contains(session)) {
            idle.addFirst(session);
            notifyAll();
        }
    }

    /** A session can't be used any more. */
    void discard(EndpointSession session) {
        // until then it is busy, so that a close waits for that
        try {
            session.dispose();
        } finally {
            synchronized (this) {
                all.remove(session);
                notifyAll();
            }
        }
    }

    // Trimming.

    /** On the timer's thread, which must not wait for a broker. */
    private void trimLater() {
        try {
            ServerThreads.schedule(endpoint.works(), new Task(this::trim));
        } catch (WorkException e) {
            LOG.debug("the idle sessions of endpoint {} are closed some other time", endpoint.name(), e);
        }
    }

    private void trim() {
        long now = System.nanoTime();
        long limit = TimeUnit.MILLISECONDS.toNanos(endpoint.settings().idleMillis());
        List<EndpointSession> surplus = new ArrayList<>();
        synchronized (this) {
            while (!closing && !idle.isEmpty() && now - idle.peekLast().idleSince() > limit) {
                EndpointSession oldest = idle.removeLast();
                all.remove(oldest);
                surplus.add(oldest);
            }
        }
        surplus.forEach(EndpointSession::dispose);
    }

    // The end.

    /**
     * Gives out no session any more, and waits for those that deliver, up to the endpoint's drain timeout. Then what nobody
     * has seen is given back to the broker; what a delivery has that is still under way, when that has ended.
     */
    void close() {
        ScheduledFuture<?> ending = trimming;
        if (ending != null) {
            ending.cancel(false);
        }
        int left = awaitIdle(endpoint.settings().drainMillis());
        if (left == 0) {
            finish();
            return;
        }
        LOG.warn(
                "endpoint {}: {} deliveries have not ended after {} ms; it does not wait for them any longer",
                endpoint.name(),
                left,
                endpoint.settings().drainMillis());
        withdraw();
        Thread closer = new Thread(
                () -> {
                    awaitIdle(Long.MAX_VALUE);
                    finish();
                },
                "fulmar-ra-close");
        closer.setDaemon(true);
        closer.start();
    }

    /** Others get what waits here behind a delivery that does not end. */
    private void withdraw() {
        try {
            FulmarConnectionConsumer there = consumer;
            if (there != null) {
                there.withdraw();
            }
        } catch (JMSException e) {
            LOG.warn("endpoint {}: its messages go back when its deliveries have ended", endpoint.name(), e);
        }
    }

    /** How many deliveries are still under way then. */
    private synchronized int awaitIdle(long millis) {
        closing = true;
        long begun = System.nanoTime();
        long patience = TimeUnit.MILLISECONDS.toNanos(millis);
        long left = patience;
        while (busy() > 0 && left > 0) {
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
                left = patience - (System.nanoTime() - begun);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return busy();
            }
        }
        return busy();
    }

    /** Whatever of it fails: the sessions go back to the server, and the connection to who else uses it. */
    private void finish() {
        try {
            FulmarConnectionConsumer closed = consumer;
            if (closed != null) {
                closed.close();
            }
        } catch (JMSException e) {
            LOG.debug("the consumer of endpoint {} was lost", endpoint.name(), e);
        } finally {
            try {
                disposeAll();
            } finally {
                lease.close();
            }
        }
    }

    private void disposeAll() {
        List<EndpointSession> disposed;
        synchronized (this) {
            ended = true;
            disposed = List.copyOf(all);
            all.clear();
            idle.clear();
        }
        disposed.forEach(EndpointSession::dispose);
    }
}
