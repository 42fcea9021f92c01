package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class ConsumeQueueTest {
    private static final Path DIRECTORY = Path.of("/store/consumequeue/orders/0");

    private record Entry(long physicalOffset, int size, long tagHash) {}

    private static ConsumeQueue queue(Disk disk, int fileEntries, long maxOffset) {
        return new ConsumeQueue(disk, DIRECTORY, fileEntries * ConsumeQueue.ENTRY_BYTES, maxOffset);
    }

    /** Entries of 100 bytes one behind the other, as a log would have them. */
    private static void add(ConsumeQueue queue, List<Entry> model, int count) {
        for (int i = 0; i < count; i++) {
            Entry entry = new Entry(model.size() * 100L, 100, model.size() * 31L - 7);
            model.add(entry);
            queue.add(entry.physicalOffset, entry.size, entry.tagHash);
        }
    }

    private static void save(Disk disk, ConsumeQueue queue) throws IOException {
        long end = queue.maxOffset();
        for (ConsumeQueue.Write write : queue.unsaved()) {
            write.run(disk, true);
        }
        queue.saved(end);
    }

    private static void assertReads(ConsumeQueue queue, List<Entry> model, long from, int max) {
        ByteBuffer entries = queue.entries(from, max);
        long available = Math.min(max, model.size() - from);
        assertThat(entries.remaining() % ConsumeQueue.ENTRY_BYTES).isZero();
        int count = entries.remaining() / ConsumeQueue.ENTRY_BYTES;
        if (count > available || (available > 0 && count == 0)) {
            fail("%d entries from %d on, where %d were asked for and %d are there", count, from, max, available);
        }
        for (int i = 0; i < count; i++) {
            Entry read = new Entry(entries.getLong(), entries.getInt(), entries.getLong());
            if (!read.equals(model.get((int) from + i))) {
                fail("entry %d is %s instead of %s", from + i, read, model.get((int) from + i));
            }
        }
    }

    private static void assertReadsAll(ConsumeQueue queue, List<Entry> model) {
        assertThat(queue.maxOffset()).isEqualTo(model.size());
        for (long at = 0; at < model.size(); ) {
            int count = queue.entries(at, 1000).remaining() / ConsumeQueue.ENTRY_BYTES;
            assertReads(queue, model, at, 1000);
            at += count;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void aQueueHoldsWhatAListHoldsOverSavingReopeningAndCutting(int seed) throws IOException {
        Random random = new Random(seed);
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        int fileEntries = List.of(1, 7, 100, 1000, 4096, 300_000).get(random.nextInt(6));
        ConsumeQueue queue = queue(disk, fileEntries, 0);
        List<Entry> model = new ArrayList<>();
        for (int step = 0; step < 400; step++) {
            switch (random.nextInt(10)) {
                case 0 -> save(disk, queue);
                case 1 -> {
                    if (random.nextInt(5) == 0) {
                        save(disk, queue);
                        queue = queue(disk, fileEntries, model.size());
                    }
                }
                case 2 -> {
                    if (random.nextInt(10) == 0 && !model.isEmpty()) {
                        int keep = model.size() - Math.min(model.size(), random.nextInt(50));
                        queue.cut(keep * 100L + random.nextInt(100));
                        model.subList(keep, model.size()).clear();
                        assertThat(queue.maxOffset()).isEqualTo(model.size());
                    }
                }
                case 3, 4, 5 -> add(queue, model, random.nextInt(random.nextInt(20) == 0 ? 6000 : 40));
                default -> {
                    long from = model.isEmpty() ? 0 : random.nextInt(model.size() + 1);
                    assertReads(queue, model, from, random.nextInt(200));
                }
            }
        }
        assertReadsAll(queue, model);
    }

    @Test
    void entriesAreReadOverTheEndsOfFilesAndIntoMemory() throws IOException {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        ConsumeQueue queue = queue(disk, 10, 0);
        List<Entry> model = new ArrayList<>();
        add(queue, model, 25);
        save(disk, queue);
        ConsumeQueue reopened = queue(disk, 10, 25);
        add(reopened, model, 3);
        assertThat(disk.list(DIRECTORY))
                .extracting(file -> file.getFileName().toString())
                .containsExactly("00000000000000000000", "00000000000000000200", "00000000000000000400");
        for (int from = 0; from < 28; from++) {
            assertReads(reopened, model, from, 28);
        }
        assertReadsAll(reopened, model);
    }

    @Test
    void whatPointsBeforeTheLogIsPassedOverWhenTheFirstMessageIsLookedFor() {
        ConsumeQueue queue = queue(new FaultyDisk(), 10, 0);
        for (long place : new long[] {900, 100, 200, 950}) {
            queue.add(place, 50, 0);
        }
        assertThat(queue.firstThere(0, 4, 500)).isZero();
        assertThat(queue.firstThere(1, 4, 500)).isEqualTo(3);
        assertThat(queue.firstThere(1, 3, 500)).isEqualTo(3);
    }

    @Test
    void nothingIsReadBehindTheEnd() throws IOException {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        ConsumeQueue queue = queue(disk, 10, 0);
        assertThat(queue.entries(0, 10).remaining()).isZero();
        assertThat(queue.entries(1000, 10).remaining()).isZero();
        List<Entry> model = new ArrayList<>();
        add(queue, model, 5);
        for (long from : new long[] {5, 6, 17, 100, 1L << 40, Long.MAX_VALUE}) {
            assertThat(queue.entries(from, 10).remaining()).as("from %d", from).isZero();
        }
        assertThat(queue.entries(2, 0).remaining()).isZero();
    }

    @Test
    void whatWasHandedOutStaysAsItWas() throws IOException {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        ConsumeQueue queue = queue(disk, 1000, 0);
        List<Entry> model = new ArrayList<>();
        List<ByteBuffer> slices = new ArrayList<>();
        List<byte[]> copies = new ArrayList<>();
        Random random = new Random(3);
        for (int i = 0; i < 300; i++) {
            add(queue, model, random.nextInt(60));
            if (i % 50 == 0) {
                save(disk, queue);
            }
            long from = Math.max(0, model.size() - random.nextInt(100));
            ByteBuffer slice = queue.entries(from, 100);
            byte[] copy = new byte[slice.remaining()];
            slice.get(0, copy);
            slices.add(slice);
            copies.add(copy);
        }
        queue.cut(model.size() * 50L);
        add(queue, new ArrayList<>(), 5000);
        for (int i = 0; i < slices.size(); i++) {
            assertThat(slices.get(i)).isEqualTo(ByteBuffer.wrap(copies.get(i)));
        }
    }

    @Test
    void entriesStayInMemoryAsLongAsNoFileTakesThem() throws IOException {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        ConsumeQueue queue = queue(disk, 1000, 0);
        List<Entry> model = new ArrayList<>();
        disk.hook((operation, file) -> {
            throw new IOException("Input/output error");
        });
        add(queue, model, 20_000);
        assertReadsAll(queue, model);
        disk.heal();
        save(disk, queue);
        assertThat(queue.hasUnsaved()).isFalse();
        assertReadsAll(queue(disk, 1000, 20_000), model);
        add(queue, model, 10_000);
        assertReadsAll(queue, model);
    }

    @Test
    void entriesCountAsSavedOnlyWhenTheyAreOnTheDevice() throws IOException {
        FaultyDisk disk = new FaultyDisk();
        ConsumeQueue queue = queue(disk, 1000, 0);
        List<Entry> model = new ArrayList<>();
        add(queue, model, 5000);
        assertThat(queue.hasUnsaved()).isTrue();
        queue.unsaved();
        assertThat(queue.hasUnsaved()).as("unsaved() alone saves nothing").isTrue();
        save(disk, queue);
        assertThat(queue.hasUnsaved()).isFalse();
        for (int seed = 0; seed < 10; seed++) {
            FaultyDisk left = disk.afterPowerLoss(new Random(seed));
            assertReadsAll(queue(left, 1000, 5000), model);
        }
    }

    @Test
    void aCutQueueForgetsWhatPointsBehindTheEndOfTheLog() throws IOException {
        for (int logEnd = 0; logEnd <= 3000; logEnd += 50) {
            FaultyDisk disk = FaultyDisk.withoutPowerLoss();
            ConsumeQueue queue = queue(disk, 7, 0);
            List<Entry> model = new ArrayList<>();
            add(queue, model, 20);
            save(disk, queue);
            add(queue, model, 10);
            queue.cut(logEnd);
            model.subList(logEnd / 100, 30).clear();
            assertReadsAll(queue, model);
            add(queue, model, 30);
            save(disk, queue);
            assertReadsAll(queue(disk, 7, model.size()), model);
        }
    }

    @Test
    void whatACheckpointHasCapturedIsNotWrittenWhenTheQueueIsDeletedMeanwhile() throws IOException {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        ConsumeQueue before = queue(disk, 100, 0);
        add(before, new ArrayList<>(), 10);
        List<ConsumeQueue.Write> captured = before.unsaved();
        before.deleted();
        ConsumeQueue after = queue(disk, 100, 0);
        List<Entry> model = new ArrayList<>();
        model.add(new Entry(777, 7, 7));
        after.add(777, 7, 7);
        save(disk, after);
        for (ConsumeQueue.Write write : captured) {
            write.run(disk, true);
        }
        assertReadsAll(queue(disk, 100, 1), model);
        assertThat(disk.files()).hasSize(1);
    }
}
