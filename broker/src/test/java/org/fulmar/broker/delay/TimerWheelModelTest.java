package org.fulmar.broker.delay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Whatever happens, every timer is given when it is due, not before, and once. */
@Timeout(300)
class TimerWheelModelTest {
    /** Seeds of each of the four batches; long runs set more. */
    private static final int SEEDS = Integer.getInteger("fulmar.wheel.seeds", 100);

    private static final Logger LOG = (Logger) LoggerFactory.getLogger("org.fulmar.broker.delay");

    @BeforeAll
    static void quiet() {
        // failures by the thousand are the point here
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void loud() {
        LOG.setLevel(null);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void timersAreGivenWhenDueAndOnceThroughFailuresAndRestarts(int batch) {
        int fires = 0;
        int restarts = 0;
        int checkpoints = 0;
        for (long seed = (long) batch * SEEDS; seed < (long) (batch + 1) * SEEDS; seed++) {
            WheelModel model = new WheelModel(seed);
            try {
                model.run();
            } catch (Exception | AssertionError e) {
                fail("seed " + seed + ":" + model.story, e);
            }
            fires += model.fires;
            restarts += model.restarts;
            checkpoints += model.checkpoints;
        }
        assertThat(fires).isGreaterThan(SEEDS * 10);
        assertThat(restarts).isGreaterThan(SEEDS);
        assertThat(checkpoints).isGreaterThan(SEEDS);
    }
}
