package org.fulmar.client.producer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.TopicRoute;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long slow and failed brokers are spared, and which queue is chosen then. */
@Timeout(60)
class FaultTableTest {
    private static final int BROKERS = 5;

    private static TopicRoute route(int brokers, int queues) {
        List<TopicRoute.Broker> all = new ArrayList<>();
        List<TopicRoute.Queues> of = new ArrayList<>();
        for (int i = 0; i < brokers; i++) {
            all.add(new TopicRoute.Broker("b" + i, "c", Map.of(0L, "127.0.0.1:" + (1000 + i)), null));
            of.add(new TopicRoute.Queues("b" + i, queues, queues, 6));
        }
        return new TopicRoute("T", all, of, null);
    }

    @Test
    void brokersAreSparedByTheTableOfRocketMq5OnDemand() throws Exception {
        Map<Long, Long> expected = new TreeMap<>(Map.of(
                0L, 0L, 49L, 0L, 549L, 0L, 550L, 2000L, 1799L, 2000L, 1800L, 5000L, 3000L, 6000L, 5000L, 10_000L,
                14_999L, 10_000L, 15_000L, 30_000L));
        FaultTable.Sparing sparing =
                ProducerConfig.of("G").with(ProducerConfig.SPARE_FOR, "short").sparing();
        expected.forEach((latency, spared) ->
                assertThat(sparing.millis(latency)).as("latency %d", latency).isEqualTo(spared));
    }

    @Test
    void brokersAreSparedByTheTableOfRocketMq4() throws Exception {
        Map<Long, Long> expected = new TreeMap<>(Map.of(
                549L, 0L, 550L, 30_000L, 999L, 30_000L, 1000L, 60_000L, 2000L, 120_000L, 3000L, 180_000L, 14_999L,
                180_000L, 15_000L, 600_000L));
        FaultTable.Sparing sparing = ProducerConfig.of("G").sparing();
        expected.forEach((latency, spared) ->
                assertThat(sparing.millis(latency)).as("latency %d", latency).isEqualTo(spared));
        FaultTable faults = new FaultTable(sparing);
        faults.failed("a", 1, true, 0);
        assertThat(faults.isAvailable("a", 599_999)).isFalse();
        assertThat(faults.isAvailable("a", 600_000)).isTrue();
    }

    @Test
    void failedBrokerIsSparedForTenSecondsAndLongerWhileItIsNotHeardOf() {
        FaultTable faults = new FaultTable(FaultTable.Sparing.SHORT);
        faults.failed("a", 1, true, 100);
        assertThat(faults.isAvailable("a", 10_099)).isFalse();
        assertThat(faults.isAvailable("a", 10_100)).isTrue();

        faults.failed("b", 1, false, 100);
        assertThat(faults.isAvailable("b", 99_999)).isFalse();
        assertThat(faults.suspects(99_999)).containsExactly("b");
        faults.detected("b", true);
        assertThat(faults.isAvailable("b", 99_999)).isTrue();
        assertThat(faults.suspects(99_999)).isEmpty();
        faults.detected("unknown", true);
        assertThat(faults.isAvailable("unknown", 0)).isTrue();
    }

    @Test
    void withoutFaultsAllQueuesHaveTheirTurnAndTheFailedBrokerIsLeftOut() {
        QueueChooser chooser = new QueueChooser(route(3, 2), Integer.MAX_VALUE - 2);
        Map<MessageQueue, Integer> count = new HashMap<>();
        for (int i = 0; i < 60; i++) {
            count.merge(chooser.choose(null), 1, Integer::sum);
        }
        assertThat(count).hasSize(6);
        assertThat(count.values()).allSatisfy(times -> assertThat(times).isBetween(9, 11));
        for (int i = 0; i < 20; i++) {
            assertThat(chooser.choose("b1").brokerName()).isNotEqualTo("b1");
        }
        assertThat(new QueueChooser(route(1, 2), 0).choose("b0").brokerName()).isEqualTo("b0");
        assertThat(new QueueChooser(route(0, 0), 0).choose(null)).isNull();
    }

    /** The model knows only when each broker is free again, and how bad each was. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void chosenBrokerIsAvailableOrElseAmongTheBetterHalf(long seed) {
        Random random = new Random(seed);
        FaultTable faults = new FaultTable(FaultTable.Sparing.SHORT);
        QueueChooser chooser = new QueueChooser(route(BROKERS, 4), random.nextInt());
        Map<String, Long> freeAt = new HashMap<>();
        Map<String, Long> latencies = new HashMap<>();
        long now = 0;
        for (int step = 0; step < 20_000; step++) {
            now += random.nextInt(400);
            String broker = "b" + random.nextInt(BROKERS);
            if (random.nextInt(3) == 0) {
                faults.failed(broker, 5, true, now);
                freeAt.put(broker, now + 10_000);
                latencies.put(broker, 10_000L);
            } else {
                long latency = random.nextInt(6000);
                faults.answered(broker, latency, now);
                freeAt.put(broker, now + FaultTable.Sparing.SHORT.millis(latency));
                latencies.put(broker, latency);
            }
            long at = now;
            String chosen = chooser.choose(null, faults, now).brokerName();
            Set<String> free = new java.util.TreeSet<>();
            for (int i = 0; i < BROKERS; i++) {
                if (freeAt.getOrDefault("b" + i, 0L) <= at) {
                    free.add("b" + i);
                }
            }
            if (free.isEmpty()) {
                long better = latencies.values().stream()
                        .filter(latency -> latency < latencies.get(chosen))
                        .count();
                assertThat(better).as("seed %d, step %d", seed, step).isLessThan(Math.max(1, BROKERS / 2));
            } else {
                assertThat(free).as("seed %d, step %d", seed, step).contains(chosen);
            }
        }
    }

    @Test
    void machineRoomsAreAskedFirst() {
        List<MessageQueue> queues = route(4, 1).writeQueues();
        QueueSelector near = QueueSelectors.byMachineRoom(
                Set.of("east"), queue -> queue.brokerName().equals("b2") ? "east" : null);
        QueueSelector nowhere = QueueSelectors.byMachineRoom(Set.of("north"), queue -> "south");
        Set<String> used = new java.util.TreeSet<>();
        for (int i = 0; i < 8; i++) {
            assertThat(near.select(queues, null, null).brokerName()).isEqualTo("b2");
            used.add(nowhere.select(queues, null, null).brokerName());
        }
        assertThat(used).hasSize(4);
    }
}
