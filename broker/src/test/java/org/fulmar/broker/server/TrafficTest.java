package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.ZoneOffset;
import java.util.Objects;
import org.fulmar.broker.server.Traffic.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rates and sums of what is counted, by a clock of the test's. */
@Timeout(180)
class TrafficTest {
    private static final long START = 1_700_000_000_000L;
    private static final long HOUR = 3_600_000;

    private final Traffic traffic = new Traffic(START, ZoneOffset.UTC);
    private long now = START;

    /** A number of messages in each of so many seconds. */
    private void flow(int perSecond, int seconds) {
        for (int second = 0; second < seconds; second++) {
            for (int i = 0; i < perSecond; i++) {
                traffic.sent("g", "t", 100);
            }
            now += 1000;
            traffic.sample(now);
        }
    }

    @Test
    void ratesAreOfTheLastSecondsAndOfThoseSinceTheStart() {
        flow(10, 5);
        assertThat(traffic.perSecond(now, 600, Flow.SENT)).isCloseTo(10, within(0.1));
        flow(0, 20);
        assertThat(traffic.perSecond(now, 10, Flow.SENT)).isZero();
        assertThat(traffic.perSecond(now, 60, Flow.SENT)).isCloseTo(2, within(0.1));
        flow(50, 700);
        assertThat(traffic.perSecond(now, 600, Flow.SENT)).isCloseTo(50, within(0.1));
        assertThat(traffic.total(Flow.SENT)).isEqualTo(50 + 35_000);
    }

    @Test
    void aGroupsSumsAreOfTheLastMinuteHourAndDay() {
        flow(1, 30);
        Traffic.Stats fresh = Objects.requireNonNull(traffic.stats("GROUP_GET_NUMS", "t@g", now));
        assertThat(fresh.minute().sum()).isEqualTo(30);
        assertThat(fresh.day().sum()).isEqualTo(30);
        assertThat(fresh.minute().perSecond()).isCloseTo(1, within(0.1));
        flow(0, 300);
        Traffic.Stats later = Objects.requireNonNull(traffic.stats("GROUP_GET_NUMS", "t@g", now));
        assertThat(later.minute().sum()).isZero();
        assertThat(later.hour().sum()).isEqualTo(30);
        assertThat(Objects.requireNonNull(traffic.stats("GROUP_GET_SIZE", "t@g", now))
                        .hour()
                        .sum())
                .isEqualTo(3000);
        assertThat(traffic.stats("GROUP_GET_NUMS", "t@other", now)).isNull();
    }

    @Test
    void aDayBeginsAtMidnight() {
        flow(1, 10);
        now += 24 * HOUR;
        traffic.sample(now);
        assertThat(traffic.thisMorning(Flow.SENT)).isEqualTo(10);
        flow(1, 5);
        assertThat(traffic.thisMorning(Flow.SENT)).isEqualTo(10);
        now += 24 * HOUR;
        traffic.sample(now);
        assertThat(traffic.thisMorning(Flow.SENT)).isEqualTo(15);
        assertThat(traffic.yesterdayMorning(Flow.SENT)).isEqualTo(10);
    }

    @Test
    void noMoreIsCountedOnItsOwnThanThereIsRoomFor() {
        for (int i = 0; i < 2 * Traffic.MAX_METERS; i++) {
            traffic.sent("g", "t" + i, 1);
        }
        assertThat(traffic.total(Flow.SENT)).isEqualTo(2 * Traffic.MAX_METERS);
        assertThat(traffic.stats("GROUP_GET_NUMS", "t0@g", now)).isNotNull();
        assertThat(traffic.stats("GROUP_GET_NUMS", "t" + (2 * Traffic.MAX_METERS - 1) + "@g", now))
                .isNull();
    }
}
