package org.fulmar.broker.server;

import java.util.Map;
import java.util.TreeMap;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delivery.Redelivery;
import org.fulmar.broker.delivery.SubscriptionGroup;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.SysFlag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where messages go that were delivered too often or have expired, and how often and when one is delivered again: the
 * broker's options, which the attributes of a topic override for it. Owned by the broker's core.
 */
final class DeadLetters implements Redelivery {
    /** Topic attributes; the options of the same names say what they mean. */
    static final String MAX_REDELIVERIES = "fulmar.maxRedeliveries";

    static final String REDELIVERY_DELAY = "fulmar.redeliveryDelay";
    static final String EXPIRY_QUEUE = "fulmar.expiryQueue";

    /** Properties of a message in a dead-letter or expiry queue. */
    static final String REASON = "JMS_FULMAR_Reason";

    static final String ORIGIN = "JMS_FULMAR_Destination";
    static final String SUBSCRIPTION = "JMS_FULMAR_Subscription";
    static final String DELIVERIES = "JMS_FULMAR_Deliveries";

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

    private final BrokerConfig config;
    private final StoreBacklog backlog;
    private final MessageStore store;
    private @Nullable TopicService topics;

    DeadLetters(BrokerConfig config, StoreBacklog backlog, MessageStore store) {
        this.config = config;
        this.backlog = backlog;
        this.store = store;
    }

    /** Called once, before anything is delivered. */
    void connect(TopicService theTopics) {
        this.topics = theTopics;
    }

    private TopicService topics() {
        return java.util.Objects.requireNonNull(topics);
    }

    @Override
    public Policy policy(SubscriptionGroup group) {
        TopicConfig topic = topics().get(group.topic());
        if (topic == null || group.topic().startsWith(DestinationNames.DEAD_LETTERS)) {
            return Policy.NONE;
        }
        Policy usual = config.redelivery();
        if (topic.attributes().isEmpty()) {
            return usual;
        }
        return new Policy(
                (int) number(topic, MAX_REDELIVERIES, usual.maxRedeliveries()),
                Math.max(0, number(topic, REDELIVERY_DELAY, usual.delayMillis())),
                usual.multiplier(),
                usual.maxDelayMillis());
    }

    private static long number(TopicConfig topic, String attribute, long otherwise) {
        String text = topic.attributes().get(attribute);
        try {
            return text == null ? otherwise : Long.parseLong(text);
        } catch (NumberFormatException e) {
            LOG.warn("attribute {} of topic {} is no number: {}", attribute, topic.name(), text);
            return otherwise;
        }
    }

    /** The dead-letter queue of a queue, or of a subscription: for JMS clients {@code %DLQ%} before the name. */
    private static String deadLetterQueue(SubscriptionGroup group) {
        return group.isSubscription()
                ? DestinationNames.topic(DestinationNames.DEAD_LETTERS + group.name())
                : DestinationNames.DEAD_LETTERS + group.topic();
    }

    @Override
    public boolean deadLetter(SubscriptionGroup group, int cursorId, int queueId, long offset, int deliveries) {
        LOG.warn(
                "message {} of {} queue {} was delivered {} times in vain and goes to {}",
                offset,
                group.topic(),
                queueId,
                deliveries,
                deadLetterQueue(group));
        Map<String, String> why = why(group, "delivered " + deliveries + " times in vain");
        why.put(DELIVERIES, Integer.toString(deliveries));
        return move(group, cursorId, queueId, offset, deadLetterQueue(group), why);
    }

    @Override
    public boolean expired(SubscriptionGroup group, int cursorId, int queueId, long offset) {
        TopicConfig topic = topics().get(group.topic());
        String own = topic == null ? null : topic.attributes().get(EXPIRY_QUEUE);
        String name = own == null ? config.expiryQueue() : own;
        String target = DestinationNames.topic(name);
        if (name.isEmpty() || target.equals(group.topic())) {
            return false;
        }
        return move(group, cursorId, queueId, offset, target, why(group, "expired"));
    }

    private Map<String, String> why(SubscriptionGroup group, String reason) {
        Map<String, String> why = new TreeMap<>();
        TopicConfig topic = topics().get(group.topic());
        String name = topic == null ? null : topic.attributes().get(TopicTable.NAME);
        why.put(REASON, reason);
        why.put(ORIGIN, name == null ? group.topic() : name);
        if (group.isSubscription()) {
            why.put(SUBSCRIPTION, group.name());
        }
        return why;
    }

    private boolean move(
            SubscriptionGroup group, int cursorId, int queueId, long offset, String target, Map<String, String> why) {
        MessageRecord record = backlog.record(group.topic(), queueId, offset);
        if (record == null) {
            return false;
        }
        try {
            TopicConfig there = topics().get(target);
            TopicConfig topic = there == null
                    ? topics().createIfMissing(new TopicConfig(
                            target,
                            1,
                            1,
                            TopicConfig.READ | TopicConfig.WRITE,
                            0,
                            false,
                            Map.of(TopicTable.KIND, "queue")))
                    : there;
            topics().queueGroup(topic);
            int lane = topics().lane(topic, JmsFlag.priority(record.flag()));
            String origin = MovedRecord.ofDelivery(cursorId, offset);
            // the cursor may have been made in this very turn: a replay has to know it when it comes to the copy
            store.appender().orderFacts();
            int flag = record.flag() & (JmsFlag.isJms(record.flag()) ? ~JmsFlag.HAS_EXPIRATION : -1);
            store.appender()
                    .append(
                            store.queue(target, lane),
                            MovedRecord.copy(record, target, lane, origin, why).flags(flag, movedFlags(record)),
                            MessageProperties.tagHash(record.property(JmsNames.TAGS)),
                            JmsFlag.isPersistent(record.flag()),
                            new DelayedMessages.Moved());
            return true;
        } catch (StoreException e) {
            LOG.warn("a message of {} can't be moved to {} now: {}", group.topic(), target, e.getMessage());
            return false;
        }
    }

    private static int movedFlags(MessageRecord record) {
        return record.sysFlag() & ~SysFlag.CONTINUED | SysFlag.MOVED;
    }
}
