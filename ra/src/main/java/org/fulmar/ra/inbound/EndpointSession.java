package org.fulmar.ra.inbound;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.jms.ServerSession;
import jakarta.jms.Session;
import jakarta.jms.XASession;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.UnavailableException;
import jakarta.resource.spi.endpoint.MessageEndpoint;
import jakarta.resource.spi.work.Work;
import jakarta.resource.spi.work.WorkException;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.session.FulmarXaConnection;
import org.fulmar.ra.connection.AdapterXaResource;
import org.fulmar.ra.connection.Failures;
import org.fulmar.ra.connection.ServerThreads;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session of an endpoint, and the application's instance that it delivers to: one message at a time, each in a
 * transaction of its own if deliveries are transacted (Jakarta Connectors 2.1, section 12.5.6).
 *
 * <p>The connection consumer's thread puts a message in and starts it; a thread of the server delivers it, returns the
 * session to its {@link Consumption} and waits a moment for the next message, so that under load none has to be found.
 * After a turn it makes way for other works of the server. The monitor guards whether a thread waits.
 */
final class EndpointSession implements ServerSession, Work {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointSession.class);
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Consumption of;
    private final Session session;
    private final @Nullable AdapterXaResource resource;
    private final MessageEndpoint endpoint;
    private boolean lingering;
    private boolean started;
    private volatile boolean released;
    private volatile long idleSince;
    /** Of the thread that delivers. */
    private @Nullable Throwable failure;

    private int delivered;

    private EndpointSession(
            Consumption of, Session session, @Nullable AdapterXaResource resource, MessageEndpoint endpoint) {
        this.of = of;
        this.session = session;
        this.resource = resource;
        this.endpoint = endpoint;
    }

    /**
     * @throws UnavailableException if the application is not ready
     */
    static EndpointSession of(Consumption of) throws JMSException, UnavailableException {
        Endpoint endpoint = of.endpoint();
        FulmarXaConnection connection = of.lease().connection();
        int prefetch = endpoint.settings().source().prefetch();
        Session session;
        AdapterXaResource resource = null;
        if (endpoint.isTransacted()) {
            XASession xa = connection.createXASession(prefetch);
            resource = new AdapterXaResource(xa, of.lease());
            session = xa;
        } else {
            session = connection.createSession(endpoint.settings().acknowledgeMode(), prefetch);
        }
        MessageEndpoint instance = null;
        try {
            instance = endpoint.factory().createEndpoint(resource);
            EndpointSession made = new EndpointSession(of, session, resource, instance);
            session.setMessageListener(made::deliver);
            return made;
        } catch (JMSException e) {
            instance.release();
            instance = null;
            throw e;
        } finally {
            if (instance == null) {
                session.close();
            }
        }
    }

    /** In nanoseconds of the system's timer. */
    long idleSince() {
        return idleSince;
    }

    @Override
    public Session getSession() {
        return session;
    }

    // Starting; on the connection consumer's thread.

    @Override
    public void start() throws JMSException {
        synchronized (this) {
            if (lingering) {
                lingering = false;
                started = true;
                notifyAll();
                return;
            }
        }
        try {
            ServerThreads.schedule(of.endpoint().works(), this);
        } catch (WorkException e) {
            idle();
            throw Failures.of(
                    "the server gives no thread to deliver to " + of.endpoint().name(), e);
        }
    }

    private void idle() {
        idleSince = System.nanoTime();
        of.release(this);
    }

    // Delivering; on a thread of the server.

    @Override
    public void run() {
        long turn = System.nanoTime();
        do {
            if (!delivers()) {
                return;
            }
            synchronized (this) {
                lingering = true;
            }
            idle();
            if (!awaitStart()) {
                return;
            }
        } while (System.nanoTime() - turn < TURN_NANOS || !makesWay());
    }

    /** False if the session can't be used any more, and is gone, also when the server has failed. */
    private boolean delivers() {
        boolean usable = false;
        try {
            usable = !of.isHeld() && deliver();
            return usable;
        } finally {
            if (!usable) {
                of.discard(this);
            }
        }
    }

    /** Waits a moment for the next message; false if none comes: who starts it then finds another thread. */
    private synchronized boolean awaitStart() {
        long deadline = System.nanoTime() + LINGER_NANOS;
        boolean waiting = true;
        while (lingering && waiting && !released) {
            try {
                long left = deadline - System.nanoTime();
                waiting = left > 0;
                if (waiting) {
                    TimeUnit.NANOSECONDS.timedWait(this, left);
                }
            } catch (InterruptedException e) {
                waiting = false;
                Thread.currentThread().interrupt();
            }
        }
        lingering = false;
        boolean go = started;
        started = false;
        return go;
    }

    /** Lets other works of the server have the thread; false if that gives no other. */
    private boolean makesWay() {
        try {
            ServerThreads.schedule(of.endpoint().works(), this);
            return true;
        } catch (WorkException e) {
            LOG.debug("endpoint {} keeps its thread", of.endpoint().name(), e);
            return false;
        }
    }

    /** Delivers what was put in; false if the session can't be used any more. */
    private boolean deliver() {
        failure = null;
        delivered = 0;
        boolean usable = true;
        try {
            if (resource == null) {
                session.run();
            } else {
                endpoint.beforeDelivery(Endpoints.ON_MESSAGE);
                try {
                    session.run();
                } finally {
                    endpoint.afterDelivery();
                }
            }
        } catch (NoSuchMethodException | ResourceException | RuntimeException e) {
            // the message stays in, if it was not delivered, and goes to another session with the end of this one
            if (failure == null) {
                failure = e;
            } else {
                failure.addSuppressed(e);
            }
            usable = false;
        }
        boolean rolledBack = resource != null && resource.takeRolledBack();
        Throwable why = failure;
        if (why != null) {
            LOG.debug("a delivery to {} has failed", of.endpoint().name(), why);
            of.endpoint().failed(why.toString(), Refusal.isUnavailable(why));
        } else if (rolledBack) {
            of.endpoint().failed("its transaction was rolled back", false);
        } else if (delivered > 0) {
            of.endpoint().succeeded();
        }
        return usable;
    }

    private void deliver(Message message) {
        delivered++;
        if (resource != null && !resource.isActive()) {
            // its return would acknowledge the message, whatever becomes of what the bean has done
            IllegalStateException noBranch =
                    new IllegalStateException("the transaction of the delivery has ended before it was begun");
            failure = noBranch;
            throw noBranch;
        }
        try {
            ((MessageListener) endpoint).onMessage(message);
        } catch (RuntimeException | Error e) {
            failure = e;
            if (Refusal.isUnavailable(e)) {
                // at once: the message comes again with the end of the transaction
                of.hold();
            }
            if (resource != null && Refusal.isSystem(e)) {
                resource.fail();
            }
            if (resource == null) {
                // so that it is delivered again; in a transaction, its rollback does that
                throw e;
            }
        }
    }

    /** The server stops: the thread waits for nothing more. */
    @Override
    public void release() {
        released = true;
        synchronized (this) {
            notifyAll();
        }
    }

    // The end.

    /** Gives the session and the application's instance back. */
    void dispose() {
        try {
            session.close();
        } catch (JMSException e) {
            LOG.debug("a session of endpoint {} was lost", of.endpoint().name(), e);
        } finally {
            endpoint.release();
        }
    }
}
