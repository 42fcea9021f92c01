package org.fulmar.jms.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.kill.HistoryEvent.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who is late in a storm depends on the machine; who is late in most lives is late on any. */
@Timeout(60)
class StormPaceTest {
    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** Starts that take so long each, and a kill 1 s behind each. */
    private static StormPace pace(long... starts) {
        List<Long> births = new ArrayList<>(List.of(0L));
        List<Long> deaths = new ArrayList<>();
        for (long start : starts) {
            deaths.add(births.get(births.size() - 1) + millis(1000));
            births.add(deaths.get(deaths.size() - 1) + millis(start));
        }
        return new StormPace(deaths, births);
    }

    @TempDir
    Path directory;

    /** Three kills; two consumers of one queue, whose first messages come so long after the broker is ready. */
    private Verdict storm(long start, long prompt, long slow) throws Exception {
        Channel channel = StormTraffic.ORDERS.queue();
        try (HistoryWriter broker = new HistoryWriter(directory, "broker");
                HistoryWriter producer = new HistoryWriter(directory, "producer");
                HistoryWriter first = new HistoryWriter(directory, "prompt");
                HistoryWriter second = new HistoryWriter(directory, "slow")) {
            broker.write(HistoryEvent.broker(Kind.BROKER_READY, 0));
            long ready = 0;
            for (int life = 1; life <= 3; life++) {
                broker.write(HistoryEvent.broker(Kind.BROKER_KILLED, ready + millis(9_000)));
                broker.write(HistoryEvent.broker(Kind.BROKER_DEAD, ready + millis(9_100)));
                ready += millis(9_100 + start);
                broker.write(HistoryEvent.broker(Kind.BROKER_READY, ready));
                for (boolean isPrompt : new boolean[] {true, false}) {
                    MessageId id = new MessageId(channel.destination(), "producer", 2 * life + (isPrompt ? 0 : 1));
                    long came = ready + millis(isPrompt ? prompt : slow);
                    producer.write(HistoryEvent.send(Kind.SEND_ATTEMPT, came - 2, id, 7));
                    producer.write(HistoryEvent.send(Kind.SEND_OK, came - 1, id, 7));
                    HistoryWriter consumer = isPrompt ? first : second;
                    consumer.write(
                            new HistoryEvent(Kind.RECEIVED, came, 1, channel, id.producer(), id.seq(), 7, false, 1, 0));
                    consumer.write(HistoryEvent.acknowledged(came + 1, 1, channel, id));
                }
            }
        }
        return StormChecker.check(directory, 3);
    }

    @Test
    void aStarvedConsumerIsFoundAndNoOther() throws Exception {
        Verdict verdict = storm(600, 1900, 2100);
        assertThat(verdict.isOk()).isFalse();
        assertThat(verdict.print().lines().filter(line -> line.startsWith("FAULT")))
                .singleElement()
                .asString()
                .contains("late", "slow session 1", "[2100, 2100, 2100]");
    }

    @Test
    void onASlowMachineNobodyIsLateSoSoon() throws Exception {
        Verdict verdict = storm(1500, 1900, 4400);
        assertThat(verdict.isOk()).as(verdict.print()).isTrue();
    }

    @Test
    void whoIsSlowEvenForASlowMachineIsFound() throws Exception {
        assertThat(storm(1500, 1900, 4600).print()).contains("FAULT late", "slow session 1");
    }

    @Test
    void quickMachinesHaveTwoSeconds() {
        StormPace pace = pace(400, 500, 600);
        assertThat(List.of(pace.limitMillis(0), pace.limitMillis(1), pace.limitMillis(3)))
                .containsOnly(2000L);
        assertThat(new StormPace(List.of(), List.of()).limitMillis(0)).isEqualTo(2000);
    }

    @Test
    void slowMachinesHaveThreeStarts() {
        StormPace pace = pace(1000, 1200, 1500);
        assertThat(pace.limitMillis(0)).isEqualTo(3600);
        assertThat(pace.limitMillis(1)).isEqualTo(3600);
        assertThat(pace.limitMillis(3)).isEqualTo(4500);
    }

    @Test
    void oneStallGivesOnlyItsOwnLifeMoreTime() {
        StormPace pace = pace(400, 9000, 500);
        assertThat(pace.limitMillis(2)).isEqualTo(27_000);
        assertThat(List.of(pace.limitMillis(1), pace.limitMillis(3))).containsOnly(2000L);
    }

    @Test
    void whoIsLateInMostLivesIsStarved() {
        assertThat(StormPace.isStarved(1, 1)).isTrue();
        assertThat(StormPace.isStarved(3, 5)).isTrue();
        assertThat(StormPace.isStarved(2, 4)).isFalse();
        assertThat(StormPace.isStarved(0, 0)).isFalse();
    }
}
