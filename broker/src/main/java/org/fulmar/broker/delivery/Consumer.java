package org.fulmar.broker.delivery;

import java.util.HashMap;
import java.util.Map;
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
    private final @Nullable MessageTest test;
    private final Map<Cursor, Long> scans = new HashMap<>();
    private final Map<Cursor, Long> returnedScans = new HashMap<>();
    private int credit;
    private int epoch;
    private long delivered;
    private int held;
    private boolean open = true;
    private boolean running;

    private Cursor.@Nullable InFlight oldest;

    private Cursor.@Nullable InFlight newest;

    Consumer(int id, int sessionId, Object owner, SubscriptionGroup group, @Nullable MessageTest test, int credit) {
        this.id = id;
        this.sessionId = sessionId;
        this.owner = owner;
        this.group = group;
        this.test = test;
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

    @Nullable MessageTest test() {
        return test;
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

    long scan(Cursor cursor) {
        return test == null ? cursor.scan() : scans.getOrDefault(cursor, cursor.floor());
    }

    void scan(Cursor cursor, long position) {
        if (test == null) {
            cursor.scan(position);
        } else {
            scans.put(cursor, position);
        }
    }

    /** Where it looks on among the returned messages of a queue; those before it did not want. */
    long returnedScan(Cursor cursor) {
        return test == null ? 0 : returnedScans.getOrDefault(cursor, 0L);
    }

    void returnedScan(Cursor cursor, long position) {
        if (test != null) {
            returnedScans.put(cursor, position);
        }
    }

    /** A message came back that it has not tested since. */
    void returned(Cursor cursor, long offset) {
        returnedScans.computeIfPresent(cursor, (key, position) -> Math.min(position, offset));
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
