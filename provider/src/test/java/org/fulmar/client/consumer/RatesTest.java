package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rates that administrators see. */
@Timeout(20)
class RatesTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Rates rates = new Rates();

    private double at(long nanos, String name) {
        JsonNode topic = rates.json(nanos).path("T");
        assertThat(topic.has(name)).isTrue();
        return topic.path(name).asDouble();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MIN_VALUE / 2, Long.MAX_VALUE / 2, -30_000_000_000L})
    void countsAreThoseOfTheLastMinuteAndFailuresThoseOfTheLastHour(long start) {
        for (int i = 0; i < 120; i++) {
            rates.of("T").consumed(start + i * SECOND, 2_000_000, 3, 1);
            rates.of("T").pulled(start + i * SECOND, 5_000_000, 4);
        }
        long now = start + 119 * SECOND;
        // the oldest step of ten seconds may be over in part
        assertThat(at(now, "consumeOKTPS")).isBetween(2.5, 3.0);
        assertThat(at(now, "consumeFailedTPS")).isBetween(0.8, 1.0);
        assertThat(at(now, "pullTPS")).isBetween(3.3, 4.0);
        assertThat(at(now, "consumeRT")).isCloseTo(2, within(1e-9));
        assertThat(at(now, "pullRT")).isCloseTo(5, within(1e-9));
        assertThat(at(now, "consumeFailedMsgs")).isEqualTo(120);

        long later = now + 60 * SECOND;
        assertThat(at(later, "consumeOKTPS")).isZero();
        assertThat(at(later, "pullRT")).isZero();
        assertThat(at(later, "consumeFailedMsgs")).isEqualTo(120);
        assertThat(at(now + 3600 * SECOND, "consumeFailedMsgs")).isZero();
    }
}
