package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.fulmar.jms.ClientOptions;
import org.fulmar.jms.link.BrokerLink;
import org.fulmar.jms.link.LinkException;
import org.fulmar.jms.link.LinkListener;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.Deliver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection's way to the broker: the link that it has now and, when that is lost, the search for another.
 *
 * <p>Any thread may ask for the link. A lost one is told on its event loop; a thread of its own, {@code
 * fulmar-reconnect}, then opens the next, with growing pauses of random length between attempts, has everything restored
 * over it, and only then makes it the current one. The monitor guards which link that is.
 */
public final class Lifeline {
    private static final Logger LOG = LoggerFactory.getLogger(Lifeline.class);

    /** How often is looked, in a pause, whether something has waited too long. */
    private static final long LOOK_MILLIS = 200;

    /** Opens a link and greets the broker. */
    public interface Opener {
        BrokerLink open(@Nullable String clientId, LinkListener listener) throws LinkException;
    }

    /** Whose lifeline it is. */
    interface Owner {
        @Nullable String clientId();

        void delivered(Deliver deliver, int generation);

        /** The link is lost; on its event loop. */
        void detached(@Nullable Throwable cause, boolean forGood);

        /** Makes everything again over a link that is not the current one yet. */
        void restore(Attached next) throws JMSException;

        /** The link is the current one now. */
        void attached(Attached now) throws JMSException;

        /** An attempt has failed; what waits too long for one fails now. */
        void stillDetached();

        /** There will be no other link. */
        void gaveUp(JMSException why);
    }

    private final ClientOptions options;
    private final Opener opener;
    private final Owner owner;
    private final DoubleSupplier random;
    private volatile @Nullable Attached current;
    /** A link that everything is being restored over. */
    private @Nullable BrokerLink coming;

    private volatile boolean ended;
    private int generation;
    /** When the current link was made; of {@link System#nanoTime}. */
    private long attachedNanos;
    /** Before the next attempt that fails, or follows upon a link that did not last, in milliseconds. */
    private double pause;

    /**
     * @param random gives numbers from 0 to 1, for the pauses
     */
    Lifeline(ClientOptions options, Opener opener, Owner owner, DoubleSupplier random) {
        this.options = options;
        this.opener = opener;
        this.owner = owner;
        this.random = random;
        this.pause = options.reconnectDelayMillis();
    }

    /** Opens the first link, on the caller's thread. */
    void open() throws LinkException {
        int number = ++generation;
        BrokerLink link = opener.open(owner.clientId(), listener(number));
        synchronized (this) {
            current = new Attached(number, link);
            attachedNanos = System.nanoTime();
        }
        if (link.isLost()) {
            lost(number, null);
        }
    }

    private LinkListener listener(int number) {
        return new LinkListener() {
            @Override
            public void delivered(Deliver deliver) {
                owner.delivered(deliver, number);
            }

            @Override
            public void lost(@Nullable Throwable cause) {
                Lifeline.this.lost(number, cause);
            }
        };
    }

    /** The current link; null while there is none. */
    @Nullable Attached current() {
        return current;
    }

    /** The current link, for who does not wait for one. */
    Attached present() throws JMSException {
        Attached there = current;
        if (there == null) {
            throw new JMSException(
                    ended
                            ? "the connection to the broker was lost; make a new one"
                            : "the connection to the broker is lost, and is being made again");
        }
        return there;
    }

    /** Whether there will be no link any more. */
    boolean isEnded() {
        return ended;
    }

    /**
     * Waits for a link.
     *
     * @param before one that is known to be lost, or null
     * @param deadline of {@link System#nanoTime}
     */
    synchronized Attached await(@Nullable Attached before, long deadline) throws JMSException {
        Attached there = current;
        while (there == null || before != null && there.generation() == before.generation()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (ended) {
                throw new JMSException("the connection to the broker was lost; make a new one");
            }
            if (left <= 0) {
                throw new JMSException("the connection to the broker is lost, and was not found again within "
                        + options.requestTimeoutMillis() + " ms (option requestTimeout)");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw JmsErrors.interrupted(e);
            }
            there = current;
        }
        return there;
    }

    /** Runs the task if the link is still the current one, before it can be lost for others. */
    synchronized boolean whileCurrent(Attached attached, Runnable task) {
        Attached there = current;
        if (there == null || there.generation() != attached.generation()) {
            return false;
        }
        task.run();
        return true;
    }

    private void lost(int number, @Nullable Throwable cause) {
        synchronized (this) {
            Attached there = current;
            if (ended || there == null || there.generation() != number) {
                return;
            }
            current = null;
            ended = !options.reconnect();
            notifyAll();
        }
        owner.detached(cause, ended);
        if (!ended) {
            Thread thread = new Thread(this::reconnect, "fulmar-reconnect");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void reconnect() {
        @Nullable JMSException failure = new JMSException("the search for the broker has failed; make a new connection");
        try {
            failure = search();
        } finally {
            if (failure != null) {
                end();
                owner.gaveUp(failure);
            }
        }
    }

    /** Why there will be no link any more; null if there is one, or nobody wants one. */
    private @Nullable JMSException search() {
        long start = System.nanoTime();
        if (isShortLived(start)) {
            pause();
        }
        while (!ended) {
            JMSException failure = attempt();
            if (failure == null || ended) {
                return null;
            }
            long limit = options.reconnectTimeoutMillis();
            boolean late = limit > 0 && System.nanoTime() - start > TimeUnit.MILLISECONDS.toNanos(limit);
            if (late || isFinal(failure)) {
                return failure;
            }
            LOG.debug("the broker is not found again yet: {}", failure.getMessage());
            pause();
        }
        return null;
    }

    /** Whether the last link did not last: a broker, or what stands before it, that takes links and drops them. */
    private synchronized boolean isShortLived(long now) {
        boolean isShort = now - attachedNanos < TimeUnit.MILLISECONDS.toNanos(options.reconnectMaxDelayMillis());
        if (!isShort) {
            pause = options.reconnectDelayMillis();
        }
        return isShort;
    }

    private void pause() {
        long millis;
        synchronized (this) {
            millis = Math.max(1, (long) (pause * (0.5 + random.getAsDouble() / 2)));
            pause = Math.min(options.reconnectMaxDelayMillis(), pause * 2);
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (!ended && deadline - System.nanoTime() > 0) {
            owner.stillDetached();
            awaitEnd(deadline);
        }
    }

    /** What another attempt would not change. */
    private static boolean isFinal(JMSException failure) {
        return failure.getCause() instanceof LinkException refused
                && (refused.code() == ResponseCode.JMS_SECURITY
                        || refused.code() == ResponseCode.JMS_VERSION
                        || refused.code() == LinkException.CLOSED);
    }

    private @Nullable JMSException attempt() {
        BrokerLink link = null;
        try {
            int number = ++generation;
            link = opener.open(owner.clientId(), listener(number));
            come(link);
            Attached next = new Attached(number, link);
            owner.restore(next);
            publish(next);
            try {
                owner.attached(next);
            } catch (JMSException | RuntimeException e) {
                // lost again, or as good as lost: that starts another search
                LOG.debug("the new link was lost at once", e);
                link.abandon();
            }
            if (link.isLost()) {
                lost(number, null);
            }
            return null;
        } catch (LinkException e) {
            return JmsErrors.of(e);
        } catch (JMSException e) {
            return abandoned(link, e);
        } catch (RuntimeException e) {
            LOG.error("an attempt to reconnect failed; there will be others", e);
            return abandoned(link, JmsErrors.of(e));
        }
    }

    private synchronized void come(BrokerLink link) throws JMSException {
        if (ended) {
            throw closedMeanwhile();
        }
        coming = link;
    }

    private synchronized void publish(Attached next) throws JMSException {
        coming = null;
        if (ended || next.link().isLost()) {
            throw closedMeanwhile();
        }
        current = next;
        attachedNanos = System.nanoTime();
        notifyAll();
    }

    private static JMSException closedMeanwhile() {
        return new JMSException("the connection was lost again, or closed");
    }

    /** Without a farewell, unless it is one for ever: the broker would forget what it has to know of repeated sends. */
    private JMSException abandoned(@Nullable BrokerLink link, JMSException why) {
        if (link != null) {
            synchronized (this) {
                coming = null;
            }
            if (ended) {
                link.close();
            } else {
                link.abandon();
            }
        }
        return why;
    }

    /** Waits until the deadline or the end, or for a while. */
    private synchronized void awaitEnd(long deadline) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()) + 1;
        if (ended || left <= 0) {
            return;
        }
        try {
            wait(Math.min(left, LOOK_MILLIS));
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the search for the broker; it goes on", e);
        }
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Ends the search, and the link. */
    void close() {
        BrokerLink link;
        synchronized (this) {
            ended = true;
            Attached there = current;
            link = there == null ? coming : there.link();
            current = null;
            coming = null;
            notifyAll();
        }
        if (link != null) {
            link.close();
        }
    }
}
