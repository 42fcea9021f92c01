package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.fulmar.protocol.jms.Acknowledge;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The acknowledgements of one session, as its mode wants them (JMS 3.1, section 6.2.10).
 *
 * <p>Used by the thread that uses the session, and by the one that closes it; its own monitor guards the lists, and is
 * never held while the broker is waited for. AUTO: begun when a message was handed out or its listener has returned,
 * confirmed before the next one is handed out. CLIENT: confirmed when {@link #acknowledgeAll} returns. DUPS_OK: in
 * batches, unconfirmed.
 */
final class Acknowledgements {
    /** How long a lazy acknowledgement may wait for others. */
    static final long LAZY_MILLIS = 20;

    private static final Logger LOG = LoggerFactory.getLogger(Acknowledgements.class);
    private static final int LAZY_BATCH = 64;

    private final FulmarConnection connection;
    private final int sessionId;
    private final int mode;
    /** Whether a settled message makes room for another; where none is sent ahead, each is asked for. */
    private final boolean replenish;

    private final List<Delivery> unacknowledged = new ArrayList<>();
    private final List<Delivery> lazy = new ArrayList<>();
    private @Nullable CompletableFuture<Void> pending;
    /** The link that {@link #pending} is under way over. */
    private @Nullable Attached pendingOver;

    private @Nullable Delivery current;

    Acknowledgements(FulmarConnection connection, int sessionId, int mode) {
        this.connection = connection;
        this.sessionId = sessionId;
        this.mode = mode;
        this.replenish = connection.options().prefetch() > 0;
    }

    /** A receive is about to return this message. */
    void handedOut(Delivery delivery) throws JMSException {
        switch (mode) {
            case Session.AUTO_ACKNOWLEDGE -> send(delivery);
            case Session.DUPS_OK_ACKNOWLEDGE -> settle(delivery);
            default -> remember(delivery);
        }
    }

    /** A listener is about to get this message. */
    void begin(Delivery delivery) throws JMSException {
        if (mode == Session.CLIENT_ACKNOWLEDGE) {
            remember(delivery);
        } else {
            synchronized (this) {
                current = delivery;
            }
        }
    }

    /** The listener has returned. */
    void end(Delivery delivery) throws JMSException {
        if (mode == Session.CLIENT_ACKNOWLEDGE) {
            return;
        }
        synchronized (this) {
            if (current == null) {
                return;
            }
            current = null;
        }
        if (!connection.isLost()) {
            handedOut(delivery);
        }
    }

    /** A listener closes its own connection consumer: the message that it has counts as acknowledged. */
    void acknowledgeCurrent() throws JMSException {
        Delivery delivery;
        synchronized (this) {
            delivery = current;
            current = null;
        }
        if (delivery != null) {
            send(delivery);
        }
    }

    private void remember(Delivery delivery) throws JMSException {
        synchronized (this) {
            unacknowledged.add(delivery);
        }
        delivery.consumer().replenish(delivery);
    }

    private void send(Delivery delivery) throws JMSException {
        Acknowledge acknowledge = new Acknowledge(sessionId, replenish, ranges(List.of(delivery)));
        Attached at = connection.attached();
        if (at == null || at.generation() != delivery.generation()) {
            // the broker has it back, and gives it again, flagged
            return;
        }
        CompletableFuture<Void> confirmed = at.link().acknowledge(acknowledge);
        synchronized (this) {
            pending = confirmed;
            pendingOver = at;
        }
    }

    /** Settles without waiting: for DUPS_OK, and for messages that have expired. */
    void settle(Delivery delivery) throws JMSException {
        boolean full;
        synchronized (this) {
            lazy.add(delivery);
            full = lazy.size() >= LAZY_BATCH;
        }
        if (full) {
            flushLazy();
        }
    }

    synchronized boolean hasLazy() {
        return !lazy.isEmpty();
    }

    void flushLazy() throws JMSException {
        List<Delivery> batch;
        synchronized (this) {
            if (lazy.isEmpty()) {
                return;
            }
            batch = lazy.stream()
                    .filter(delivery -> !connection.isStale(delivery))
                    .toList();
            lazy.clear();
        }
        Attached at = connection.attached();
        if (batch.isEmpty() || at == null || at.generation() != batch.get(0).generation()) {
            return;
        }
        at.link()
                .acknowledge(new Acknowledge(sessionId, replenish, ranges(batch)))
                .whenComplete((ok, failure) -> {
                    if (failure != null) {
                        LOG.debug(
                                "a lazy acknowledgement of {} messages failed; they are delivered again",
                                batch.size(),
                                failure);
                    }
                });
    }

    /** Waits until the acknowledgement under way is confirmed. */
    void awaitConfirmed() throws JMSException {
        CompletableFuture<Void> confirmation;
        Attached over;
        synchronized (this) {
            confirmation = pending;
            over = pendingOver;
            pending = null;
            pendingOver = null;
        }
        if (confirmation == null || over == null) {
            return;
        }
        try {
            JmsErrors.await(confirmation);
        } catch (JMSException e) {
            if (!isOutcomeOpen(e, over)) {
                throw e;
            }
            LOG.debug(
                    "an acknowledgement was lost with its connection; if it was not taken, the message comes again", e);
        }
    }

    /** Acknowledges everything that was handed out; what fails stays unacknowledged. */
    void acknowledgeAll() throws JMSException {
        List<Delivery> batch;
        synchronized (this) {
            batch = List.copyOf(unacknowledged);
        }
        if (batch.isEmpty()) {
            return;
        }
        Attached at = connection.attached();
        boolean stale = at == null;
        for (Delivery delivery : batch) {
            stale |= at != null && delivery.generation() != at.generation();
        }
        if (at == null || stale) {
            throw lost();
        }
        try {
            JmsErrors.await(at.link().acknowledge(new Acknowledge(sessionId, false, ranges(batch))));
        } catch (JMSException e) {
            if (isOutcomeOpen(e, at)) {
                synchronized (this) {
                    unacknowledged.removeAll(batch);
                }
                throw lost();
            }
            throw e;
        }
        synchronized (this) {
            unacknowledged.removeAll(batch);
        }
    }

    /**
     * Whether an acknowledgement may have been taken or not. One that is not answered in time makes an end of its link, if
     * there will be another: over it, the message comes again if it was not taken.
     */
    private boolean isOutcomeOpen(JMSException e, Attached over) {
        if (JmsErrors.isTimedOut(e) && connection.options().reconnect()) {
            over.link().abandon();
            return true;
        }
        return JmsErrors.isLost(e);
    }

    /** What came over a lost link can't be acknowledged any more. */
    private JMSException lost() {
        synchronized (this) {
            unacknowledged.removeIf(connection::isStale);
        }
        return new JMSException("the connection to the broker was lost since the messages were received; what was not"
                + " acknowledged is delivered again");
    }

    /** What is not acknowledged goes back to the broker. The message that a listener has, if any. */
    synchronized @Nullable Delivery forget() {
        Delivery inListener = current;
        unacknowledged.clear();
        lazy.clear();
        current = null;
        return inListener;
    }

    /** What is handed out and not acknowledged is the caller's now, to give it back. */
    synchronized List<Delivery> takeUnacknowledged() {
        List<Delivery> taken = new ArrayList<>(unacknowledged);
        unacknowledged.clear();
        return taken;
    }

    /** Neighbours become one range. */
    static List<Acknowledge.Range> ranges(List<Delivery> deliveries) {
        List<Acknowledge.Range> ranges = new ArrayList<>();
        for (Delivery delivery : deliveries) {
            int last = ranges.size() - 1;
            Acknowledge.Range before = last < 0 ? null : ranges.get(last);
            if (before != null
                    && before.consumerId() == delivery.consumer().id()
                    && before.queueId() == delivery.queueId()
                    && before.offset() + before.count() == delivery.offset()) {
                ranges.set(
                        last,
                        new Acknowledge.Range(
                                before.consumerId(), before.queueId(), before.offset(), before.count() + 1));
            } else {
                ranges.add(new Acknowledge.Range(delivery.consumer().id(), delivery.queueId(), delivery.offset(), 1));
            }
        }
        return ranges;
    }
}
