package org.fulmar.broker.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.fulmar.broker.transaction.HalfMessages.Outcome;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random lives of half messages against a plain model, with restarts from the log and from checkpoints. */
@Timeout(300)
class HalfMessagesModelTest {
    private static final int SEEDS_EACH = 100;
    private static final int STEPS = 400;
    private static final HalfMessages.Rules RULES = new HalfMessages.Rules(5_000, 7_000, 3, 40_000, 20);

    /** What is known of a half message without an outcome. */
    private static final class Known {
        final MessageRecord record;
        long due;
        long next;
        int checks;
        int misses;

        Known(MessageRecord record, long due) {
            this.record = record;
            this.due = due;
            this.next = due;
        }
    }

    private static final class Run {
        final Random random;
        final HalfLog log = new HalfLog();
        final Map<Long, Known> known = new TreeMap<>();
        final Map<Long, Outcome> ended = new HashMap<>();
        final List<MessageRecord> all = new ArrayList<>();
        HalfMessages halves = new HalfMessages(RULES);
        byte[] checkpoint;
        long now = 1_000_000;

        Run(long seed) {
            random = new Random(seed);
        }

        void step() {
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> prepare();
                case 3 -> end(Outcome.COMMITTED);
                case 4 -> end(Outcome.ROLLED_BACK);
                case 5, 6 -> now += random.nextInt(4_000);
                case 7 -> seeToDue();
                case 8 -> resume();
                default -> checkpointOrRestart();
            }
            check();
        }

        void prepare() {
            if (halves.isFull()) {
                assertThat(known).hasSize(RULES.maxMessages());
                return;
            }
            boolean ofJms = random.nextInt(8) == 0;
            String immunity = random.nextInt(4) == 0 ? Integer.toString(random.nextInt(60)) : null;
            MessageRecord record = log.half(now, immunity, ofJms);
            if (ofJms) {
                return;
            }
            halves.prepared(record.physicalOffset(), record.queueOffset(), now, immunity);
            long wait = immunity == null ? 5_000 : Math.min(40_000, Math.max(5_000, Long.parseLong(immunity) * 1000));
            known.put(record.physicalOffset(), new Known(record, now + wait));
            all.add(record);
        }

        /** As a producer says it, also again, and for what has ended in another way. */
        void end(Outcome outcome) {
            if (all.isEmpty()) {
                return;
            }
            MessageRecord record = all.get(random.nextInt(all.size()));
            long place = record.physicalOffset();
            assertThat(halves.find(place) != null).isEqualTo(known.containsKey(place));
            if (known.remove(place) != null) {
                log.ending(record, outcome, now);
                halves.ended(place, outcome);
                ended.put(place, outcome);
            } else if (random.nextBoolean()) {
                // never appended by the broker, but no harm
                log.ending(record, outcome, now);
                halves.ended(place, outcome);
            }
        }

        void seeToDue() {
            HalfMessage half = halves.firstDue(now);
            while (half != null) {
                Known model = first();
                assertThat(half.logOffset()).isEqualTo(model.record.physicalOffset());
                assertThat(model.next).isLessThanOrEqualTo(now);
                long oldest = model.record.storeTimestamp() + 40_000;
                boolean spent = model.checks >= 3 || now >= oldest;
                assertThat(halves.isSpent(half, now)).isEqualTo(spent);
                if (spent) {
                    known.remove(half.logOffset());
                    log.ending(model.record, Outcome.GIVEN_UP, now);
                    halves.ended(half.logOffset(), Outcome.GIVEN_UP);
                    ended.put(half.logOffset(), Outcome.GIVEN_UP);
                } else if (random.nextBoolean()) {
                    halves.checked(half, now, log);
                    model.checks++;
                    model.misses = 0;
                    model.due = Math.max(now + 1, Math.min(now + 7_000, oldest));
                    model.next = model.due;
                } else {
                    halves.missed(half, now);
                    long pause = Math.min(7_000, 1000L << model.misses++);
                    model.next = Math.max(now + 1, Math.min(now + pause, oldest));
                }
                half = halves.firstDue(now);
            }
            assertThat(known.isEmpty() || first().next > now).isTrue();
        }

        void resume() {
            if (known.isEmpty() || random.nextInt(4) > 0) {
                return;
            }
            Known model = new ArrayList<>(known.values()).get(random.nextInt(known.size()));
            halves.resumed(Objects.requireNonNull(halves.find(model.record.physicalOffset())), now, log);
            model.checks = 0;
            model.misses = 0;
            model.due = now;
            model.next = now;
        }

        void checkpointOrRestart() {
            if (random.nextBoolean()) {
                checkpoint = halves.capture(log.end()).get();
                return;
            }
            halves = new HalfMessages(RULES);
            byte[] from = random.nextInt(4) == 0 ? null : checkpoint;
            log.replay(halves.restore(from), halves);
            known.values().forEach(each -> {
                each.next = each.due;
                each.misses = 0;
            });
        }

        Known first() {
            return known.values().stream()
                    .min(Comparator.<Known>comparingLong(each -> each.next)
                            .thenComparingLong(each -> each.record.physicalOffset()))
                    .orElseThrow();
        }

        void check() {
            assertThat(halves.size()).isEqualTo(known.size());
            assertThat(halves.nextDue()).isEqualTo(known.isEmpty() ? Long.MAX_VALUE : first().next);
            List<HalfMessage> found = halves.after(-1, 1000);
            assertThat(found).extracting(HalfMessage::logOffset).containsExactlyElementsOf(known.keySet());
            for (HalfMessage half : found) {
                Known model = known.get(half.logOffset());
                assertThat(half.queueOffset()).isEqualTo(model.record.queueOffset());
                assertThat(half.storedAt()).isEqualTo(model.record.storeTimestamp());
                assertThat(half.checks()).isEqualTo(model.checks);
                assertThat(half.next()).isEqualTo(model.next);
            }
            ended.forEach((place, outcome) -> {
                Outcome remembered = halves.outcome(place);
                assertThat(remembered == null || remembered == outcome).isTrue();
            });
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 3})
    void everyHalfMessageIsCheckedAndEndsAsTheModelSaysWhateverIsRestarted(long hundred) {
        for (long seed = hundred * SEEDS_EACH; seed < (hundred + 1) * SEEDS_EACH; seed++) {
            Run run = new Run(seed);
            for (int step = 0; step < STEPS; step++) {
                try {
                    run.step();
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("seed " + seed + ", step " + step + ": " + e, e);
                }
            }
        }
    }
}
