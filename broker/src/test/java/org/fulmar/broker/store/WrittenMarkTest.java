package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How far a recovery has to read: no further than anything was ever written, and to the end if that is not known. */
@Timeout(180)
class WrittenMarkTest {
    private static final Path MARK = TestStore.ROOT.resolve("written");
    private static final long STEP = 64 << 20;
    private static final int LARGE_SEGMENT = 256 << 20;

    /** The real disk, which counts what is read from the log. */
    private static final class CountingDisk extends ForwardingDisk {
        final AtomicLong read = new AtomicLong();

        CountingDisk() {
            super(new NioDisk());
        }

        @Override
        public DiskFile open(Path file) throws IOException {
            DiskFile there = super.open(file);
            return !file.getParent().endsWith("commitlog") ? there : new CountingFile(there, read);
        }
    }

    private record CountingFile(DiskFile real, AtomicLong read) implements DiskFile {
        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            real.write(source, position);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            int count = real.read(target, position);
            read.addAndGet(count);
            return count;
        }

        @Override
        public ByteBuffer map(long bytes) throws IOException {
            return real.map(bytes);
        }

        @Override
        public ByteBuffer mapForWriting(long bytes) throws IOException {
            return real.mapForWriting(bytes);
        }

        @Override
        public void force() throws IOException {
            real.force();
        }

        @Override
        public long size() throws IOException {
            return real.size();
        }

        @Override
        public void resize(long bytes) throws IOException {
            real.resize(bytes);
        }

        @Override
        public void close() throws IOException {
            real.close();
        }
    }

    @Test
    void recoveryReadsNoFurtherThanAnythingWasWritten(@TempDir Path directory) throws Exception {
        CountingDisk disk = new CountingDisk();
        StoreOptions options = in(directory, TestStore.options(LARGE_SEGMENT, 1000 * 20));
        long[] read = new long[3];
        for (int life = 0; life < read.length; life++) {
            TestStore run = TestStore.open(disk, options);
            read[life] = disk.read.getAndSet(0);
            for (int i = 0; i < 50; i++) {
                run.send("orders", 0, 1000, false);
            }
            run.write();
            run.abandon();
            if (life == 1) {
                disk.delete(directory.resolve("written"));
            }
        }
        assertThat(read[0]).as("a new store").isLessThanOrEqualTo(LARGE_SEGMENT);
        assertThat(read[1]).isLessThanOrEqualTo(STEP);
        assertThat(read[2]).as("when nothing is known").isGreaterThan(LARGE_SEGMENT - STEP);
    }

    private static StoreOptions in(Path root, StoreOptions o) {
        return new StoreOptions(
                root,
                o.segmentBytes(),
                o.queueFileBytes(),
                o.maxMessageBytes(),
                o.syncFlush(),
                o.flushIntervalMillis(),
                o.checkpointIntervalMillis(),
                o.batchBytes(),
                1 << 20,
                o.indexSlots(),
                o.indexEntries(),
                o.indexEnabled());
    }

    @Test
    void markIsAheadOfEverythingThatIsWrittenAndSurvives() throws IOException {
        FaultyDisk disk = new FaultyDisk();
        WrittenMark mark = new WrittenMark(disk, MARK);
        mark.load();
        assertThat(mark.position()).isEqualTo(Long.MAX_VALUE);
        mark.opened(0);
        assertThat(mark.position()).isEqualTo(STEP);
        mark.raise(STEP);
        assertThat(mark.position()).isEqualTo(STEP);
        mark.raise(STEP + 1);
        assertThat(mark.position()).isEqualTo(2 * STEP);
        WrittenMark again = new WrittenMark(disk.afterPowerLoss(new java.util.Random(1)), MARK);
        again.load();
        assertThat(again.position()).isEqualTo(2 * STEP);
        again.opened(10);
        assertThat(again.position()).as("never moved back").isEqualTo(2 * STEP);
    }

    @Test
    void anyBitOfTheMarkMayFlip() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        List<TestStore.Sent> sent = List.of(run.send("orders", 0, 100, false), run.send("orders", 0, 100, false));
        run.write();
        FaultyDisk left = disk.afterKill();
        run.abandon();
        for (int bit = 0; bit < left.bytes(MARK).length * 8; bit++) {
            FaultyDisk damaged = left.afterKill();
            damaged.flip(MARK, bit);
            TestStore second = TestStore.open(damaged);
            second.assertShows("orders", 0, sent);
            second.abandon();
        }
    }

    @Test
    void markThatCannotBeMovedIsGivenUp() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        WrittenMark mark = new WrittenMark(disk, MARK);
        mark.opened(0);
        disk.fail(FaultyDisk.Operation.WRITE, 1, MARK::equals);
        mark.raise(3 * STEP);
        assertThat(mark.position()).isEqualTo(Long.MAX_VALUE);
        assertThat(disk.exists(MARK)).isFalse();
        mark.raise(5 * STEP);
    }

    @Test
    void nextRecoveryBeginsAtTheLastRecordThatLiesFarEnoughBack() {
        VerifyMarks marks = new VerifyMarks();
        for (long position = 1000; position < 20 << 20; position += 300_000) {
            marks.record(position);
        }
        assertThat(marks.before(10 << 20, 0)).isBetween(8L << 20, 10L << 20);
        assertThat((marks.before(10 << 20, 0) - 1000) % 300_000).isZero();
        assertThat(marks.before(500, 7)).isEqualTo(7);
        assertThat(marks.before(10 << 20, 11 << 20)).isEqualTo(11 << 20);
    }
}
