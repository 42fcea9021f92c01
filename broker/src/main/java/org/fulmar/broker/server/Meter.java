package org.fulmar.broker.server;

import java.util.Arrays;

/**
 * Counts one thing, and tells how many of them there were in the last minute, hour and day. Owned by the core, which
 * calls {@link #tick} every ten seconds.
 */
final class Meter {
    /** How long a tick is, in milliseconds. */
    static final long TICK_MILLIS = 10_000;

    private static final int TICKS_OF_TEN_MINUTES = 60;
    private static final int TICKS_OF_HOUR = 360;

    /** A span of time: how many there were in it, and how many in each second of it. */
    record Rate(long sum, double perSecond) {}

    private long total;
    private long bornTick;
    /** Totals at the ends of the last six ticks, the last six spans of ten minutes, and the last 24 hours. */
    private final long[] ticks = new long[6];

    private final long[] tenMinutes = new long[6];
    private final long[] hours = new long[24];

    Meter(long tick) {
        this.bornTick = tick;
    }

    void add(long count) {
        total += count;
    }

    long total() {
        return total;
    }

    /** Ten seconds have passed; {@code tick} is the number of the one that begins. */
    void tick(long tick) {
        push(ticks);
        if (tick % TICKS_OF_TEN_MINUTES == 0) {
            push(tenMinutes);
        }
        if (tick % TICKS_OF_HOUR == 0) {
            push(hours);
        }
    }

    private void push(long[] ends) {
        System.arraycopy(ends, 0, ends, 1, ends.length - 1);
        ends[0] = total;
    }

    Rate lastMinute(long tick, long millisOfTick) {
        return rate(ticks, 1, tick, millisOfTick);
    }

    Rate lastHour(long tick, long millisOfTick) {
        return rate(tenMinutes, TICKS_OF_TEN_MINUTES, tick, millisOfTick);
    }

    Rate lastDay(long tick, long millisOfTick) {
        return rate(hours, TICKS_OF_HOUR, tick, millisOfTick);
    }

    /** Over what was counted since the eldest end, or since the meter is there if that is later. */
    private Rate rate(long[] ends, int ticksOfEach, long tick, long millisOfTick) {
        long sum = total - ends[ends.length - 1];
        long eldest = tick - tick % ticksOfEach - (long) (ends.length - 1) * ticksOfEach;
        long millis = (tick - Math.max(eldest, bornTick)) * TICK_MILLIS + millisOfTick;
        return new Rate(sum, sum * 1000.0 / Math.max(1000, millis));
    }

    /** Whether nothing was counted for a day. */
    boolean isIdle() {
        return Arrays.stream(hours).allMatch(end -> end == total);
    }
}
