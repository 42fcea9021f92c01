package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.fulmar.broker.store.TestStore.Sent;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was promised is there after a restart, however the store was left. */
@Timeout(180)
class RecoveryTest {
    private static final Path QUEUE_FILES = TestStore.ROOT.resolve("consumequeue");
    private static final Path CONFIG = TestStore.ROOT.resolve("config");
    private static final Path CHECKPOINT = TestStore.ROOT.resolve("checkpoint");
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
                Path victim = List.of(QUEUE_FILES, CONFIG, CHECKPOINT).get(random.nextInt(3));
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

    // ---- single promises

    private static List<Sent> send(TestStore run, String topic, int count, int bytes, boolean durably)
            throws Exception {
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sent.add(run.send(topic, 0, bytes, durably));
        }
        run.write();
        run.settle(sent);
        return sent;
    }

    @ParameterizedTest
    @ValueSource(strings = {"consumequeue", "config", "checkpoint", "consumequeue/orders", "index", "written"})
    void whatCanBeBuiltFromTheLogMayBeDeleted(String name) throws Exception {
        FaultyDisk disk = new FaultyDisk();
        StoreOptions options = TestStore.withIndex(TestStore.options(), 64, 300);
        TestStore run = TestStore.open(disk, options);
        List<Sent> orders = send(run, "orders", 300, 200, true);
        List<Sent> news = send(run, "news", 300, 200, true);
        run.fact(0);
        run.write();
        run.close();
        disk.delete(TestStore.ROOT.resolve(name));

        TestStore second = TestStore.open(disk, options);

        second.assertShows("orders", 0, orders);
        second.assertShows("news", 0, news);
        assertThat(second.facts.facts()).containsExactly(0L);
        assertThat(second.store.index().find("orders", orders.get(7).key, 10, 0, Long.MAX_VALUE))
                .containsExactly(orders.get(7).physicalOffset);
        second.abandon();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "not json", "{\"queues\":{\"orders\":{\"x\":1}}}"})
    void aDamagedQueueTableIsBuiltAgainFromTheLog(String content) throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        List<Sent> orders = send(run, "orders", 50, 200, true);
        run.close();
        disk.put(CONFIG.resolve("queues.json"), content.getBytes(StandardCharsets.UTF_8));

        TestStore second = TestStore.open(disk);

        second.assertShows("orders", 0, orders);
        second.abandon();
    }

    @Test
    void anyBitOfTheCheckpointMayFlip() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        List<Sent> orders = send(run, "orders", 50, 200, true);
        run.close();
        int bits = disk.bytes(CHECKPOINT).length * 8;
        for (int bit = 0; bit < bits; bit++) {
            FaultyDisk damaged = disk.afterKill();
            damaged.flip(CHECKPOINT, bit);
            TestStore second = TestStore.open(damaged);
            second.assertShows("orders", 0, orders);
            second.abandon();
        }
    }

    @Test
    void aFullSegmentIsClosedByAFillerAndTheNextOneGoesOn() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        List<Sent> sent = send(run, "orders", 400, 1000, true);
        int size = TestStore.options().segmentBytes();
        int rolls = 0;
        for (int i = 1; i < sent.size(); i++) {
            Sent before = sent.get(i - 1);
            Sent after = sent.get(i);
            if (before.end() != after.physicalOffset) {
                rolls++;
                Path file = TestStore.LOG.resolve(LogSegment.fileName(after.physicalOffset - size));
                java.nio.ByteBuffer content = java.nio.ByteBuffer.wrap(disk.bytes(file));
                int at = (int) (before.end() % size);
                assertThat(after.physicalOffset % size).isZero();
                assertThat(content.getInt(at)).isEqualTo(size - at);
                assertThat(content.getInt(at + 4)).isEqualTo(MessageRecord.MAGIC_FILLER);
            }
        }
        assertThat(rolls).isEqualTo(disk.list(TestStore.LOG).size() - 1).isGreaterThan(5);
        FaultyDisk left = disk.afterKill();
        run.abandon();

        TestStore second = TestStore.open(left);
        second.assertShows("orders", 0, sent);
        second.abandon();
    }

    @Test
    void aSegmentFilledToTheLastByteThatARecordMayHaveIsReadBack() throws Exception {
        int size = TestStore.options().segmentBytes();
        for (int spare = 0; spare <= 40; spare++) {
            FaultyDisk disk = FaultyDisk.withoutPowerLoss();
            TestStore run = TestStore.open(disk);
            List<Sent> sent = new ArrayList<>(send(run, "orders", 1, 30_000, false));
            int header = sent.get(0).size - 30_000;
            int rest = size - sent.get(0).size - header - spare;
            sent.addAll(send(run, "orders", 1, rest, false));
            sent.addAll(send(run, "orders", 3, 10, false));
            FaultyDisk left = disk.afterKill();
            run.abandon();

            TestStore second = TestStore.open(left);
            second.assertShows("orders", 0, sent);
            second.abandon();
        }
    }

    @Test
    void entriesThatWentToTheirFilesBeforeACheckpointSurviveALossOfPower() throws Exception {
        for (int seed = 0; seed < 12; seed++) {
            FaultyDisk disk = new FaultyDisk();
            StoreOptions options = TestStore.options(1 << 20, 1000 * 20);
            TestStore run = TestStore.open(disk, options);
            List<Sent> sent = send(run, "orders", 4096 + seed % 2, 20, true);
            // the entry that does not fit into memory any more sends the others to their files
            sent.addAll(send(run, "orders", 1, 20, true));
            run.checkpoint();
            FaultyDisk left = disk.afterPowerLoss(new Random(seed));
            run.abandon();

            TestStore second = TestStore.open(left, options);
            second.assertShows("orders", 0, sent);
            second.abandon();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void aCheckpointThatFailedIsMadeUpForByTheNext(int ordinal) throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        List<Sent> sent = send(run, "orders", 100, 20, true);
        disk.fail(FaultyDisk.Operation.WRITE, ordinal, file -> file.startsWith(QUEUE_FILES));
        try {
            run.checkpoint();
        } catch (IOException expected) {
            assertThat(expected).hasMessage("Input/output error");
        }
        disk.heal();
        sent.addAll(send(run, "orders", 30, 20, true));
        run.checkpoint();
        FaultyDisk left = disk.afterKill();
        run.abandon();

        TestStore second = TestStore.open(left);
        second.assertShows("orders", 0, sent);
        second.abandon();
    }

    @Test
    void entriesThatNoFileTookAreTakenByTheNextCheckpoint() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        StoreOptions options = TestStore.options(1 << 20, 1000 * 20);
        TestStore run = TestStore.open(disk, options);
        disk.fail(FaultyDisk.Operation.WRITE, 2, file -> file.startsWith(QUEUE_FILES));
        List<Sent> sent = send(run, "orders", 4200, 20, true);
        disk.heal();
        run.assertShows("orders", 0, sent);
        run.checkpoint();
        FaultyDisk left = disk.afterKill();
        run.abandon();

        TestStore second = TestStore.open(left, options);
        second.assertShows("orders", 0, sent);
        second.abandon();
    }

    @Test
    void aQueueMadeAnewUnderAnOldNameKeepsItsMessages() throws Exception {
        for (boolean checkpointed : new boolean[] {false, true}) {
            FaultyDisk disk = new FaultyDisk();
            TestStore run = TestStore.open(disk);
            send(run, "orders", 10, 20, true);
            if (checkpointed) {
                run.checkpoint();
            }
            run.store.deleteQueues("orders");
            List<Sent> anew = send(run, "orders", 3, 20, true);
            run.assertShows("orders", 0, anew);
            FaultyDisk left = disk.afterKill();
            run.abandon();

            TestStore second = TestStore.open(left);
            second.assertShows("orders", 0, anew);
            List<Sent> more = send(second, "orders", 2, 20, true);
            anew.addAll(more);
            second.close();

            TestStore third = TestStore.open(left);
            third.assertShows("orders", 0, anew);
            third.abandon();
        }
    }

    @Test
    void aTopicThatIsGoneHasNoQueuesAfterARestart() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        send(run, "orders", 10, 20, true);
        run.checkpoint();
        run.store.deleteQueues("orders");
        FaultyDisk left = disk.afterKill();
        run.abandon();

        TestStore second = new TestStore(left, TestStore.options());
        second.store.open(topic -> !topic.equals("orders"));
        assertThat(second.store.queueIfPresent("orders", 0)).isNull();
        List<Sent> anew = send(second, "orders", 2, 20, true);
        second.assertShows("orders", 0, anew);
        second.abandon();
    }

    @Test
    void aCheckpointTakenBeforeABatchIsWrittenMissesNoMessage() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            sent.add(run.send("orders", 0, 1000, true));
        }
        assertThat(run.store.log().written()).isPositive();
        run.checkpoint();
        run.write();
        run.settle(sent);
        FaultyDisk left = disk.afterKill();
        run.abandon();

        TestStore second = TestStore.open(left);
        second.assertShows("orders", 0, sent);
        second.abandon();
    }

    @Test
    void manyFactsFitWhateverTheLargestMessageIs() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        for (int i = 0; i < 40_000; i++) {
            run.fact(i);
        }
        run.write();
        assertThat(run.failures).isEmpty();
        FaultyDisk left = disk.afterKill();
        run.abandon();

        TestStore second = TestStore.open(left);
        assertThat(second.facts.facts().equals(run.facts.facts())).isTrue();
        second.abandon();
    }

    @Test
    void aSecondStoreOnTheSameDirectoryIsRefused() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        assertThatThrownBy(() -> TestStore.open(disk)).isInstanceOf(IOException.class);
        run.close();
        TestStore.open(disk).close();
    }

    @Test
    void aStoreThatCouldNotBeOpenedGivesUpItsLock() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        disk.fail(FaultyDisk.Operation.REPLACE, 1, file -> file.endsWith("abort"));
        assertThatThrownBy(() -> TestStore.open(disk)).isInstanceOf(IOException.class);
        disk.heal();
        TestStore.open(disk).close();
    }

    @Test
    void aStoreThatCouldNotBeClosedWellGivesUpItsLock() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        List<Sent> sent = send(run, "orders", 10, 20, true);
        disk.fail(FaultyDisk.Operation.REPLACE, 1, file -> true);
        assertThatThrownBy(run::close).isInstanceOf(IOException.class);
        disk.heal();

        TestStore second = TestStore.open(disk);
        second.assertShows("orders", 0, sent);
        second.close();
    }

    @Test
    void theRealDiskKeepsEverythingOverKillAndClose(@TempDir Path directory) throws Exception {
        StoreOptions small = TestStore.withIndex(TestStore.options(), 64, 300);
        StoreOptions options = new StoreOptions(
                directory,
                small.segmentBytes(),
                small.queueFileBytes(),
                small.maxMessageBytes(),
                true,
                1000,
                1000,
                small.batchBytes(),
                small.allocateAheadBytes(),
                small.indexSlots(),
                small.indexEntries(),
                true);
        List<Sent> all = new ArrayList<>();
        for (int life = 0; life < 4; life++) {
            TestStore run = TestStore.open(new NioDisk(), options);
            run.assertShows("orders", 0, all);
            all.addAll(send(run, "orders", 100, 500, true));
            run.fact(life);
            run.write();
            if (life == 1) {
                run.checkpoint();
            }
            if (life % 2 == 0) {
                run.close();
            } else {
                run.abandon();
            }
        }
        TestStore last = TestStore.open(new NioDisk(), options);
        last.assertShows("orders", 0, all);
        assertThat(last.facts.facts()).containsExactly(0L, 1L, 2L, 3L);
        for (Sent sent : all) {
            assertThat(last.store.index().find("orders", sent.key, 10, 0, Long.MAX_VALUE))
                    .contains(sent.physicalOffset);
        }
        last.close();
    }
}
