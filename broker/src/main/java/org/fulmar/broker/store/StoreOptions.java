package org.fulmar.broker.store;

import java.nio.file.Path;

/**
 * What the store is told.
 *
 * @param root the store's directory
 * @param segmentBytes size of a commit-log file, 1 MiB to 1 GiB
 * @param queueFileBytes size of a consume-queue file, a multiple of 20
 * @param maxMessageBytes largest body, in bytes
 * @param syncFlush whether messages that ask for it wait until they are forced to the device
 * @param flushIntervalMillis how often the log is forced if nobody waits for it
 * @param checkpointIntervalMillis how often views are saved
 * @param batchBytes size of the write batch
 * @param allocateAheadBytes how far blocks are allocated ahead of the writer
 * @param indexSlots hash slots of a key-index file
 * @param indexEntries entries of a key-index file
 * @param indexEnabled whether messages can be found by key
 */
public record StoreOptions(
        Path root,
        int segmentBytes,
        int queueFileBytes,
        int maxMessageBytes,
        boolean syncFlush,
        long flushIntervalMillis,
        long checkpointIntervalMillis,
        int batchBytes,
        int allocateAheadBytes,
        int indexSlots,
        int indexEntries,
        boolean indexEnabled) {

    public static StoreOptions of(Path root) {
        return new StoreOptions(
                root, 1 << 30, 300_000 * 20, 4 << 20, true, 500, 5000, 1 << 20, 32 << 20, 500_000, 2_000_000, true);
    }

    public StoreOptions withSegmentBytes(int bytes) {
        return new StoreOptions(
                root,
                bytes,
                queueFileBytes,
                maxMessageBytes,
                syncFlush,
                flushIntervalMillis,
                checkpointIntervalMillis,
                batchBytes,
                allocateAheadBytes,
                indexSlots,
                indexEntries,
                indexEnabled);
    }

    public StoreOptions withSyncFlush(boolean sync) {
        return new StoreOptions(
                root,
                segmentBytes,
                queueFileBytes,
                maxMessageBytes,
                sync,
                flushIntervalMillis,
                checkpointIntervalMillis,
                batchBytes,
                allocateAheadBytes,
                indexSlots,
                indexEntries,
                indexEnabled);
    }
}
