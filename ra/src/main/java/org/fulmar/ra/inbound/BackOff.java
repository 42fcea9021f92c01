package org.fulmar.ra.inbound;

import java.util.function.DoubleSupplier;

/** Pauses that double, less a random part of up to a half. Not thread-safe: guarded by its owner. */
final class BackOff {
    private final long first;
    private final long longest;
    private final DoubleSupplier random;
    private int count;

    /**
     * @param first in milliseconds
     * @param random gives numbers from 0 to 1
     */
    BackOff(long first, long longest, DoubleSupplier random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
    }

    /** The next pause, in milliseconds. */
    long next() {
        long full = Math.min(longest, first << Math.min(count, 30));
        if (full <= 0) {
            full = longest;
        }
        count++;
        return Math.max(1, (long) (full * (1 - random.getAsDouble() / 2)));
    }

    /** How many pauses there were since the last reset. */
    int count() {
        return count;
    }

    void reset() {
        count = 0;
    }
}
