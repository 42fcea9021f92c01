package org.fulmar.broker.delay;

import java.util.Arrays;

/**
 * Timers in memory, the first one at hand: a heap of pairs of due time and log offset, 16 bytes each. Not thread-safe;
 * one that is not changed any more may be read by any thread.
 */
final class TimerHeap {
    private static final int FIRST_TIMERS = 64;
    private static final int KEPT_LONGS = 1 << 16;

    private long[] entries;
    private int size;

    TimerHeap() {
        this(new long[2 * FIRST_TIMERS], 0);
    }

    private TimerHeap(long[] entries, int size) {
        this.entries = entries;
        this.size = size;
    }

    /** Whether one timer comes before another. */
    static boolean before(long at, long offset, long otherAt, long otherOffset) {
        return at < otherAt || at == otherAt && offset < otherOffset;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The due time of the first timer; {@link Long#MAX_VALUE} if there is none. */
    long minAt() {
        return size == 0 ? Long.MAX_VALUE : entries[0];
    }

    /** The log offset of the first timer, which must be there. */
    long minOffset() {
        return entries[1];
    }

    /** The due time of the i-th timer, in no order. */
    long at(int i) {
        return entries[2 * i];
    }

    /** The log offset of the i-th timer, in no order. */
    long offset(int i) {
        return entries[2 * i + 1];
    }

    private boolean before(int i, long at, long offset) {
        return before(entries[2 * i], entries[2 * i + 1], at, offset);
    }

    private void set(int i, long at, long offset) {
        entries[2 * i] = at;
        entries[2 * i + 1] = offset;
    }

    void add(long at, long offset) {
        if (2 * size == entries.length) {
            entries = Arrays.copyOf(entries, Math.multiplyExact(entries.length, 2));
        }
        int hole = size++;
        while (hole > 0) {
            int parent = hole - 1 >> 2;
            if (!before(at, offset, entries[2 * parent], entries[2 * parent + 1])) {
                break;
            }
            set(hole, entries[2 * parent], entries[2 * parent + 1]);
            hole = parent;
        }
        set(hole, at, offset);
    }

    /** Removes the first timer. */
    void poll() {
        size--;
        long at = entries[2 * size];
        long offset = entries[2 * size + 1];
        int hole = 0;
        int child = 1;
        while (child < size) {
            int end = Math.min(child + 4, size);
            int least = child;
            for (int i = child + 1; i < end; i++) {
                if (before(i, entries[2 * least], entries[2 * least + 1])) {
                    least = i;
                }
            }
            if (!before(least, at, offset)) {
                break;
            }
            set(hole, entries[2 * least], entries[2 * least + 1]);
            hole = least;
            child = 4 * hole + 1;
        }
        set(hole, at, offset);
        if (entries.length > KEPT_LONGS && 2 * size < entries.length / 4) {
            entries = Arrays.copyOf(entries, entries.length / 2);
        }
    }

    TimerHeap copy() {
        return new TimerHeap(Arrays.copyOf(entries, Math.max(2, 2 * size)), size);
    }

    /**
     * Adds the timers from one place to before another to {@code target}; this heap stays as it is. Takes as long as
     * there are timers before the end, not as there are timers.
     *
     * @return the due time of the first timer that is not before the end; {@link Long#MAX_VALUE} if there is none
     */
    long addRange(long fromAt, long fromOffset, long toAt, long toOffset, TimerHeap target) {
        return addRange(0, fromAt, fromOffset, toAt, toOffset, target);
    }

    private long addRange(int i, long fromAt, long fromOffset, long toAt, long toOffset, TimerHeap target) {
        if (!before(i, toAt, toOffset)) {
            return entries[2 * i];
        }
        if (!before(i, fromAt, fromOffset)) {
            target.add(entries[2 * i], entries[2 * i + 1]);
        }
        long rest = Long.MAX_VALUE;
        // as deep as the heap, which is 15 at most
        for (int child = 4 * i + 1; child < Math.min(4 * i + 5, size); child++) {
            rest = Math.min(rest, addRange(child, fromAt, fromOffset, toAt, toOffset, target));
        }
        return rest;
    }

    /** Walks over the timers in order and removes them on the way. */
    SortedTimers draining() {
        return new SortedTimers() {
            private long at;
            private long offset;

            @Override
            public boolean next() {
                if (size == 0) {
                    return false;
                }
                at = entries[0];
                offset = entries[1];
                poll();
                return true;
            }

            @Override
            public long deliverAt() {
                return at;
            }

            @Override
            public long logOffset() {
                return offset;
            }
        };
    }
}
