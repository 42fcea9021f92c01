package org.fulmar.broker.store;

import java.nio.ByteBuffer;
import java.util.function.LongUnaryOperator;

/**
 * Looks for messages of one queue that lie before a place of the log, without reading them. Owned by the broker's core.
 * It ends at the first one behind the place from which on the queue is in the order of the log, so what it costs grows
 * with what it finds, not with the queue.
 */
public final class QueueLook implements LiveRecords.Look {
    private static final int BLOCK_ENTRIES = 512;

    private final QueueLog queue;
    private final long before;
    private final LongUnaryOperator next;
    private long offset;
    private long blockStart;
    private ByteBuffer block = ByteBuffer.allocate(0);

    /**
     * @param next the first offset from one on that counts
     */
    public QueueLook(QueueLog queue, long before, LongUnaryOperator next) {
        this.queue = queue;
        this.before = before;
        this.next = next;
        this.offset = queue.minOffset();
    }

    @Override
    public boolean next(LiveRecords.Found found) {
        long end = queue.visibleOffset();
        while (true) {
            offset = next.applyAsLong(Math.max(offset, queue.minOffset()));
            if (offset >= end) {
                return false;
            }
            if (!found.mayGoOn()) {
                return true;
            }
            int at = entry(offset);
            if (at < 0) {
                return false;
            }
            long place = block.getLong(at);
            if (place >= before && offset >= queue.index().orderedFrom()) {
                return false;
            }
            int size = block.getInt(at + 8);
            offset++;
            if (size > 0 && place < before) {
                found.live(place, size);
            }
        }
    }

    private int entry(long wanted) {
        long index = wanted - blockStart;
        if (index < 0 || index >= block.limit() / ConsumeQueue.ENTRY_BYTES) {
            blockStart = wanted;
            block = queue.index().entries(wanted, BLOCK_ENTRIES).slice();
            index = 0;
        }
        return block.limit() < ConsumeQueue.ENTRY_BYTES ? -1 : (int) index * ConsumeQueue.ENTRY_BYTES;
    }
}
