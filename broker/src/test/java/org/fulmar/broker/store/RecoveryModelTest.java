package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.fulmar.broker.store.TestStore.Sent;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was promised is there after a restart, however the store was left: random lives of a store, one after the other. */
@Timeout(300)
class RecoveryModelTest {
    private static final List<Path> MAY_BE_DELETED = List.of(
            TestStore.ROOT.resolve("consumequeue"),
            TestStore.ROOT.resolve("config"),
            TestStore.ROOT.resolve("checkpoint"));
    private static final int QUEUES = 6;
    /** Seeds of each of the eight batches; long runs set more. */
    private static final int SEEDS = Integer.getInteger("fulmar.recovery.seeds", 50);

    /** How a life of the store ends. */
    private enum End {
        KILL,
        KILL_BETWEEN_OPERATIONS,
        POWER_LOSS,
        POWER_LOSS_BETWEEN_OPERATIONS,
        CLOSE
    }

    /** What is left of a life, and what had been promised by then. */
    private record Remains(FaultyDisk disk, List<Sent> answered, int factsWritten) {}

    /** Several lives of one store, with what must have survived of the earlier ones. */
    private static final class Model {
        final Random random;
        final long seed;
        final StoreOptions options;
        final Map<String, List<Sent>> queues = new TreeMap<>();
        List<Long> facts = new ArrayList<>();
        long nextFact;
        FaultyDisk disk = new FaultyDisk();
        final StringBuilder story = new StringBuilder();

        Model(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            StoreOptions small = TestStore.options(64 * 1024, (1 + random.nextInt(60)) * 20);
            this.options = small.withSyncFlush(random.nextInt(4) != 0);
            for (int i = 0; i < QUEUES; i++) {
                queues.put("topic" + i / 2 + "/" + i % 2, new ArrayList<>());
            }
        }

        void run() throws Exception {
            int lives = 2 + random.nextInt(3);
            for (int life = 0; life < lives; life++) {
                End end = End.values()[random.nextInt(End.values().length)];
                story.append(' ').append(end);
                Remains remains = live(end);
                disk = remains.disk;
                reopen(end, remains);
            }
        }

        private Remains live(End end) throws Exception {
            AtomicReference<Remains> remains = new AtomicReference<>();
            TestStore run = new TestStore(disk, options);
            if (end == End.KILL_BETWEEN_OPERATIONS || end == End.POWER_LOSS_BETWEEN_OPERATIONS) {
                crashAtAnOperation(run, end, remains);
            }
            run.open();
            run.assertShowsExactly(queues);
            int steps = 10 + random.nextInt(80);
            for (int step = 0; step < steps && remains.get() == null; step++) {
                step(run);
            }
            if (remains.get() == null) {
                if (end == End.CLOSE) {
                    run.write();
                    run.close();
                    return new Remains(disk, List.copyOf(run.answered), run.writtenFacts());
                }
                remains.set(crash(run, end));
            }
            run.abandon();
            return remains.get();
        }

        private void crashAtAnOperation(TestStore run, End end, AtomicReference<Remains> remains) {
            AtomicInteger left = new AtomicInteger(1 + random.nextInt(60));
            disk.hook((operation, file) -> {
                if (left.decrementAndGet() == 0) {
                    remains.set(crash(run, end));
                }
            });
        }

        private Remains crash(TestStore run, End end) {
            List<Sent> answered;
            synchronized (run.answered) {
                answered = List.copyOf(run.answered);
            }
            int written = run.writtenFacts();
            boolean power = end == End.POWER_LOSS || end == End.POWER_LOSS_BETWEEN_OPERATIONS;
            FaultyDisk left = power ? disk.afterPowerLoss(new Random(seed * 31)) : disk.afterKill();
            return new Remains(left, answered, written);
        }

        private void step(TestStore run) throws Exception {
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3, 4, 5, 6 -> {
                    int messages = 1 + random.nextInt(6);
                    for (int i = 0; i < messages; i++) {
                        int queue = random.nextInt(QUEUES);
                        int bytes = random.nextInt(20) == 0 ? random.nextInt(30_000) : random.nextInt(500);
                        Sent sent = run.send("topic" + queue / 2, queue % 2, bytes, random.nextBoolean());
                        queues.get("topic" + queue / 2 + "/" + queue % 2).add(sent);
                    }
                    if (random.nextInt(4) != 0) {
                        run.write();
                    }
                }
                case 7, 8 -> {
                    facts.add(nextFact);
                    run.fact(nextFact++);
                    if (random.nextBoolean()) {
                        run.store.appender().orderFacts();
                    }
                }
                case 9 -> {
                    run.write();
                    run.settle(queues.values().stream()
                            .flatMap(List::stream)
                            .filter(sent -> sent.answered == run.answered)
                            .toList());
                }
                case 10 -> {
                    run.write();
                    run.checkpoint();
                }
                default -> run.pump();
            }
        }

        /** Opens what is left, checks that nothing promised is missing, and goes on from what is there. */
        private void reopen(End end, Remains remains) throws Exception {
            if (random.nextInt(3) == 0) {
                Path victim = MAY_BE_DELETED.get(random.nextInt(MAY_BE_DELETED.size()));
                story.append(" -").append(victim.getFileName());
                disk.delete(victim);
            }
            boolean power = end == End.POWER_LOSS || end == End.POWER_LOSS_BETWEEN_OPERATIONS;
            TestStore run = TestStore.open(disk, options);
            long logEnd = run.store.log().written();
            queues.forEach((name, sent) -> {
                sent.removeIf(message -> message.end() > logEnd || message.physicalOffset < 0);
                for (int i = 0; i < sent.size(); i++) {
                    assertThat(sent.get(i).queueOffset).as("order of %s", name).isEqualTo(i);
                }
            });
            run.assertShowsExactly(queues);
            for (Sent answered : remains.answered) {
                boolean promised = !power || (answered.durably && options.syncFlush());
                if (promised && answered.end() > logEnd) {
                    fail("%s was answered and is lost; the log ends at %d", answered, logEnd);
                }
            }
            List<Long> found = run.facts.facts();
            assertThat(found.equals(facts.subList(0, Math.min(found.size(), facts.size()))))
                    .as("facts in order, none invented")
                    .isTrue();
            int promised = power
                    ? remains.answered.stream()
                            .filter(answered -> answered.durably && options.syncFlush())
                            .mapToInt(answered -> answered.factsBefore)
                            .max()
                            .orElse(0)
                    : remains.factsWritten;
            assertThat(found).as("facts").hasSizeGreaterThanOrEqualTo(promised);
            facts = new ArrayList<>(found);
            nextFact = facts.size();
            disk = disk.afterKill();
            run.abandon();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void whatWasPromisedSurvivesEveryKindOfEnd(int batch) {
        for (long seed = (long) batch * SEEDS; seed < (batch + 1L) * SEEDS; seed++) {
            Model model = new Model(seed);
            try {
                model.run();
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + ":" + model.story + ": " + e, e);
            }
        }
    }
}
