package org.fulmar.broker.server;

import java.util.Map;
import java.util.TreeMap;
import org.fulmar.broker.consume.GroupConfig;
import org.fulmar.broker.pop.PopEngine;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What POP needs of the rest of the broker, dead-letter queues before all. Owned by the core. */
final class PopSurroundings implements PopEngine.Surroundings {
    private static final Logger LOG = LoggerFactory.getLogger(PopSurroundings.class);
    private static final String ORIGIN_TOPIC = "DLQ_ORIGIN_TOPIC";
    private static final String ORIGIN_ID = "DLQ_ORIGIN_MESSAGE_ID";

    private final TopicService topics;
    private final MessageStore store;
    private final StoreBacklog backlog;
    private final PopPolls polls;
    private final GroupService groups;

    PopSurroundings(
            TopicService topics, MessageStore store, StoreBacklog backlog, PopPolls polls, GroupService groups) {
        this.groups = groups;
        this.topics = topics;
        this.store = store;
        this.backlog = backlog;
        this.polls = polls;
    }

    @Override
    public long minOffset(String topic, int queueId) {
        QueueLog queue = store.queueIfPresent(topic, queueId);
        return queue == null ? 0 : queue.minOffset();
    }

    @Override
    public int maxRedeliveries(String group) {
        GroupConfig config = groups.get(group);
        return config == null ? GroupConfig.RETRY_MAX_TIMES : config.retryMaxTimes();
    }

    @Override
    public boolean deadLetter(String group, String topic, int cursorId, int queueId, long offset, int deliveries) {
        MessageRecord record = backlog.record(topic, queueId, offset);
        if (record == null) {
            return false;
        }
        String target = DestinationNames.DEAD_LETTERS + group;
        LOG.warn(
                "message {} of {} queue {} was popped {} times in vain by group {} and goes to {}",
                offset,
                topic,
                queueId,
                deliveries,
                group,
                target);
        Map<String, String> more = new TreeMap<>();
        String unique = record.property(JmsNames.UNIQ_KEY);
        String id = new MessageId(record.storeHost(), record.physicalOffset()).text();
        more.put(ORIGIN_TOPIC, topic);
        more.put(ORIGIN_ID, unique == null ? id : unique);
        try {
            topics.createIfMissing(
                    new TopicConfig(DestinationNames.checked(target), 1, TopicConfig.READ | TopicConfig.WRITE));
            // what was popped in this very turn must be in the log before the copy that settles it
            store.appender().orderFacts();
            store.appender()
                    .append(
                            store.queue(target, 0),
                            MovedRecord.copy(record, target, 0, MovedRecord.ofDelivery(cursorId, offset), more)
                                    .reconsumeTimes(record.reconsumeTimes() + deliveries - 1),
                            MessageProperties.tagHash(record.property(JmsNames.TAGS)),
                            true,
                            new DelayedMessages.Moved());
            return true;
        } catch (StoreException e) {
            LOG.warn("a message of {} can't be moved to {} now: {}", topic, target, e.getMessage());
            return false;
        }
    }

    @Override
    public void wake(String group, String topic) {
        polls.wake(topic, group);
    }
}
