package org.fulmar.broker.store;

import java.util.TreeSet;

/** Beginnings of records, some way apart, from which a later recovery can verify the log. Used by one recovery. */
final class VerifyMarks {
    private static final long APART_BYTES = 1 << 20;

    private final TreeSet<Long> marks = new TreeSet<>();
    private long next;

    /** A whole record begins here. */
    void record(long position) {
        if (position >= next) {
            marks.add(position);
            next = position + APART_BYTES;
        }
    }

    /** The last one at or before {@code limit}, if it is behind {@code otherwise}. */
    long before(long limit, long otherwise) {
        Long mark = marks.floor(limit);
        return mark == null ? otherwise : Math.max(mark, otherwise);
    }
}
