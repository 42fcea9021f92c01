package org.fulmar.broker.transaction.model;

import static org.fulmar.broker.transaction.model.Ledger.require;

import java.util.ArrayList;
import java.util.List;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.TransactionId;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as the model knows it; also a send or an acknowledgement of its own, which is a transaction of one thing.
 * Holds what its client knows of its outcome, and what consumers have seen of it meanwhile.
 */
final class Work {
    enum Kind {
        LOCAL,
        BRANCH,
        SEND,
        ACKNOWLEDGE
    }

    /** What its client knows. Each {@code …_UNKNOWN} is: asked for, and no answer has come. */
    enum State {
        OPEN,
        COMMIT_UNKNOWN,
        PREPARE_UNKNOWN,
        PREPARED,
        DECIDE_COMMIT_UNKNOWN,
        DECIDE_ROLLBACK_UNKNOWN,
        ADMIN_COMMIT_UNKNOWN,
        ADMIN_ROLLBACK_UNKNOWN,
        HEURISTIC_COMMITTED,
        HEURISTIC_ROLLED_BACK,
        FORGET_COMMITTED_UNKNOWN,
        FORGET_ROLLED_BACK_UNKNOWN,
        COMMITTED,
        ROLLED_BACK
    }

    /** A message that a consumer got, and holds for as long as it is its message's delivery. */
    static final class Delivery {
        final Message message;
        final Actor.Receiver receiver;
        final int queueId;
        final long offset;
        /** Which of its consumer's deliveries it is, from 1. */
        long number;

        Delivery(Message message, Actor.Receiver receiver, int queueId, long offset) {
            this.message = message;
            this.receiver = receiver;
            this.queueId = queueId;
            this.offset = offset;
        }

        /** It goes back, or is settled. */
        void end() {
            if (message.delivery == this) {
                message.delivery = null;
            }
        }
    }

    /** A message by its number, which its body begins with. */
    static final class Message {
        final long number;
        final String destination;
        final int priority;
        final boolean persistent;
        final long deliverAt;
        final Work sentBy;
        final byte[] body;
        /** Who has acknowledged it, for good or until it is rolled back. */
        final List<Work> claims = new ArrayList<>();

        @Nullable Delivery delivery;

        /** Deliveries that an application has seen. */
        int seen;

        Message(
                long number,
                String destination,
                int priority,
                boolean persistent,
                long deliverAt,
                Work sentBy,
                byte[] body) {
            this.number = number;
            this.destination = destination;
            this.priority = priority;
            this.persistent = persistent;
            this.deliverAt = deliverAt;
            this.sentBy = sentBy;
            this.body = body;
        }

        @Override
        public String toString() {
            return "message " + number + " to " + destination + " of " + sentBy;
        }
    }

    /** How much of it was at the broker. */
    record Shipped(int messages, int acknowledged) {}

    final Kind kind;
    final TransactionId id;
    final List<Message> messages = new ArrayList<>();
    final List<Delivery> acknowledged = new ArrayList<>();
    /** How many of them are at the broker already. */
    int shippedMessages;

    int shippedAcknowledged;
    int parts;
    /** What was there before the last part. */
    Shipped lastPart = new Shipped(0, 0);

    /** Whether anything of it needs the connection that it was begun over. */
    boolean bound;

    /** An administrator has decided it. */
    boolean heuristic;
    /** Somebody has got a message of it. */
    boolean seen;
    /** Somebody has got again what it has acknowledged. */
    boolean cameBack;
    /** Whether no loss of power can undo what is known of it. */
    boolean hard;
    /** The broker has heard from its client that it is rolled back: its name may be used again. */
    boolean free;
    /** A request of it is under way. */
    boolean asked;
    /** When its commit was first asked for, and known to be whole, in events of the ledger. */
    long asked0 = Long.MAX_VALUE;

    long whole = Long.MAX_VALUE;
    private State state = State.OPEN;

    Work(Kind kind, TransactionId id) {
        this.kind = kind;
        this.id = id;
    }

    State state() {
        return state;
    }

    BranchXid xid() {
        BranchXid xid = id.xid();
        if (xid == null) {
            throw new IllegalStateException("no branch");
        }
        return xid;
    }

    boolean isEmpty() {
        return messages.isEmpty() && acknowledged.isEmpty();
    }

    boolean isLasting() {
        return messages.stream().anyMatch(message -> message.persistent);
    }

    /** Whether its messages may be seen. */
    boolean mayBeSeen() {
        return switch (state) {
            case COMMIT_UNKNOWN,
                    DECIDE_COMMIT_UNKNOWN,
                    ADMIN_COMMIT_UNKNOWN,
                    HEURISTIC_COMMITTED,
                    FORGET_COMMITTED_UNKNOWN,
                    COMMITTED -> true;
            default -> false;
        };
    }

    /** Whether what it has acknowledged may come again. */
    boolean mayComeBack() {
        return switch (state) {
            case OPEN -> asked;
            case COMMIT_UNKNOWN,
                    PREPARE_UNKNOWN,
                    DECIDE_ROLLBACK_UNKNOWN,
                    ADMIN_ROLLBACK_UNKNOWN,
                    HEURISTIC_ROLLED_BACK,
                    FORGET_ROLLED_BACK_UNKNOWN,
                    ROLLED_BACK -> true;
            default -> false;
        };
    }

    boolean isCommitted() {
        return state == State.COMMITTED
                || state == State.HEURISTIC_COMMITTED
                || state == State.FORGET_COMMITTED_UNKNOWN;
    }

    boolean isRolledBack() {
        return state == State.ROLLED_BACK
                || state == State.HEURISTIC_ROLLED_BACK
                || state == State.FORGET_ROLLED_BACK_UNKNOWN;
    }

    boolean isEnded() {
        return state == State.COMMITTED || state == State.ROLLED_BACK;
    }

    /** Whether a list of branches in doubt must have it, may have it (null), or must not. */
    @Nullable Boolean isListed() {
        return switch (state) {
            case PREPARED, ADMIN_COMMIT_UNKNOWN, ADMIN_ROLLBACK_UNKNOWN, HEURISTIC_COMMITTED, HEURISTIC_ROLLED_BACK ->
                true;
            case OPEN, COMMIT_UNKNOWN, COMMITTED, ROLLED_BACK -> false;
            default -> null;
        };
    }

    void state(State next) {
        State before = state;
        state = next;
        if (isCommitted()) {
            require(!cameBack, "%s is committed, but what it acknowledged came again (was %s)", this, before);
        } else if (isRolledBack()) {
            require(!seen, "%s is rolled back, but was seen (was %s)", this, before);
        } else if (next == State.PREPARED) {
            require(!cameBack && !seen, "%s is prepared, but seen %s, back %s (was %s)", this, seen, cameBack, before);
        }
        if (isCommitted() || isRolledBack() || next == State.PREPARED) {
            acknowledged.forEach(Delivery::end);
        }
        if (isRolledBack()) {
            acknowledged.forEach(delivery -> delivery.message.claims.remove(this));
        }
    }

    @Override
    public String toString() {
        return kind + " " + id.text() + " " + state;
    }
}
