package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.message.WireMessage;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.jspecify.annotations.Nullable;

/**
 * The work of one transaction, a session's own or a branch of a global one: messages that are kept here until its end,
 * and what was received. What is more than the buffer holds is shipped to the broker before; so a transaction of any
 * length takes bounded memory.
 *
 * <p>What was received over a link, or shipped over it, is lost with it, since the broker gives it back: such a
 * transaction can only end rolled back. One that has but sent, and shipped nothing, outlives its link.
 *
 * <p>Any thread may use it, though sessions have one at a time. The monitor is held while the broker is waited for, so
 * event loops must never take it.
 */
final class Transaction {
    private static final int MAX_MESSAGES = 1000;
    private static final int MAX_RANGES = 10_000;
    /** Parts that may be under way at once. */
    private static final int MAX_UNANSWERED = 2;

    private record Sent(FulmarDestination to, WireMessage wire, long producerId, long sequence) {
        int bytes() {
            return SendOperation.encodedBytes(wire.properties(), wire.body());
        }
    }

    /** What is left to be told to the broker, over one link. */
    record Part(
            Attached over, int before, List<Acknowledge.Range> acknowledged, List<TransactionPart.Outgoing> messages) {}

    /** Makes a message's form on the wire, with its identifier. */
    interface Form {
        WireMessage with(String messageId) throws JMSException;
    }

    private final FulmarConnection connection;
    private final @Nullable BranchXid xid;
    private final MessageIds numbers;
    private final List<Sent> messages = new ArrayList<>();
    private final HeldMessages received = new HeldMessages();
    /** Whose consumers have received in it; also what was shipped. Read without the monitor. */
    private final Set<FulmarSession> holders = ConcurrentHashMap.newKeySet();

    private final Deque<CompletableFuture<Void>> unanswered = new ArrayDeque<>();
    private long bytes;
    private @Nullable TransactionId id;
    /** The link that it needs; 0 if any will do. */
    private int generation;

    /** How many parts were shipped. */
    private int shipped;

    private @Nullable JMSException failure;
    private boolean finished;

    /**
     * @param xid of a branch; null for a session's own transaction
     * @param numbers where its number is from
     */
    Transaction(FulmarConnection connection, @Nullable BranchXid xid, MessageIds numbers) {
        this.connection = connection;
        this.xid = xid;
        this.numbers = numbers;
    }

    /** Its name at the broker; its number is taken when this is first asked. */
    synchronized TransactionId id() {
        TransactionId known = id;
        return known == null ? number(numbers) : known;
    }

    /** Gives it a number for its end, by which the broker knows a repeat. */
    synchronized TransactionId number(MessageIds of) {
        TransactionId numbered = new TransactionId(xid, of.producerId(), of.next());
        id = numbered;
        return numbered;
    }

    /** Takes a message in. When this returns it is part of the transaction, and the caller may change it. */
    synchronized void send(FulmarDestination to, MessageIds messageIds, Form form) throws JMSException {
        checkOpen();
        long sequence = messageIds.next();
        Sent sent = new Sent(to, form.with(messageIds.id(sequence)), messageIds.producerId(), sequence);
        if (isDoomed()) {
            return;
        }
        int most = connection.options().transactionBuffer();
        if (bytes > 0 && bytes + sent.bytes() > most || sent.bytes() > most && !received.isEmpty()) {
            ship();
        }
        if (isDoomed()) {
            return;
        }
        messages.add(sent);
        bytes += sent.bytes();
        if (bytes >= most || messages.size() >= MAX_MESSAGES) {
            ship();
        }
    }

    private void checkOpen() throws IllegalStateException {
        if (finished) {
            throw new IllegalStateException("the transaction has ended while the session was used in it");
        }
    }

    /** Takes note of a message that is handed out; false if the transaction has ended. */
    synchronized boolean received(Delivery delivery) {
        if (finished) {
            return false;
        }
        if (generation == 0) {
            generation = delivery.generation();
        }
        received.add(delivery);
        holders.add(delivery.consumer().session());
        if (received.size() >= MAX_RANGES && !isDoomed()) {
            ship();
        }
        return true;
    }

    /** How many messages it keeps here. */
    synchronized int kept() {
        return messages.size();
    }

    /** Whether nothing was done in it. */
    synchronized boolean isEmpty() {
        return messages.isEmpty() && received.isEmpty() && shipped == 0 && failure == null;
    }

    /** Whether it can only be rolled back; it keeps no messages any more then. */
    private boolean isDoomed() {
        if (failure == null && generation != 0) {
            Attached at = connection.attached();
            if (at == null || at.generation() != generation) {
                doom(lost());
            }
        }
        return failure != null;
    }

    private static JMSException lost() {
        return JmsErrors.lost("the connection to the broker was lost in the middle of the transaction");
    }

    private void doom(JMSException why) {
        failure = why;
        messages.clear();
        bytes = 0;
        unanswered.clear();
    }

    /** Why it can only be rolled back; null if it can be committed, as far as is known. */
    synchronized @Nullable JMSException failure() {
        return isDoomed() ? failure : null;
    }

    private void ship() {
        Part part = part();
        if (part == null) {
            return;
        }
        unanswered.add(part.over.link().addToTransaction(id(), part.before, part.acknowledged, part.messages));
        generation = part.over.generation();
        shipped++;
        messages.clear();
        bytes = 0;
        received.clear();
        awaitShipped(MAX_UNANSWERED);
    }

    private void awaitShipped(int most) {
        while (unanswered.size() > most) {
            try {
                JmsErrors.await(unanswered.remove());
            } catch (JMSException e) {
                doom(e);
            }
        }
    }

    /** What is not shipped yet; waits for a link, and for what was shipped. Null if it can only be rolled back. */
    synchronized @Nullable Part lastPart() {
        awaitShipped(0);
        return part();
    }

    private @Nullable Part part() {
        long deadline = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(connection.options().requestTimeoutMillis());
        Attached at = null;
        while (!isDoomed()) {
            at = link(at, deadline);
            if (at != null && (generation == 0 || generation == at.generation())) {
                try {
                    return new Part(at, shipped, received.over(at), outgoing(at));
                } catch (JMSException e) {
                    if (!JmsErrors.isLost(e)) {
                        doom(e);
                    }
                }
            }
        }
        return null;
    }

    /** Another link than the one before; null if there is none, and the transaction has failed for that. */
    private @Nullable Attached link(@Nullable Attached before, long deadline) {
        try {
            return connection.lifeline().await(before, deadline);
        } catch (JMSException e) {
            doom(JmsErrors.isInterrupted(e) ? e : JmsErrors.lost(String.valueOf(e.getMessage())));
            return null;
        }
    }

    private List<TransactionPart.Outgoing> outgoing(Attached at) throws JMSException {
        List<TransactionPart.Outgoing> outgoing = new ArrayList<>(messages.size());
        for (Sent sent : messages) {
            WireMessage wire = sent.wire;
            SendOperation.Envelope envelope =
                    new SendOperation.Envelope(at.handle(sent.to), wire.deliverAt(), sent.producerId, sent.sequence);
            outgoing.add(new TransactionPart.Outgoing(
                    envelope, wire.flag(), wire.bornTimestamp(), wire.properties(), wire.body()));
        }
        return outgoing;
    }

    /** Whether it needs the link that it has used: it can't be told to the broker again over another. */
    synchronized boolean isBound() {
        return generation != 0;
    }

    /** The sessions whose consumers have received in it. */
    Set<FulmarSession> holders() {
        return Set.copyOf(holders);
    }

    boolean isHeldBy(FulmarSession session) {
        return holders.contains(session);
    }

    /** Takes nothing more in, and keeps no messages. */
    synchronized void finish() {
        finished = true;
        doom(new JMSException("the transaction has ended"));
    }

    /** The broker has refused its last part, and has given back what was acknowledged with it. */
    synchronized void refused() {
        received.clear();
    }

    /** It is committed or prepared: what it has received is the broker's. */
    synchronized void settled() {
        finish();
        received.clear();
        holders.clear();
    }

    synchronized boolean wasShippedOver(Attached at) {
        return shipped > 0 && generation == at.generation();
    }

    /** What was received over this link by the consumers of one session, and was not shipped. */
    synchronized List<Acknowledge.Range> received(Attached at, FulmarSession holder) {
        return received.over(at, holder);
    }
}
