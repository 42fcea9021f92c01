package org.fulmar.jms.kill;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How soon a consumer must have its first message once the broker is ready, on the machine of this run: on one that needs
 * long to start the broker, everything takes longer. Immutable.
 */
final class StormPace {
    /** Where the broker starts quickly, in milliseconds. */
    static final long SOON_MILLIS = 2_000;

    private static final int STARTS = 3;

    private final List<Long> startMillis = new ArrayList<>();
    private final long median;

    /**
     * @param deaths when the broker was seen to be dead, in nanoseconds
     * @param births when it was ready: first before any death, and then behind each
     */
    StormPace(List<Long> deaths, List<Long> births) {
        for (int i = 0; i < deaths.size() && i + 1 < births.size(); i++) {
            startMillis.add(TimeUnit.NANOSECONDS.toMillis(births.get(i + 1) - deaths.get(i)));
        }
        median = startMillis.isEmpty()
                ? 0
                : startMillis.stream().sorted().toList().get(startMillis.size() / 2);
    }

    /** Three times what the broker needed to start, in this life or in the middle one; 2 s at least. */
    long limitMillis(int life) {
        long own = life > 0 && life <= startMillis.size() ? startMillis.get(life - 1) : median;
        return Math.max(SOON_MILLIS, STARTS * Math.max(own, median));
    }

    /** In more than half of its lives: in one or the other the machine may stall. */
    static boolean isStarved(int late, int lives) {
        return 2 * late > lives;
    }
}
