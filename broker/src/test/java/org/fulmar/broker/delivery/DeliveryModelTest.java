package org.fulmar.broker.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random lives of the engine; run one again with {@code -Dfulmar.seed=N}. */
@Timeout(180)
class DeliveryModelTest {
    private static final int SEEDS = 400;
    private static final int STEPS = 400;

    @Test
    void theEngineDoesWhatASimpleModelDoes() {
        Long only = Long.getLong("fulmar.seed");
        long first = only == null ? 1 : only;
        long last = only == null ? Integer.getInteger("fulmar.seeds", SEEDS) : only;
        long deliveries = 0;
        long redeliveries = 0;
        long crashes = 0;
        long refusals = 0;
        long grouped = 0;
        long deaths = 0;
        long delays = 0;
        long browsed = 0;
        for (long seed = first; seed <= last; seed++) {
            DeliveryRun run = new DeliveryRun(seed, STEPS);
            try {
                run.run();
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage() + ", after\n" + run.trace(), e);
            }
            deliveries += run.counts().deliveries;
            redeliveries += run.counts().redeliveries;
            crashes += run.counts().crashes;
            refusals += run.counts().refusals;
            grouped += run.counts().grouped;
            deaths += run.counts().deaths;
            delays += run.counts().delays;
            browsed += run.counts().browsed;
        }
        if (only == null) {
            // otherwise the runs would show little
            assertThat(deliveries).as("deliveries").isGreaterThan(100 * last);
            assertThat(redeliveries).as("redeliveries").isGreaterThan(20 * last);
            assertThat(crashes).as("crashes").isGreaterThan(last);
            assertThat(refusals).as("refused acknowledgements").isGreaterThan(last);
            assertThat(grouped).as("deliveries of message groups").isGreaterThan(30 * last);
            assertThat(deaths).as("dead messages").isGreaterThan(last);
            assertThat(delays).as("redeliveries that have to wait").isGreaterThan(2 * last);
            assertThat(browsed).as("messages shown to browsers").isGreaterThan(5 * last);
        }
    }
}
