package org.fulmar.broker.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class CursorTest {
    private static Cursor cursor(long start) {
        return new Cursor(1, new SubscriptionGroup("group", "topic", false, true, null, false, false), 0, start);
    }

    @Test
    void settlingInOrderKeepsNothing() {
        Cursor cursor = cursor(5);
        for (long offset = 5; offset < 10_000; offset++) {
            cursor.delivered(offset);
            cursor.settled(offset);
        }
        assertThat(cursor.floor()).isEqualTo(10_000);
        assertThat(cursor.settled().isEmpty()).isTrue();
        assertThat(cursor.inFlight().isEmpty()).isTrue();
    }

    @Test
    void theFloorJumpsOverWhatWasSettledOutOfOrder() {
        Cursor cursor = cursor(0);
        for (long offset = 9_999; offset > 0; offset--) {
            cursor.settled(offset);
        }
        assertThat(cursor.floor()).isZero();
        assertThat(cursor.available(0, 20_000)).isZero();
        assertThat(cursor.available(1, 20_000)).isEqualTo(10_000);
        cursor.settled(0);
        assertThat(cursor.floor()).isEqualTo(10_000);
        assertThat(cursor.settled().ranges(cursor.floor())).isEmpty();
        assertThat(cursor.settled().contains(5))
                .as("memory below the floor is free")
                .isFalse();
    }

    @Test
    void aReturnedMessageKeepsItsCount() {
        Cursor cursor = cursor(0);
        assertThat(cursor.delivered(3).deliveries).isEqualTo(1);
        cursor.returned(3, 1);
        assertThat(cursor.delivered(3).deliveries).isEqualTo(2);
        cursor.returned(3, 1);
        assertThat(cursor.delivered(3).deliveries).isEqualTo(2);
        cursor.settled(3);
        cursor.returned(3, 2);
        assertThat(cursor.returned()).isEmpty();
    }

    @Test
    void aCutMakesRoomForNewMessagesInPlaceOfLostOnes() {
        Cursor cursor = cursor(0);
        for (long offset = 0; offset < 100; offset++) {
            cursor.settled(offset);
        }
        cursor.scan(100);
        cursor.settled(120);
        cursor.returned(110, 1);
        cursor.cut(40);
        assertThat(cursor.floor()).isEqualTo(40);
        assertThat(cursor.isSettled(39)).isTrue();
        assertThat(cursor.isSettled(40)).isFalse();
        assertThat(cursor.isSettled(120)).isFalse();
        assertThat(cursor.returned()).isEmpty();
        assertThat(cursor.available(cursor.scan(), 60)).as("a new message 40").isEqualTo(40);
    }

    @Test
    void settlingCostsLittleMoreWithManyInFlightThanWithFew() {
        double few = nanosToSettle(50);
        double many = nanosToSettle(50_000);
        assertThat(many / few).as("%.0f against %.0f ns", many, few).isLessThan(50);
    }

    /** The best of several times for one message settled and one delivered, with so many in flight between them. */
    private static double nanosToSettle(int window) {
        int count = 5_000;
        long best = Long.MAX_VALUE;
        for (int round = 0; round < 6; round++) {
            Cursor cursor = cursor(0);
            for (long offset = 0; offset < window; offset++) {
                cursor.delivered(offset);
            }
            long start = System.nanoTime();
            for (long offset = 0; offset < count; offset++) {
                cursor.settled(offset);
                cursor.delivered(offset + window);
            }
            best = Math.min(best, System.nanoTime() - start);
        }
        return (double) best / count;
    }

    @Test
    void agreesWithAMap() {
        for (long seed = 1; seed <= 200; seed++) {
            new Run(seed).run();
        }
    }

    private static final class Run {
        private final long seed;
        private final Random random;
        private final int span;
        private final Cursor cursor;
        private final TreeSet<Long> settled = new TreeSet<>();
        private final Map<Long, Integer> inFlight = new HashMap<>();
        private final TreeMap<Long, Integer> returned = new TreeMap<>();
        private long floor;

        Run(long seed) {
            this.seed = seed;
            random = new Random(seed);
            span = seed % 10 == 0 ? 15_000 : 300;
            int start = random.nextInt(span / 3);
            cursor = cursor(start);
            for (long offset = 0; offset < start; offset++) {
                settled.add(offset);
            }
        }

        void run() {
            for (int step = 0; step < 300; step++) {
                step();
                compare("seed " + seed + ", step " + step);
            }
        }

        private void step() {
            int choice = random.nextInt(100);
            long offset = random.nextInt(span);
            if (choice < 30) {
                deliver(offset);
            } else if (choice < 45) {
                settle(floor());
            } else if (choice < 60) {
                settle(offset);
            } else if (choice < 75) {
                int count = random.nextInt(random.nextInt(5) == 0 ? 6_000 : 20);
                for (int i = 0; i < count; i++) {
                    settle(offset + i);
                }
            } else if (choice < 95) {
                int deliveries = random.nextInt(4);
                cursor.returned(offset, deliveries);
                if (!settled.contains(offset)) {
                    inFlight.remove(offset);
                    returned.put(offset, deliveries);
                }
            } else {
                restart(random.nextInt(2) == 0 ? Long.MAX_VALUE : random.nextInt(2 * span));
            }
        }

        private void deliver(long offset) {
            if (settled.contains(offset)) {
                return;
            }
            Integer before = returned.remove(offset);
            int deliveries = (before == null ? inFlight.getOrDefault(offset, 0) : before) + 1;
            inFlight.put(offset, deliveries);
            assertThat(cursor.delivered(offset).deliveries).as("seed %d", seed).isEqualTo(deliveries);
        }

        private void settle(long offset) {
            cursor.settled(offset);
            settled.add(offset);
            inFlight.remove(offset);
            returned.remove(offset);
        }

        private void restart(long end) {
            cursor.releaseAll();
            cursor.cut(end);
            returned.putAll(inFlight);
            inFlight.clear();
            returned.tailMap(end).clear();
            settled.tailSet(end).clear();
            floor = Math.min(floor, end);
            assertThat(cursor.scan()).as("seed %d: the scan position", seed).isLessThanOrEqualTo(end);
        }

        private long floor() {
            while (settled.contains(floor)) {
                floor++;
            }
            return floor;
        }

        private void compare(String when) {
            long floor = floor();
            assertThat(cursor.floor()).as(when).isEqualTo(floor);
            assertThat(cursor.returned()).as(when).isEqualTo(returned);
            assertThat(cursor.inFlight()).as(when).hasSameSizeAs(inFlight);
            Map<Long, Integer> all = new TreeMap<>(returned);
            all.putAll(inFlight);
            assertThat(cursor.deliveries()).as(when).isEqualTo(all);
            assertThat(inFlight.keySet()).as(when).allMatch(offset -> cursor.held(offset).offset == offset);
            for (int i = 0; i < 5; i++) {
                probe(when, random.nextInt(2 * span));
            }
            assertThat(OffsetSetTest.flat(cursor.settled().ranges(floor)))
                    .as(when)
                    .isEqualTo(OffsetSetTest.flat(OffsetSetTest.rangesOf(settled.tailSet(floor))));
        }

        private void probe(String when, long offset) {
            assertThat(cursor.isSettled(offset)).as("%s: %d", when, offset).isEqualTo(settled.contains(offset));
            long end = random.nextInt(2 * span);
            long first = offset;
            while (first < end
                    && (settled.contains(first) || inFlight.containsKey(first) || returned.containsKey(first))) {
                first++;
            }
            assertThat(cursor.available(offset, end))
                    .as("%s: available from %d to %d", when, offset, end)
                    .isEqualTo(Math.min(first, end));
        }
    }
}
