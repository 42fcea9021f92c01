package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class ConsumeQueueExtensionTest {
    private static final Path ROOT = Path.of("/store");

    private static ConsumeQueueExtension open(Disk disk, long from, long savedPosition) {
        return new ConsumeQueueExtension(disk, ROOT, "orders", 3, from, savedPosition);
    }

    /** Unit of the message at {@code offset}, 100 bytes of log each, that the filters with the offset's lowest bits match. */
    private static void add(ConsumeQueueExtension extension, int count) {
        for (int i = 0; i < count; i++) {
            long offset = extension.end();
            extension.add(offset * 100, 1_700_000_000_000L, offset % 2, 1L << offset % 64);
        }
    }

    private static boolean refuses(ConsumeQueueExtension extension, long offset, long physical, int bit) {
        ByteBuffer read = extension.read(offset, 5);
        return ConsumeQueueExtension.count(read) > 0 && extension.refuses(read, offset, offset, physical, bit);
    }

    private static void assertSays(ConsumeQueueExtension extension, long from, long to) {
        for (long offset = from; offset < to; offset++) {
            assertThat(refuses(extension, offset, offset * 100, 0)).isEqualTo(offset % 2 == 0);
            assertThat(refuses(extension, offset, offset * 100, 64 + (int) (offset % 64)))
                    .isFalse();
            assertThat(refuses(extension, offset, offset * 100, 64 + (int) ((offset + 1) % 64)))
                    .isTrue();
            assertThat(refuses(extension, offset, offset * 100 + 1, 1))
                    .as("of another message")
                    .isFalse();
        }
    }

    @Test
    void whatWasAddedIsReadFromMemoryFromFilesAndAfterAReopening() throws IOException {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        ConsumeQueueExtension extension = open(disk, 0, 0);
        add(extension, 10_000);
        assertSays(extension, 0, 10_000);
        extension.capture(0).run();
        add(extension, 100);
        assertSays(extension, 9_990, 10_100);
        extension.capture(0).run();
        ConsumeQueueExtension reopened = open(disk, 10_100, 10_100 * 100);
        assertSays(reopened, 0, 10_100);
        add(reopened, 10);
        assertSays(reopened, 10_090, 10_110);
        assertThat(ConsumeQueueExtension.count(reopened.read(10_110, 5))).isZero();
    }

    @Test
    void unitsOfALostTailDoNotCountForWhatCameInItsPlace() throws IOException {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        ConsumeQueueExtension extension = open(disk, 0, 0);
        add(extension, 200);
        extension.capture(0).run();
        // the log came back with 150 messages; of the first 10 new ones nothing is made
        ConsumeQueueExtension after = open(disk, 160, 150 * 100);
        assertSays(after, 0, 150);
        for (long offset = 150; offset < 160; offset++) {
            assertThat(refuses(after, offset, offset * 100, 0)).isFalse();
        }
        assertThat(ConsumeQueueExtension.count(after.read(160, 5))).isZero();
        add(after, 10);
        assertSays(after, 160, 170);
    }

    @Test
    void aHoleSaysNothing() throws IOException {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        ConsumeQueueExtension extension = open(disk, 0, 0);
        add(extension, 10);
        extension.skipTo(20);
        add(extension, 10);
        extension.capture(0).run();
        for (long offset = 0; offset < 20; offset++) {
            assertThat(refuses(extension, offset, offset * 100, 0)).isFalse();
        }
        assertSays(extension, 20, 30);
        assertSays(open(disk, 30, 3_000), 20, 30);
    }

    @Test
    void filesOfDeletedMessagesAreRemoved() throws IOException {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        ConsumeQueueExtension extension = open(disk, 99_990, 0);
        add(extension, 20);
        extension.capture(99_999).run();
        Path directory = ROOT.resolve("consumequeue_ext/orders/3");
        assertThat(disk.list(directory)).hasSize(2);
        extension.capture(100_000).run();
        assertThat(disk.list(directory)).hasSize(1);
        assertSays(extension, 100_000, 100_010);
    }
}
