package org.fulmar.broker.transaction;

import java.util.ArrayList;
import java.util.List;
import org.fulmar.protocol.jms.TransactionId;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of which something is in the log: its half messages, and how far it has come. Owned by the broker's core.
 * Its memory grows with the parts that it came in, not with its messages.
 */
public final class Branch {
    /** How far a transaction has come. */
    public enum State {
        /** Some of it is here; it is gone with its connection, or with the broker. */
        ACTIVE,
        /** It is for its transaction manager to decide, or for an administrator. */
        PREPARED,
        /** It is committed, and its half messages are being re-appended. */
        COMMITTING,
        /** It is rolled back by an administrator, and kept until its transaction manager knows. */
        ROLLED_BACK,
        /** It is committed by an administrator, and kept until its transaction manager knows. */
        COMMITTED
    }

    /** Half messages that lie side by side in the log; of a part that was split the number is a guess. */
    record Halves(long start, long end, int count) {}

    private final long number;
    private @Nullable TransactionId id;
    private State state = State.ACTIVE;
    private boolean heuristic;
    private long since;
    private String owner = "";
    private final List<Halves> halves = new ArrayList<>();
    private long messages;
    private long bytes;
    /** Up to where they were re-appended last. */
    private long next;

    Branch(long number) {
        this.number = number;
    }

    /** Counts the transactions of this broker, for ever; half messages name it by this. */
    public long number() {
        return number;
    }

    /** Null for one that was active when the broker stopped. */
    public @Nullable TransactionId id() {
        return id;
    }

    public State state() {
        return state;
    }

    /** Whether an administrator has decided it. */
    public boolean isHeuristic() {
        return heuristic;
    }

    /** When it was prepared, in milliseconds since the epoch. */
    public long since() {
        return since;
    }

    /** Who has prepared it, for people. */
    public String owner() {
        return owner;
    }

    /** Its half messages. */
    public long messages() {
        return messages;
    }

    /** Of its half messages in the log. */
    public long bytes() {
        return bytes;
    }

    void id(TransactionId theId) {
        id = theId;
    }

    void prepared(TransactionId theId, long at, String by) {
        id = theId;
        since = at;
        owner = by;
        state = State.PREPARED;
    }

    void restored(
            @Nullable TransactionId theId, State theState, boolean byAdministrator, long at, String by, long from) {
        id = theId;
        state = theState;
        heuristic = byAdministrator;
        since = at;
        owner = by;
        next = from;
    }

    /** What it had, of which the places may be forgotten. */
    void counted(long ofMessages, long ofBytes) {
        messages = ofMessages;
        bytes = ofBytes;
    }

    void decided(boolean commit, boolean byAdministrator) {
        heuristic = byAdministrator;
        state = commit ? State.COMMITTING : State.ROLLED_BACK;
        if (!commit) {
            halves.clear();
        }
    }

    /** All of it is re-appended. */
    void done() {
        state = State.COMMITTED;
        halves.clear();
    }

    void addHalf(long position, int size) {
        add(new Halves(position, position + size, 1));
    }

    void add(Halves more) {
        messages += more.count;
        bytes += more.end - more.start;
        int last = halves.size() - 1;
        if (last >= 0 && halves.get(last).end == more.start) {
            Halves before = halves.get(last);
            halves.set(last, new Halves(before.start, more.end, before.count + more.count));
        } else {
            halves.add(more);
        }
    }

    List<Halves> halves() {
        return halves;
    }

    /** Where the next half message lies that is not re-appended; -1 if there is none. */
    public long nextHalf() {
        return halves.isEmpty() ? -1 : halves.get(0).start;
    }

    /** Where the half message lies that comes behind the one that ends at a position; -1 if there is none. */
    public long halfBehind(long position) {
        for (int i = 0; i < halves.size(); i++) {
            Halves range = halves.get(i);
            if (range.start < position && position < range.end) {
                return position;
            }
            if (range.end == position) {
                return i + 1 < halves.size() ? halves.get(i + 1).start : -1;
            }
        }
        return nextHalf();
    }

    long next() {
        return next;
    }

    /** The half message that ends at this place of the log, and all that came before it, are re-appended, or can't be. */
    public void reappended(long before) {
        for (int i = 0; i < halves.size(); i++) {
            Halves range = halves.get(i);
            if (range.start < before && before <= range.end) {
                halves.subList(0, i).clear();
                cutFirst(before);
                next = before;
                return;
            }
        }
    }

    private void cutFirst(long from) {
        Halves first = halves.get(0);
        if (from >= first.end) {
            halves.remove(0);
        } else {
            halves.set(0, new Halves(from, first.end, Math.max(1, first.count - 1)));
        }
    }

    /** A half message is at another place of the log; it keeps its place among the others. */
    void relocated(long from, long position, int size) {
        for (int i = 0; i < halves.size(); i++) {
            Halves range = halves.get(i);
            if (range.start <= from && from < range.end) {
                halves.remove(i);
                int at = i;
                if (range.start < from) {
                    halves.add(at++, new Halves(range.start, from, 1));
                }
                int last = at - 1;
                if (last >= 0 && halves.get(last).end == position) {
                    Halves before = halves.get(last);
                    halves.set(last, new Halves(before.start, position + size, before.count + 1));
                } else {
                    halves.add(at++, new Halves(position, position + size, 1));
                }
                if (from + size < range.end) {
                    halves.add(at, new Halves(from + size, range.end, Math.max(1, range.count - 1)));
                }
                return;
            }
        }
        // it is re-appended
    }
}
