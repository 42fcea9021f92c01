package org.fulmar.broker.transaction.model;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.fulmar.broker.transaction.model.Work.Delivery;
import org.fulmar.broker.transaction.model.Work.Message;
import org.fulmar.broker.transaction.model.Work.State;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.message.MessageRecord;

/**
 * The simple model: all messages and transactions, what is known of each, and what must not be. What is delivered is
 * told to it, and it objects.
 */
final class Ledger {
    private final Map<Long, Message> messages = new HashMap<>();
    private final List<Work> works = new ArrayList<>();
    private final Map<BranchXid, Work> branches = new HashMap<>();
    /** Temporary destinations that went with their connections. */
    private final Set<String> gone = new HashSet<>();

    /** When something was known, and what of it is left if the power goes. */
    private record Soft(long knownAt, State ifUndone) {}

    private final Map<Work, Soft> soft = new HashMap<>();
    private long events;
    private int deliveries;
    private int redeliveries;

    static void require(boolean fine, String problem, Object... arguments) {
        if (!fine) {
            throw new AssertionError(String.format(problem, arguments));
        }
    }

    /** The place of something in the order of all that the driver does. */
    long event() {
        return ++events;
    }

    int deliveries() {
        return deliveries;
    }

    int redeliveries() {
        return redeliveries;
    }

    List<Work> works() {
        return works;
    }

    Iterable<Message> messages() {
        return messages.values();
    }

    int messageCount() {
        return messages.size();
    }

    void add(Work work) {
        works.add(work);
        if (work.id.xid() != null) {
            branches.put(work.xid(), work);
        }
    }

    Work branch(BranchXid xid) {
        Work branch = branches.get(xid);
        require(branch != null, "nobody has made branch %s", xid);
        return Objects.requireNonNull(branch);
    }

    void add(Message message) {
        messages.put(message.number, message);
        message.sentBy.messages.add(message);
    }

    void gone(String destination) {
        gone.add(destination);
        for (Message message : messages.values()) {
            Delivery delivery = message.delivery;
            if (message.destination.equals(destination) && delivery != null) {
                delivery.end();
            }
        }
    }

    boolean isGone(Message message) {
        return gone.contains(message.destination);
    }

    // ---- outcomes

    /** Something is known of a transaction that no loss of power can undo. */
    void known(Work work, State state) {
        work.state(state);
        work.asked = false;
        work.hard = true;
        soft.remove(work);
        if (work.isCommitted()) {
            work.whole = Math.min(work.whole, event());
        }
    }

    /** Something is known that a loss of power can undo until something behind it is forced: then, this is left. */
    void known(Work work, State state, State ifUndone) {
        known(work, state);
        work.hard = false;
        soft.put(work, new Soft(event(), ifUndone));
    }

    /** What was asked for at this event is forced: so is all that was known before. */
    void forced(long askedAt) {
        soft.entrySet().removeIf(entry -> {
            boolean covered = entry.getValue().knownAt < askedAt;
            entry.getKey().hard |= covered;
            return covered;
        });
    }

    /** The power has gone: of what was not forced nothing is certain. */
    void powerLost() {
        for (Message message : messages.values()) {
            message.seen = 0;
        }
        for (Work work : works) {
            if (!work.hard) {
                work.seen = false;
                work.cameBack = false;
            }
        }
        soft.forEach((work, was) -> {
            boolean back = work.state() == State.ROLLED_BACK;
            work.state(was.ifUndone);
            work.whole = Long.MAX_VALUE;
            if (back) {
                work.acknowledged.forEach(delivery -> delivery.message.claims.add(work));
            }
        });
        soft.clear();
    }

    // ---- deliveries

    /** A consumer is sent a message. */
    Delivery delivered(Actor.Receiver receiver, Deliver.Message raw, long now) {
        MessageRecord record = MessageRecord.wrap(ByteBuffer.wrap(raw.record()), 0, raw.record().length);
        require(record != null && record.intact(), "a delivered record is damaged");
        ByteBuffer body = Objects.requireNonNull(record).body();
        Message message = messages.get(body.getLong(0));
        require(message != null, "nobody has sent message %d", body.getLong(0));
        Message found = Objects.requireNonNull(message);
        deliveries++;
        require(body.equals(ByteBuffer.wrap(found.body)), "%s has another body", found);
        require(found.destination.equals(receiver.destination), "%s came to %s", found, receiver.destination);
        require(found.deliverAt <= now, "%s came %d ms early", found, found.deliverAt - now);
        require(found.sentBy.mayBeSeen(), "%s is delivered", found);
        found.sentBy.seen = true;
        for (Work claim : found.claims) {
            require(claim.mayComeBack(), "%s, which %s has acknowledged, is delivered", found, claim);
            claim.cameBack = true;
        }
        Delivery before = found.delivery;
        if (before != null) {
            require(isBeingRefused(before), "%s is delivered to two at once", found);
            before.end();
        }
        require(
                raw.deliveryCount() > found.seen,
                "delivery %d of %s, which was seen %d times",
                raw.deliveryCount(),
                found,
                found.seen);
        redeliveries += raw.deliveryCount() > 1 ? 1 : 0;
        Delivery delivery = new Delivery(found, receiver, raw.queueId(), raw.queueOffset());
        found.delivery = delivery;
        return delivery;
    }

    /** Whether the end of a transaction that has acknowledged it is asked for, and may be refused. */
    private static boolean isBeingRefused(Delivery delivery) {
        return delivery.message.claims.stream().anyMatch(claim -> claim.asked && claim.acknowledged.contains(delivery));
    }

    // ---- branches in doubt

    /** Branches of which a list that is asked for now says what became of them. */
    List<Work> settledBranches() {
        return branches.values().stream().filter(branch -> !branch.asked).toList();
    }

    /** Compares a list of branches in doubt with what is known, and learns from it. */
    void listed(Set<BranchXid> listed, List<Work> asked) {
        for (Work branch : asked) {
            boolean there = listed.contains(branch.xid());
            if (branch.asked) {
                continue;
            }
            Boolean wanted = branch.isListed();
            require(wanted == null || wanted == there, "%s is in doubt: %s", branch, there);
            if (wanted != null) {
                continue;
            }
            learn(branch, there);
        }
        for (BranchXid xid : listed) {
            branch(xid);
        }
    }

    private void learn(Work branch, boolean there) {
        switch (branch.state()) {
            case PREPARE_UNKNOWN -> known(branch, there ? State.PREPARED : State.ROLLED_BACK);
            case DECIDE_COMMIT_UNKNOWN -> {
                known(branch, there ? State.PREPARED : State.COMMITTED);
                // it may still be under way
                branch.whole = Long.MAX_VALUE;
            }
            case DECIDE_ROLLBACK_UNKNOWN -> known(branch, there ? State.PREPARED : State.ROLLED_BACK);
            case FORGET_COMMITTED_UNKNOWN -> known(branch, there ? State.HEURISTIC_COMMITTED : State.COMMITTED);
            case FORGET_ROLLED_BACK_UNKNOWN -> known(branch, there ? State.HEURISTIC_ROLLED_BACK : State.ROLLED_BACK);
            default -> throw new AssertionError(branch);
        }
    }
}
