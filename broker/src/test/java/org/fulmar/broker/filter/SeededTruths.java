package org.fulmar.broker.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Map;

/** Runs a check with one seed after the other, or with the one that {@code -Dfulmar.seed} names. */
final class SeededTruths {
    private SeededTruths() {}

    /** A random expression over random properties: checks its truth, and gives it. */
    interface Check {
        Truth run(long seed);
    }

    /**
     * Checks that each truth comes up often as well, since the runs would show little otherwise.
     *
     * @param seeds how many; {@code -Dfulmar.seeds} sets another number
     */
    static void check(int seeds, Check check) {
        Long only = Long.getLong("fulmar.seed");
        if (only != null) {
            check.run(only);
            return;
        }
        long last = Long.getLong("fulmar.seeds", seeds);
        Map<Truth, Integer> seen = new EnumMap<>(Truth.class);
        for (long seed = 1; seed <= last; seed++) {
            seen.merge(check.run(seed), 1, Integer::sum);
        }
        assertThat(seen)
                .hasSize(3)
                .allSatisfy((truth, count) -> assertThat(count).as("%s", truth).isGreaterThan((int) last / 10));
    }
}
