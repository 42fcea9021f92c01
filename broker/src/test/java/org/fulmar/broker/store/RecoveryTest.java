package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.fulmar.broker.store.TestStore.Sent;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Single promises of what is there after a restart; {@link RecoveryModelTest} has them all at once, in every kind of life.
 */
@Timeout(180)
class RecoveryTest {
    private static final Path QUEUE_FILES = TestStore.ROOT.resolve("consumequeue");
    private static final Path CONFIG = TestStore.ROOT.resolve("config");
    private static final Path CHECKPOINT = TestStore.ROOT.resolve("checkpoint");

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
        run.assertShowsReopened(disk.afterKill(), "orders", 0, sent);
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
            run.assertShowsReopened(disk.afterKill(), "orders", 0, sent);
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
            run.assertShowsReopened(disk.afterPowerLoss(new Random(seed)), "orders", 0, sent);
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
        run.assertShowsReopened(disk.afterKill(), "orders", 0, sent);
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
        run.assertShowsReopened(disk.afterKill(), "orders", 0, sent);
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
        run.assertShowsReopened(disk.afterKill(), "orders", 0, sent);
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
