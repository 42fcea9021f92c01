package org.fulmar.broker.server;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.fulmar.broker.delivery.Backlog;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the delivery engine from the store. Owned by the core; keeps a block of index entries per queue it reads. */
final class StoreBacklog implements Backlog {
    private static final Logger LOG = LoggerFactory.getLogger(StoreBacklog.class);
    private static final byte[] EXPIRATION = MessageProperties.name(MessageProperties.JMS_EXPIRATION);
    private static final byte[] GROUP_ID = MessageProperties.name("JMSXGroupID");
    private static final int BLOCK_ENTRIES = 512;
    private static final int SIZE_AT = 8;
    private static final int TAG_AT = 12;

    private static final class Block {
        long start;
        ByteBuffer entries = ByteBuffer.allocate(0);
    }

    private final MessageStore store;
    private final TopicTable topics;
    private final LongSupplier clock;
    private final BooleanSupplier mayRead;
    private final Map<QueueLog, Block> blocks = new HashMap<>();
    private @Nullable QueueLog lastQueue;
    private long lastOffset = -1;
    private @Nullable MessageRecord lastRecord;

    /** @param mayRead whether the broker gives out messages at all now */
    StoreBacklog(MessageStore store, TopicTable topics, LongSupplier clock, BooleanSupplier mayRead) {
        this.mayRead = mayRead;
        this.store = store;
        this.topics = topics;
        this.clock = clock;
    }

    @Override
    public long visibleOffset(String topic, int queueId) {
        QueueLog queue = store.queueIfPresent(topic, queueId);
        return queue == null ? 0 : queue.visibleOffset();
    }

    @Override
    public long nextOffset(String topic, int queueId) {
        QueueLog queue = store.queueIfPresent(topic, queueId);
        return queue == null ? 0 : queue.nextOffset();
    }

    @Override
    public boolean mayBeRead(String topic) {
        TopicConfig config = topics.get(topic);
        return mayRead.getAsBoolean() && (config == null || config.readable());
    }

    @Override
    public int[] queueIds(String topic) {
        TopicConfig config = topics.get(topic);
        int count = config == null ? 0 : Math.max(config.readQueueNums(), config.writeQueueNums());
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = i;
        }
        return ids;
    }

    @Override
    public Verdict verdict(String topic, int queueId, long offset, @Nullable MessageTest test) {
        if (test != null && test.requiredTagHash().isPresent() && !hasTag(topic, queueId, offset, test)) {
            // the index alone says so
            return Verdict.PASS;
        }
        MessageRecord record = record(topic, queueId, offset);
        if (record == null) {
            return Verdict.GONE;
        }
        if (JmsFlag.mayExpire(record.flag()) && expired(record)) {
            return Verdict.EXPIRED;
        }
        return test == null || test.matches(record) ? Verdict.DELIVER : Verdict.PASS;
    }

    private boolean hasTag(String topic, int queueId, long offset, MessageTest test) {
        QueueLog queue = store.queueIfPresent(topic, queueId);
        Block block = queue == null ? null : block(queue, offset);
        if (block == null) {
            return true;
        }
        int at = (int) (offset - block.start) * ConsumeQueue.ENTRY_BYTES;
        return block.entries.getLong(at + TAG_AT) == test.requiredTagHash().getAsLong();
    }

    @Override
    public int messageGroup(String topic, int queueId, long offset, int buckets) {
        MessageRecord record = record(topic, queueId, offset);
        if (record == null || !JmsFlag.isGrouped(record.flag())) {
            return -1;
        }
        String id = record.property(GROUP_ID);
        return id == null ? -1 : Math.floorMod(id.hashCode() * 0x9E3779B9, buckets);
    }

    private boolean expired(MessageRecord record) {
        String expiration = record.property(EXPIRATION);
        try {
            return expiration != null && Long.parseLong(expiration) <= clock.getAsLong();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** The message at an offset, or null if the log has it no more or it is damaged. */
    @Nullable MessageRecord record(String topic, int queueId, long offset) {
        QueueLog queue = store.queueIfPresent(topic, queueId);
        if (queue == null) {
            return null;
        }
        if (queue != lastQueue || offset != lastOffset) {
            lastQueue = queue;
            lastOffset = offset;
            lastRecord = read(queue, offset);
        }
        return lastRecord;
    }

    private @Nullable MessageRecord read(QueueLog queue, long offset) {
        Block block = block(queue, offset);
        if (block == null) {
            return null;
        }
        int at = (int) (offset - block.start) * ConsumeQueue.ENTRY_BYTES;
        long place = block.entries.getLong(at);
        if (place < store.log().start() || block.entries.getInt(at + SIZE_AT) <= 0) {
            // deleted with its file
            return null;
        }
        MessageRecord record = store.log().read(place);
        if (record == null || !record.intact()) {
            LOG.error(
                    "message {} of {} queue {} is damaged and is not delivered",
                    offset,
                    queue.topic(),
                    queue.queueId());
            return null;
        }
        return record;
    }

    /** The index entries around an offset, or null if there is none at it. */
    private @Nullable Block block(QueueLog queue, long offset) {
        Block block = blocks.computeIfAbsent(queue, q -> new Block());
        long index = offset - block.start;
        if (index < 0 || index >= block.entries.limit() / ConsumeQueue.ENTRY_BYTES) {
            block.start = offset;
            block.entries = queue.index().entries(offset, BLOCK_ENTRIES).slice();
        }
        return block.entries.limit() < ConsumeQueue.ENTRY_BYTES ? null : block;
    }

    /** The log begins at a place from now on: nothing of before may be kept, nor where it was. */
    void forgetRecords(long start) {
        blocks.clear();
        lastQueue = null;
        lastRecord = null;
    }

    void topicDeleted(String topic) {
        blocks.keySet().removeIf(queue -> queue.topic().equals(topic));
        lastQueue = null;
        lastRecord = null;
    }
}
