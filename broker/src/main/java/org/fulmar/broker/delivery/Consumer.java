package org.fulmar.broker.delivery;

import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A consumer as the engine sees it: its credit, and what it holds in the order in which it got it. Owned by the
 * broker's core. It outlives its closing for as long as its session holds messages of it.
 */
public final class Consumer {
    private final int id;
    private final int sessionId;
    private final Object owner;
    private final SubscriptionGroup group;
    private final Scan scan;
    /** Messages of its message groups that others came across while it could take no more. */
    private final TreeSet<Parked> parked = new TreeSet<>();
    /** Those of them that have come back, and go before newer ones. */
    private final TreeSet<Parked> parkedReturned = new TreeSet<>();

    private int credit;
    private int epoch;
    private long delivered;
    private int held;
    private boolean open = true;
    private boolean running;

    /** A message that waits for its owner. */
    record Parked(Cursor cursor, long offset) implements Comparable<Parked> {
        @Override
        public int compareTo(Parked other) {
            int byQueue = SubscriptionGroup.ORDER.compare(cursor, other.cursor);
            return byQueue != 0 ? byQueue : Long.compare(offset, other.offset);
        }
    }

    /** Most messages that wait for one owner; behind that many its group's others wait, too. */
    private static final int MAX_PARKED = 1024;

    private Cursor.@Nullable InFlight oldest;

    private Cursor.@Nullable InFlight newest;

    Consumer(int id, int sessionId, Object owner, SubscriptionGroup group, Scan scan, int credit) {
        this.id = id;
        this.sessionId = sessionId;
        this.owner = owner;
        this.group = group;
        this.scan = scan;
        this.credit = credit;
    }

    public int id() {
        return id;
    }

    public int sessionId() {
        return sessionId;
    }

    /** The connection that it belongs to, as the caller named it. */
    public Object owner() {
        return owner;
    }

    public SubscriptionGroup group() {
        return group;
    }

    public int epoch() {
        return epoch;
    }

    void epoch(int newEpoch) {
        this.epoch = newEpoch;
    }

    public int credit() {
        return credit;
    }

    /** Messages that it holds. */
    public int held() {
        return held;
    }

    Scan scan() {
        return scan;
    }

    /** Whether the message waits for this consumer now; not if too many do. */
    boolean park(Cursor cursor, long offset) {
        Parked message = new Parked(cursor, offset);
        TreeSet<Parked> to = cursor.returned().containsKey(offset) ? parkedReturned : parked;
        if (parked.size() + parkedReturned.size() >= MAX_PARKED) {
            return to.contains(message);
        }
        to.add(message);
        return true;
    }

    boolean hasParked() {
        return !parked.isEmpty() || !parkedReturned.isEmpty();
    }

    TreeSet<Parked> parked() {
        return parked;
    }

    TreeSet<Parked> parkedReturned() {
        return parkedReturned;
    }

    /** Whether it has not been closed. */
    public boolean isOpen() {
        return open;
    }

    void close() {
        open = false;
    }

    void running(boolean started) {
        this.running = started;
    }

    boolean wantsMore() {
        return open && running && credit > 0;
    }

    void addCredit(int more) {
        credit = (int) Math.min(Integer.MAX_VALUE, Math.max(0, (long) credit + more));
    }

    void clearCredit() {
        credit = 0;
    }

    void hold(Cursor.InFlight message) {
        message.holder = this;
        message.number = ++delivered;
        message.previous = newest;
        message.next = null;
        if (newest == null) {
            oldest = message;
        } else {
            newest.next = message;
        }
        newest = message;
        held++;
        credit--;
    }

    void letGo(Cursor.InFlight message) {
        Cursor.InFlight before = message.previous;
        Cursor.InFlight behind = message.next;
        if (before == null) {
            oldest = behind;
        } else {
            before.next = behind;
        }
        if (behind == null) {
            newest = before;
        } else {
            behind.previous = before;
        }
        message.holder = null;
        message.previous = null;
        message.next = null;
        held--;
    }

    Cursor.@Nullable InFlight oldestHeld() {
        return oldest;
    }
}
