package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.JMSException;
import jakarta.jms.MessageListener;
import jakarta.jms.Session;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.jms.message.FulmarMessage;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.Release;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What connection consumers have put into a session for its {@code run}, and the session's own listener (JMS 3.1,
 * section 11.2).
 *
 * <p>Filled by the threads of connection consumers; handed out by the thread of the application server that runs the
 * session, one message after the other, while the connection is started. A message is acknowledged as the session's
 * mode says, but in the name of the connection consumer's session, which holds it at the broker; one whose listener
 * fails is given back there. The monitor guards what waits and who runs; nothing is sent while it is held.
 */
final class AssignedMessages {
    private static final Logger LOG = LoggerFactory.getLogger(AssignedMessages.class);

    private final SessionFactory session;
    private final FulmarConnection connection;
    private final int mode;
    private final Deque<Delivery> waiting = new ArrayDeque<>();
    /** By the session that holds the messages. */
    private final Map<FulmarSession, Acknowledgements> acknowledgements = new HashMap<>();

    private volatile @Nullable MessageListener listener;
    /** The thread that hands out {@link #current} now. */
    private volatile @Nullable Thread runner;

    private @Nullable Delivery current;
    private boolean ended;
    private volatile boolean closed;

    AssignedMessages(SessionFactory session, int mode) {
        this.session = session;
        this.connection = session.connection();
        this.mode = mode;
    }

    @Nullable MessageListener listener() {
        return listener;
    }

    void listener(@Nullable MessageListener newListener) {
        listener = newListener;
    }

    /** The session's own listener excludes every other way to receive. */
    void checkUnused() throws IllegalStateException {
        if (listener != null) {
            throw new IllegalStateException("a session that has a message listener of its own can't have consumers");
        }
    }

    boolean isClientAcknowledged() {
        return mode == Session.CLIENT_ACKNOWLEDGE;
    }

    /** Whether messages that a connection consumer's session holds are to be settled later by this one. */
    boolean needs(FulmarSession holder) {
        Transactions transactions = session.transactions();
        if (transactions.isTransacted()) {
            return transactions.needs(holder) || connection.branches().isNeededBesides(holder, null);
        }
        return isClientAcknowledged() && !isEnded();
    }

    /** Whether this thread is inside the session's listener, or about to call it. */
    boolean isRunning() {
        return runner == Thread.currentThread();
    }

    synchronized boolean isEnded() {
        return ended;
    }

    /** Whether it has given back all that it had. */
    boolean isClosed() {
        return closed;
    }

    /** Takes messages for the next run; false if the session is closed. */
    synchronized boolean assign(List<Delivery> messages) {
        if (!ended) {
            waiting.addAll(messages);
        }
        return !ended;
    }

    // Handing out.

    /** Hands what is assigned to the listener; waits while the connection is stopped. */
    void run() {
        MessageListener to = listener;
        if (to == null || isRunning()) {
            throw new IllegalStateRuntimeException(
                    to == null
                            ? "only an application server runs sessions, with a message listener; set that of a consumer"
                            : "the session is running");
        }
        try {
            for (Delivery next = begin(); next != null; next = begin()) {
                try {
                    feed(next, to);
                } finally {
                    quiet();
                }
            }
        } catch (JMSException e) {
            // what is left is for other sessions: nothing says when this one runs again
            unload();
            if (connection.isLost()) {
                LOG.debug("what was assigned to a session was lost with its connection", e);
            } else {
                connection.report(e);
            }
        }
    }

    /** The next message, which this thread has from now on; null if there is none, or none may be handed out again. */
    private synchronized @Nullable Delivery begin() {
        while (!ended && !connection.isLost() && !waiting.isEmpty() && (runner != null || !connection.feeds())) {
            await();
        }
        // what came over a lost link is given again
        waiting.removeIf(connection::isStale);
        if (ended || connection.isLost() || waiting.isEmpty()) {
            return null;
        }
        runner = Thread.currentThread();
        Delivery next = waiting.remove();
        current = next;
        // in the monitor: who withdraws what is unseen then knows all that is seen
        next.consumer().seen(next);
        return next;
    }

    private synchronized void quiet() {
        runner = null;
        current = null;
        notifyAll();
    }

    private synchronized boolean isLast() {
        return ended || waiting.isEmpty();
    }

    private void feed(Delivery next, MessageListener to) throws JMSException {
        Acknowledgements own = acknowledgements(next.consumer().session());
        if (next.expired(connection.now())) {
            own.settle(next);
        } else {
            call(next, to, own);
            own.awaitConfirmed();
        }
        if (isLast()) {
            for (Acknowledgements each : all()) {
                each.flushLazy();
            }
        }
    }

    private void call(Delivery next, MessageListener to, Acknowledgements own) throws JMSException {
        FulmarMessage message;
        try {
            message = next.toMessage(connection.options().reading(), this::acknowledge);
        } catch (JMSException e) {
            // one that nobody can read stays at the broker, and the others are served
            next.consumer().creditAnother(next);
            connection.report(e);
            return;
        }
        if (!own.begin(next)) {
            // it is for another session
            releaseUnseen(next.consumer().unload(List.of(next)));
            return;
        }
        try {
            to.onMessage(message);
        } catch (RuntimeException | Error e) {
            LOG.warn(
                    "a session's message listener failed with message {} of {}",
                    next.offset(),
                    next.consumer().destination(),
                    e);
            failed(own);
            return;
        }
        own.end(next);
    }

    /** Section 8.7: in the automatic modes a message whose listener has failed is delivered again. */
    private void failed(Acknowledgements own) throws JMSException {
        if (own.hasCurrent() && !connection.isLost()) {
            giveBackCurrent(own);
        }
    }

    private synchronized Acknowledgements acknowledgements(FulmarSession holder) {
        return acknowledgements.computeIfAbsent(
                holder, of -> new Acknowledgements(connection, session.transactions(), of, mode));
    }

    private synchronized Collection<Acknowledgements> all() {
        return List.copyOf(acknowledgements.values());
    }

    // Settling.

    private void acknowledge() throws JMSException {
        session.checkOpen();
        if (isClientAcknowledged()) {
            for (Acknowledgements each : all()) {
                each.acknowledgeAll();
            }
        }
    }

    /** Section 6.2.11: what was handed out and is not acknowledged is delivered again. */
    void recover() throws JMSException {
        for (Acknowledgements each : all()) {
            giveBackCurrent(each);
            release(each.takeUnacknowledged(), true);
        }
    }

    private void giveBackCurrent(Acknowledgements of) throws JMSException {
        if (!isClientAcknowledged()) {
            of.flushLazy();
            Delivery inListener = of.forget();
            if (inListener != null) {
                try {
                    release(HeldMessages.of(List.of(inListener)), true);
                } finally {
                    // its credit would have come with the acknowledgement that it will not get
                    inListener.consumer().creditAnother(inListener);
                }
            }
        }
    }

    /**
     * Gives messages back to the broker.
     *
     * @param seen whether the application has seen them, so that they count as delivered
     */
    void release(HeldMessages messages, boolean seen) throws JMSException {
        Attached over = connection.attached();
        if (over == null) {
            return;
        }
        for (FulmarSession holder : messages.holders()) {
            List<Acknowledge.Range> ranges = messages.over(over, holder);
            if (!ranges.isEmpty()) {
                connection.tellOver(over, at -> at.link().release(new Release(holder.id(), seen, ranges)));
            }
        }
    }

    // Ending.

    synchronized void wake() {
        notifyAll();
    }

    /** Waits until no listener runs, unless called by it. */
    synchronized void awaitQuiet() {
        while (runner != null && runner != Thread.currentThread()) {
            await();
        }
    }

    /** Hands out nothing more. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** After the end: what nobody has seen goes to other sessions, and what is not acknowledged back to the broker. */
    void close() throws JMSException {
        unload();
        try {
            for (Acknowledgements each : all()) {
                each.flushLazy();
                release(each.takeUnacknowledged(), true);
            }
        } finally {
            closed = true;
        }
    }

    private void unload() {
        List<Delivery> late = new ArrayList<>();
        synchronized (this) {
            // in the monitor: a connection consumer that ends finds them here or there
            while (!waiting.isEmpty()) {
                Delivery last = waiting.removeLast();
                late.addAll(last.consumer().unload(List.of(last)));
            }
        }
        releaseUnseen(late);
    }

    private void releaseUnseen(List<Delivery> unseen) {
        try {
            release(HeldMessages.of(unseen), false);
        } catch (JMSException e) {
            LOG.debug("messages that nobody has seen are not given back one by one, but with their session", e);
        }
    }

    /** Takes away what nobody has seen of a connection consumer. */
    synchronized List<Delivery> withdraw(FulmarConsumer consumer) {
        List<Delivery> unseen = waiting.stream()
                .filter(delivery -> delivery.consumer() == consumer)
                .toList();
        waiting.removeAll(unseen);
        notifyAll();
        return unseen;
    }

    /**
     * A connection consumer ends, whose messages were withdrawn: waits while a listener has one of them. If that listener
     * is the caller, its message counts as acknowledged in the automatic modes.
     */
    void settle(FulmarConsumer consumer) throws JMSException {
        boolean own;
        Acknowledgements mine;
        synchronized (this) {
            while (runner != null && !isRunning() && isOf(consumer)) {
                await();
            }
            own = isRunning() && isOf(consumer);
            mine = isClientAcknowledged()
                    ? acknowledgements.get(consumer.session())
                    : acknowledgements.remove(consumer.session());
        }
        if (mine == null || connection.isLost()) {
            return;
        }
        if (own) {
            mine.acknowledgeCurrent();
        }
        mine.flushLazy();
        if (own) {
            mine.awaitConfirmed();
        }
    }

    private boolean isOf(FulmarConsumer consumer) {
        return current != null && current.consumer() == consumer;
    }

    /** Waits for a notification; an interrupt is kept for the caller, who is not ours. */
    private synchronized void await() {
        boolean interrupted = Thread.interrupted();
        try {
            wait();
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
