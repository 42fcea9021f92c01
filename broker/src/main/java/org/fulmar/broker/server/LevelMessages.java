package org.fulmar.broker.server;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.fulmar.broker.delay.DelayLevels;
import org.fulmar.broker.delay.LevelProgress;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.StoreException;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages of RocketMQ's delay levels: each level is a queue that is first in, first out, and what is due at its head is
 * copied to where it belongs. Owned by the broker's core.
 *
 * <p>A copy is the fact that its level has moved on, so that each message is delivered once whatever crashes. When a
 * message is due is kept with it, and as the tag of its consume-queue entry: other levels in the options change nothing
 * for those that wait.
 */
final class LevelMessages {
    private static final Logger LOG = LoggerFactory.getLogger(LevelMessages.class);
    private static final byte[] TOPIC_BYTES = MessageProperties.name(DelayLevels.TOPIC);
    private static final byte[] REAL_TOPIC = MessageProperties.name(MessageProperties.REAL_TOPIC);
    private static final byte[] DUE = MessageProperties.name(MessageProperties.TIMER_OUT_MS);
    private static final int PER_TURN = 512;
    private static final int BYTES_PER_TURN = 4 << 20;
    private static final long AGAIN_MILLIS = 1000;
    /** The head of a level is to be looked up. */
    private static final long UNKNOWN = -1;
    /** Where the size and the tag are in a consume-queue entry. */
    private static final int SIZE_AT = 8;

    private static final int TAG_AT = 12;

    private final DelayLevels levels;
    private final LevelProgress progress;
    /** When the first message of each queue is due, in milliseconds since the epoch. */
    private final long[] heads;

    /** The first of them, when it is known. */
    private long firstHead = UNKNOWN;

    private @Nullable MessageStore store;
    private @Nullable TopicService topics;
    private long notBefore;

    LevelMessages(DelayLevels levels, LevelProgress progress) {
        this.levels = levels;
        this.progress = progress;
        // what waits for a level that is there no more is delivered nevertheless
        this.heads = new long[TopicConfig.MAX_QUEUES];
        Arrays.fill(heads, UNKNOWN);
    }

    /** Called once, before anything is appended. */
    void connect(MessageStore theStore, TopicService theTopics) {
        this.store = theStore;
        this.topics = theTopics;
    }

    private MessageStore store() {
        return Objects.requireNonNull(store);
    }

    DelayLevels levels() {
        return levels;
    }

    /**
     * Appends a message that waits for a level.
     *
     * @param level above 0; the highest stands for all above it
     * @param now milliseconds since the epoch
     */
    void append(NativeMessage message, int level, long now, Appender.Listener listener) throws StoreException {
        int queueId = levels.clamp(level) - 1;
        long due = now + levels.millis(level);
        Map<String, String> properties = message.properties();
        properties.put(MessageProperties.DELAY, Integer.toString(levels.clamp(level)));
        properties.put(MessageProperties.REAL_TOPIC, message.topic());
        properties.put(MessageProperties.REAL_QID, Integer.toString(message.queueId()));
        properties.put(MessageProperties.TIMER_OUT_MS, Long.toString(due));
        QueueLog queue = store().queue(DelayLevels.TOPIC, queueId);
        store().appender().append(queue, message.draft(DelayLevels.TOPIC, queueId), due, true, listener);
    }

    /** The tag of a record's consume-queue entry: when it is due, for one that waits for a level. */
    long entryTag(MessageRecord record) {
        if (!record.topicIs(TOPIC_BYTES)) {
            return MessageProperties.tagHash(record.property(JmsNames.TAGS));
        }
        String due = record.property(DUE);
        return due == null ? record.storeTimestamp() + levels.millis(record.queueId() + 1) : Long.parseLong(due);
    }

    /** Messages became visible in a queue. */
    void visible(QueueLog queue) {
        if (queue.topic().equals(DelayLevels.TOPIC) && heads[queue.queueId()] == Long.MAX_VALUE) {
            heads[queue.queueId()] = UNKNOWN;
            firstHead = UNKNOWN;
        }
    }

    /** When there is something to do next, in milliseconds since the epoch. */
    long nextDue() {
        if (firstHead == UNKNOWN) {
            firstHead = Long.MAX_VALUE;
            for (int queueId = 0; queueId < heads.length; queueId++) {
                firstHead = Math.min(firstHead, head(queueId));
            }
        }
        return firstHead == Long.MAX_VALUE ? firstHead : Math.max(firstHead, notBefore);
    }

    private long head(int queueId) {
        if (heads[queueId] == UNKNOWN) {
            ByteBuffer entry = firstEntry(queueId);
            heads[queueId] = entry == null ? Long.MAX_VALUE : entry.getLong(entry.position() + TAG_AT);
        }
        return heads[queueId];
    }

    private long nextOffset(QueueLog queue) {
        return Math.max(queue.minOffset(), progress.next(queue.queueId() + 1));
    }

    /** The consume-queue entry of the first message that is not delivered; null if all are. */
    private @Nullable ByteBuffer firstEntry(int queueId) {
        QueueLog queue = store().queueIfPresent(DelayLevels.TOPIC, queueId);
        if (queue == null || nextOffset(queue) >= queue.visibleOffset()) {
            return null;
        }
        ByteBuffer entry = queue.index().entries(nextOffset(queue), 1);
        return entry.remaining() < ConsumeQueue.ENTRY_BYTES ? null : entry;
    }

    /** Copies what is due to where it belongs; more may be due afterwards. */
    void deliverDue(long now) {
        int left = PER_TURN;
        int bytes = BYTES_PER_TURN;
        for (int queueId = 0; queueId < heads.length && notBefore <= now; queueId++) {
            while (head(queueId) <= now && left > 0 && bytes > 0 && notBefore <= now) {
                bytes -= deliverFirst(queueId, now);
                left--;
            }
        }
    }

    /** Delivers the first message of a queue, which is there; returns its size in bytes. */
    private int deliverFirst(int queueId, long now) {
        ByteBuffer entry = Objects.requireNonNull(firstEntry(queueId));
        long position = entry.getLong(entry.position());
        long offset = nextOffset(store().queue(DelayLevels.TOPIC, queueId));
        int level = queueId + 1;
        if (entry.getInt(entry.position() + SIZE_AT) <= 0) {
            // a hole, of a queue that was built again from what the log still holds
            heads[queueId] = UNKNOWN;
            firstHead = UNKNOWN;
            progress.delivered(level, offset);
            return 0;
        }
        MessageRecord record = store().log().read(position);
        String real = record == null ? null : record.property(REAL_TOPIC);
        heads[queueId] = UNKNOWN;
        firstHead = UNKNOWN;
        if (record == null || real == null || !isMessage(record, queueId, offset)) {
            LOG.error(
                    "the message at {} of the log, of delay level {}, is damaged and is not delivered",
                    position,
                    level);
            progress.passedOver(level, offset, store().appender());
            return 0;
        }
        TopicConfig topic = Objects.requireNonNull(topics).get(real);
        if (topic == null) {
            LOG.info("a message of delay level {} for {} is dropped: the topic was deleted", level, real);
            progress.passedOver(level, offset, store().appender());
            return 0;
        }
        try {
            append(record, topic, level, offset);
        } catch (StoreException e) {
            if (e.reason() == StoreException.Reason.TOO_LARGE) {
                LOG.error("a message of delay level {} for {} is dropped: {}", level, real, e.getMessage());
                progress.passedOver(level, offset, store().appender());
            } else {
                LOG.warn("messages of delay level {} have to wait longer: {}", level, e.getMessage());
                notBefore = now + AGAIN_MILLIS;
            }
        }
        return record.size();
    }

    private static boolean isMessage(MessageRecord record, int queueId, long offset) {
        return record.topicIs(TOPIC_BYTES)
                && record.queueId() == queueId
                && record.queueOffset() == offset
                && record.intact();
    }

    private void append(MessageRecord record, TopicConfig topic, int level, long offset) throws StoreException {
        int wanted = NativeDelays.realQueue(record);
        int queueId = wanted % Math.max(1, Math.max(topic.readQueueNums(), topic.writeQueueNums()));
        Map<String, String> kept = Map.of(
                MessageProperties.REAL_TOPIC, topic.name(), MessageProperties.REAL_QID, Integer.toString(wanted));
        RecordDraft copy = MovedRecord.copy(record, topic.name(), queueId, MovedRecord.ofLevel(level, offset), kept);
        long tagHash = MessageProperties.tagHash(record.property(JmsNames.TAGS));
        store().appender()
                .append(store().queue(topic.name(), queueId), copy, tagHash, true, new DelayedMessages.Moved());
        progress.delivered(level, offset);
    }
}
