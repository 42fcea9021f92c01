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
    private final Transactions transactions;
    private final int sessionId;
    private final int mode;
    /** Whether a settled message makes room for another; where none is sent ahead, each is asked for. */
    private final boolean replenish;

    private HeldMessages unacknowledged = new HeldMessages();
    private final List<Delivery> lazy = new ArrayList<>();
    private @Nullable CompletableFuture<Void> pending;
    /** The link that {@link #pending} is under way over. */
    private @Nullable Attached pendingOver;

    private @Nullable Delivery current;

    /**
     * @param transactions of the session that hands the messages out
     * @param holder the session that holds them at the broker
     */
    Acknowledgements(FulmarConnection connection, Transactions transactions, FulmarSession holder, int mode) {
        this.connection = connection;
        this.transactions = transactions;
        this.sessionId = holder.id();
        this.mode = mode;
        this.replenish = holder.prefetch() > 0;
    }

    /**
     * A receive is about to return this message.
     *
     * @return false if the transaction that it was for has ended meanwhile: it is not handed out then
     */
    boolean handedOut(Delivery delivery) throws JMSException {
        Transaction transaction = transactions.current();
        if (transaction != null) {
            return received(delivery, transaction);
        }
        confirm(delivery);
        return true;
    }

    private void confirm(Delivery delivery) throws JMSException {
        switch (mode) {
            case Session.AUTO_ACKNOWLEDGE -> send(delivery);
            case Session.DUPS_OK_ACKNOWLEDGE -> settle(delivery);
            default -> remember(delivery);
        }
    }

    private static boolean received(Delivery delivery, Transaction transaction) {
        boolean taken = transaction.received(delivery);
        if (taken) {
            delivery.consumer().replenish(delivery);
        }
        return taken;
    }

    /**
     * A listener is about to get this message.
     *
     * @return false if the transaction that it was for has ended meanwhile: it is not handed out then
     */
    boolean begin(Delivery delivery) {
        Transaction transaction = transactions.current();
        if (transaction != null) {
            return received(delivery, transaction);
        }
        if (mode == Session.CLIENT_ACKNOWLEDGE) {
            remember(delivery);
        } else {
            synchronized (this) {
                current = delivery;
            }
        }
        return true;
    }

    /** The listener has returned; it may have ended the transaction that the message was received in. */
    void end(Delivery delivery) throws JMSException {
        synchronized (this) {
            if (current == null) {
                return;
            }
            current = null;
        }
        if (!connection.isLost()) {
            confirm(delivery);
        }
    }

    /** Whether a listener has a message that its return acknowledges. */
    synchronized boolean hasCurrent() {
        return current != null;
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

    private void remember(Delivery delivery) {
        synchronized (this) {
            unacknowledged.add(delivery);
        }
        delivery.consumer().replenish(delivery);
    }

    private void send(Delivery delivery) throws JMSException {
        Acknowledge acknowledge = new Acknowledge(sessionId, replenish, List.of(delivery.range()));
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
                .acknowledge(new Acknowledge(
                        sessionId, replenish, HeldMessages.of(batch).over(at)))
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
        HeldMessages batch = takeUnacknowledged();
        if (batch.isEmpty()) {
            return;
        }
        Attached at = connection.attached();
        if (at == null || !batch.areOver(at)) {
            if (at != null) {
                batch.retain(at);
                putBack(batch);
            }
            throw lost();
        }
        try {
            JmsErrors.await(at.link().acknowledge(new Acknowledge(sessionId, false, batch.over(at))));
        } catch (JMSException e) {
            if (isOutcomeOpen(e, at)) {
                throw lost();
            }
            putBack(batch);
            throw e;
        }
    }

    private synchronized void putBack(HeldMessages taken) {
        taken.addAll(unacknowledged);
        unacknowledged = taken;
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
    private static JMSException lost() {
        return new JMSException("the connection to the broker was lost since the messages were received; what was not"
                + " acknowledged is delivered again");
    }

    /** What is not acknowledged goes back to the broker. The message that a listener has, if any. */
    synchronized @Nullable Delivery forget() {
        Delivery inListener = current;
        unacknowledged = new HeldMessages();
        lazy.clear();
        current = null;
        return inListener;
    }

    /** What is handed out and not acknowledged is the caller's now, to give it back. */
    synchronized HeldMessages takeUnacknowledged() {
        HeldMessages taken = unacknowledged;
        unacknowledged = new HeldMessages();
        return taken;
    }
}
