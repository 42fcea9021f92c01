package org.fulmar.bench;

import java.util.concurrent.TimeUnit;

/**
 * The time of one run, in {@link System#nanoTime} values: load from {@code start} to {@code end}, measured from
 * {@code from}. Immutable.
 */
record RunWindow(long start, long from, long end) {

    static RunWindow startingNow(BenchOptions options) {
        long start = System.nanoTime();
        long from = start + TimeUnit.SECONDS.toNanos(options.warmup);
        return new RunWindow(start, from, from + TimeUnit.SECONDS.toNanos(options.seconds));
    }

    /** Whether load is still to be made at this time. */
    boolean isOpen(long now) {
        return now - end < 0;
    }

    /** Whether what happens at this time counts. */
    boolean measures(long time) {
        return time - from >= 0 && time - end < 0;
    }

    double measuredSeconds() {
        return (end - from) / 1e9;
    }
}
