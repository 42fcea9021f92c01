package org.fulmar.broker.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class OffsetSetTest {
    private static final int PAGE = 4096;

    @Test
    void anEmptySetHoldsNothing() {
        OffsetSet set = new OffsetSet();
        assertThat(set.isEmpty()).isTrue();
        assertThat(set.contains(0)).isFalse();
        assertThat(set.nextClear(77)).isEqualTo(77);
        assertThat(set.ranges(0)).isEmpty();
        set.dropBelow(Long.MAX_VALUE);
        assertThat(set.isEmpty()).isTrue();
    }

    @Test
    void aRunOverSeveralPagesIsOneRange() {
        OffsetSet set = new OffsetSet();
        for (long offset = PAGE - 1; offset <= 3 * PAGE; offset++) {
            set.add(offset);
        }
        assertThat(set.ranges(0)).containsExactly(new long[] {PAGE - 1, 3 * PAGE + 1});
        assertThat(set.ranges(2 * PAGE)).containsExactly(new long[] {2 * PAGE, 3 * PAGE + 1});
        assertThat(set.nextClear(PAGE - 1)).isEqualTo(3 * PAGE + 1);
        assertThat(set.nextClear(2 * PAGE + 5)).isEqualTo(3 * PAGE + 1);
        assertThat(set.nextClear(PAGE - 2)).isEqualTo(PAGE - 2);
    }

    @Test
    void aFullPageIsSkippedEvenIfNoOtherFollows() {
        OffsetSet set = new OffsetSet();
        for (long offset = 0; offset < PAGE; offset++) {
            set.add(offset);
        }
        assertThat(set.nextClear(0)).isEqualTo(PAGE);
    }

    @Test
    void whatWasDroppedIsNotRemembered() {
        OffsetSet set = new OffsetSet();
        set.add(10);
        assertThat(set.contains(10)).isTrue();
        set.dropBelow(PAGE);
        assertThat(set.isEmpty()).isTrue();
        assertThat(set.contains(10)).isFalse();
        set.add(11);
        assertThat(set.contains(10)).isFalse();
        assertThat(set.contains(11)).isTrue();
    }

    @Test
    void agreesWithATreeSet() {
        for (long seed = 1; seed <= 100; seed++) {
            new Run(seed).run();
        }
    }

    private static final class Run {
        private final long seed;
        private final Random random;
        private final long base;
        private final int span;
        private final OffsetSet set = new OffsetSet();
        private final TreeSet<Long> model = new TreeSet<>();

        Run(long seed) {
            this.seed = seed;
            random = new Random(seed);
            base = random.nextBoolean() ? 0 : random.nextLong() >>> 2 + random.nextInt(40);
            span = PAGE * (1 + random.nextInt(8));
        }

        void run() {
            for (int step = 0; step < 400; step++) {
                step();
                probe(step);
            }
        }

        private long offset() {
            return base + random.nextInt(span);
        }

        private void step() {
            int choice = random.nextInt(100);
            if (choice < 70) {
                add(offset());
            } else if (choice < 90) {
                long from = offset();
                int count = random.nextInt(random.nextInt(10) == 0 ? 2 * PAGE : 130);
                for (int i = 0; i < count; i++) {
                    add(from + i);
                }
            } else if (choice < 98) {
                long floor = base + random.nextInt(span) / 4;
                set.dropBelow(floor);
                model.headSet(floor / PAGE * PAGE).clear();
            } else {
                set.dropBelow(Long.MAX_VALUE);
                model.clear();
            }
        }

        private void add(long offset) {
            set.add(offset);
            model.add(offset);
        }

        private void probe(int step) {
            String when = "seed " + seed + ", step " + step;
            for (int i = 0; i < 4; i++) {
                long offset = offset();
                assertThat(set.contains(offset))
                        .as("%s: %d is in", when, offset)
                        .isEqualTo(model.contains(offset));
                long clear = offset;
                while (model.contains(clear)) {
                    clear++;
                }
                assertThat(set.nextClear(offset))
                        .as("%s: next from %d", when, offset)
                        .isEqualTo(clear);
            }
            assertThat(set.isEmpty()).as(when).isEqualTo(model.isEmpty());
            if (step % 20 == 0) {
                long floor = random.nextBoolean() ? 0 : offset();
                assertThat(flat(set.ranges(floor))).as("%s: ranges", when).isEqualTo(ranges(floor));
            }
        }

        private List<Long> ranges(long floor) {
            return flat(rangesOf(model.tailSet(floor)));
        }
    }

    /** The sorted offsets as pairs of first and behind-last. */
    static List<long[]> rangesOf(SortedSet<Long> offsets) {
        List<long[]> ranges = new ArrayList<>();
        long[] last = {-1, -1};
        for (long offset : offsets) {
            if (last[1] != offset) {
                last = new long[] {offset, offset};
                ranges.add(last);
            }
            last[1]++;
        }
        return ranges;
    }

    static List<Long> flat(List<long[]> ranges) {
        List<Long> flat = new ArrayList<>(2 * ranges.size());
        ranges.forEach(range -> {
            flat.add(range[0]);
            flat.add(range[1]);
        });
        return flat;
    }
}
