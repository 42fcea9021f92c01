package org.fulmar.broker.transaction;

/** A half message without an outcome, 64 bytes in memory. Owned by its {@link HalfMessages}; all times in milliseconds. */
public final class HalfMessage {
    private final long logOffset;
    private final long queueOffset;
    private final long storedAt;
    /** When its producer is to be asked, as the log says it. */
    long due;
    /** When it is looked at next: {@link #due}, or later if there was nobody to ask. */
    long next;

    int checks;
    /** How often there was nobody to ask since the last check. */
    int misses;
    /** Its place in the heap of those that wait; negative when it has an outcome. */
    int place = -1;

    HalfMessage(long logOffset, long queueOffset, long storedAt, long due, int checks) {
        this.logOffset = logOffset;
        this.queueOffset = queueOffset;
        this.storedAt = storedAt;
        this.due = due;
        this.next = due;
        this.checks = checks;
    }

    /** The place of its record in the log, by which everybody names it. */
    public long logOffset() {
        return logOffset;
    }

    /** Its offset in the queue of half messages. */
    public long queueOffset() {
        return queueOffset;
    }

    /** When it was stored, since the epoch. */
    public long storedAt() {
        return storedAt;
    }

    /** When it is looked at next, since the epoch. */
    public long next() {
        return next;
    }

    /** How often its producer was asked. */
    public int checks() {
        return checks;
    }

    boolean isBefore(HalfMessage other) {
        return next < other.next || next == other.next && logOffset < other.logOffset;
    }
}
