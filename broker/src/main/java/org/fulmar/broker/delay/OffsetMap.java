package org.fulmar.broker.delay;

import java.util.Arrays;

/** Numbers by log offset, in two plain arrays: 16 bytes and some for each. Not thread-safe. */
final class OffsetMap {
    /** What {@link #get} answers for an offset that is not there. */
    static final long NONE = Long.MIN_VALUE;

    private static final int FIRST = 16;
    private static final long FREE = -1;

    private long[] offsets = free(FIRST);
    private long[] values = new long[FIRST];
    private int size;

    private static long[] free(int places) {
        long[] fresh = new long[places];
        Arrays.fill(fresh, FREE);
        return fresh;
    }

    int size() {
        return size;
    }

    private static int home(long offset, int mask) {
        long mixed = offset * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> 32) & mask;
    }

    /** Where the offset is, or the free place where it would be. */
    private int place(long offset) {
        int mask = offsets.length - 1;
        int place = home(offset, mask);
        while (offsets[place] != FREE && offsets[place] != offset) {
            place = place + 1 & mask;
        }
        return place;
    }

    boolean contains(long offset) {
        return size > 0 && offsets[place(offset)] == offset;
    }

    long get(long offset) {
        int place = place(offset);
        return offsets[place] == offset ? values[place] : NONE;
    }

    void put(long offset, long value) {
        int place = place(offset);
        if (offsets[place] == FREE) {
            if (2 * (size + 1) > offsets.length) {
                resize(offsets.length * 2);
                place = place(offset);
            }
            offsets[place] = offset;
            size++;
        }
        values[place] = value;
    }

    private void resize(int places) {
        long[] oldOffsets = offsets;
        long[] oldValues = values;
        offsets = free(places);
        values = new long[places];
        for (int i = 0; i < oldOffsets.length; i++) {
            if (oldOffsets[i] != FREE) {
                int place = place(oldOffsets[i]);
                offsets[place] = oldOffsets[i];
                values[place] = oldValues[i];
            }
        }
    }

    /** Whether it was there. */
    boolean remove(long offset) {
        if (size == 0) {
            return false;
        }
        int hole = place(offset);
        if (offsets[hole] == FREE) {
            return false;
        }
        int mask = offsets.length - 1;
        // those behind it move up, or they would not be found any more
        for (int next = hole + 1 & mask; offsets[next] != FREE; next = next + 1 & mask) {
            int distance = next - home(offsets[next], mask) & mask;
            if (distance >= (next - hole & mask)) {
                offsets[hole] = offsets[next];
                values[hole] = values[next];
                hole = next;
            }
        }
        offsets[hole] = FREE;
        size--;
        if (offsets.length > FIRST && 8 * size < offsets.length) {
            resize(offsets.length / 2);
        }
        return true;
    }

    void clear() {
        offsets = free(FIRST);
        values = new long[FIRST];
        size = 0;
    }

    /** Told of each offset with its value. */
    interface Visitor {
        void visit(long offset, long value);
    }

    void forEach(Visitor visitor) {
        for (int i = 0; i < offsets.length; i++) {
            if (offsets[i] != FREE) {
                visitor.visit(offsets[i], values[i]);
            }
        }
    }

    /** The offsets, in no order. */
    long[] offsets() {
        return Arrays.stream(offsets).filter(offset -> offset != FREE).toArray();
    }
}
