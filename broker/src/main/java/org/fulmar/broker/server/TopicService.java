package org.fulmar.broker.server;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delay.DelayLevels;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.delivery.GroupTable;
import org.fulmar.broker.delivery.SubscriptionGroup;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.protocol.command.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * Makes, changes and removes topics, with all that hangs on them: the fact in the log, cursors of new queues, the
 * groups of JMS queues, and the word to the name servers. Owned by the core.
 */
final class TopicService {
    static final String DEFAULT_TOPIC = "TBW102";
    static final String RETRY_PREFIX = "%RETRY%";

    /** As many as RocketMQ has levels. */
    private static final int LEVEL_QUEUES = 18;

    private static final int ALL = TopicConfig.READ | TopicConfig.WRITE;

    private final BrokerConfig config;
    private final TopicTable topics;
    private final GroupTable groups;
    private final DeliveryEngine engine;
    private final Appender appender;
    private final LongSupplier clock;
    private final Function<TopicConfig, CompletableFuture<?>> announce;
    /** Topics that the name servers are being told of. */
    private final Map<String, CompletableFuture<?>> announcing = new ConcurrentHashMap<>();

    private Consumer<String> onPermission = topic -> {};

    /**
     * @param announce is given each topic that was made or changed, to tell the name servers; done when they know
     */
    TopicService(
            BrokerConfig config,
            TopicTable topics,
            GroupTable groups,
            DeliveryEngine engine,
            Appender appender,
            LongSupplier clock,
            Function<TopicConfig, CompletableFuture<?>> announce) {
        this.config = config;
        this.topics = topics;
        this.groups = groups;
        this.engine = engine;
        this.appender = appender;
        this.clock = clock;
        this.announce = announce;
    }

    /** The listener is told of each topic with another permission than before. */
    void onPermission(Consumer<String> listener) {
        this.onPermission = listener;
    }

    /** The topics that RocketMQ clients and tools expect of every broker. */
    void createSystemTopics() throws StoreException {
        createIfMissing(new TopicConfig(DEFAULT_TOPIC, config.defaultTopicQueues(), ALL | TopicConfig.INHERIT));
        createIfMissing(new TopicConfig(config.clusterName(), 16, ALL | TopicConfig.INHERIT));
        createIfMissing(new TopicConfig(config.brokerName(), 1, ALL | TopicConfig.INHERIT));
        createIfMissing(new TopicConfig("SELF_TEST_TOPIC", 1, ALL));
        createIfMissing(new TopicConfig("BenchmarkTest", 1024, ALL));
        createIfMissing(new TopicConfig("rmq_sys_SYNC_BROKER_MEMBER_" + config.brokerName(), 1, ALL));
        createIfMissing(new TopicConfig("OFFSET_MOVED_EVENT", 1, ALL));
        createIfMissing(new TopicConfig(DelayedMessages.TOPIC, 1, ALL));
        createLevels();
        createIfMissing(new TopicConfig(HalfMessages.TOPIC, 1, ALL));
        createIfMissing(new TopicConfig(HalfMessages.OP_TOPIC, 1, ALL));
        createIfMissing(new TopicConfig(HalfMessages.GIVEN_UP_TOPIC, 1, ALL));
        createIfMissing(new TopicConfig(config.clusterName() + "_REPLY_TOPIC", 1, ALL));
    }

    /** A queue for each delay level; more when the options have more. */
    private void createLevels() throws StoreException {
        int queues = Math.max(LEVEL_QUEUES, config.delayLevels().count());
        TopicConfig there = createIfMissing(new TopicConfig(DelayLevels.TOPIC, queues, ALL));
        if (there.readQueueNums() < queues) {
            put(there.withQueues(queues, queues));
        }
    }

    @Nullable TopicConfig get(String topic) {
        return topics.get(topic);
    }

    boolean isTemporary(String topic) {
        return topics.isTemporary(topic);
    }

    TopicConfig createIfMissing(TopicConfig wanted) throws StoreException {
        TopicConfig there = topics.get(wanted.name());
        if (there != null) {
            return there;
        }
        put(wanted);
        return wanted;
    }

    /** Makes or changes a topic; its fact precedes in the log whatever is appended from now on. */
    void put(TopicConfig wanted) throws StoreException {
        TopicConfig before = topics.get(wanted.name());
        if (before == null && !topics.hasRoom()) {
            throw new StoreException(
                    StoreException.Reason.TOO_LARGE,
                    "no more than " + config.maxTopics() + " topics (option maxTopics): " + wanted.name()
                            + " is not made");
        }
        groups.endRun(appender);
        topics.put(wanted, clock.getAsLong(), appender);
        addQueues(wanted, before);
        if (before != null && before.perm() != wanted.perm()) {
            onPermission.accept(wanted.name());
        }
        appender.orderFacts();
        CompletableFuture<?> told = announce.apply(wanted);
        if (!told.isDone()) {
            announcing.put(wanted.name(), told);
            told.whenComplete((done, failure) -> announcing.remove(wanted.name(), told));
        }
    }

    /**
     * Answers who made or used a topic, when the name servers know it or have had a while for it: whoever is answered
     * finds the topic's route. Off the core if it has to wait.
     */
    void whenAnnounced(String topic, Runnable answer) {
        CompletableFuture<?> told = announcing.isEmpty() ? null : announcing.get(topic);
        if (told == null) {
            answer.run();
        } else {
            told.whenComplete((done, failure) -> answer.run());
        }
    }

    private void addQueues(TopicConfig now, @Nullable TopicConfig before) {
        int from = before == null ? 0 : Math.max(before.readQueueNums(), before.writeQueueNums());
        for (int id = from; id < Math.max(now.readQueueNums(), now.writeQueueNums()); id++) {
            engine.queueAdded(now.name(), id);
        }
    }

    /** A topic for a RocketMQ producer that sends to one that is not there; null if it may not be made. */
    @Nullable TopicConfig autoCreate(String topic, String defaultTopic, int queues) throws StoreException {
        if (topic.startsWith(RETRY_PREFIX) || topic.startsWith(DestinationNames.DEAD_LETTERS)) {
            return createIfMissing(new TopicConfig(topic, 1, ALL));
        }
        TopicConfig model = topics.get(defaultTopic);
        if (!config.autoCreateTopics() || model == null || !model.inherited()) {
            return null;
        }
        int count = Math.max(1, Math.min(queues, model.writeQueueNums()));
        return createIfMissing(new TopicConfig(topic, count, model.perm() & ~TopicConfig.INHERIT));
    }

    /** The lane of a JMS destination for messages of a priority; made when it is first used. */
    int lane(TopicConfig topic, int priority) throws StoreException {
        int lane = SubscriptionGroup.laneOf(priority);
        int queues = topic.writeQueueNums();
        if (lane < queues) {
            return lane;
        }
        if (!topic.attributes().containsKey(TopicTable.KIND)) {
            return lane % queues;
        }
        TopicConfig wider = topic.withQueues(Math.max(lane + 1, topic.readQueueNums()), lane + 1);
        if (topics.isTemporary(topic.name())) {
            topics.putTemporary(wider);
            addQueues(wider, topic);
        } else {
            put(wider);
        }
        return lane;
    }

    /** The group that the consumers of a JMS queue share; made with the queue, or at the first JMS use of a native topic. */
    SubscriptionGroup queueGroup(TopicConfig topic) {
        SubscriptionGroup group = groups.find(SubscriptionGroup.QUEUE, topic.name());
        if (group == null && topics.isTemporary(topic.name())) {
            group = groups.createTemporary(SubscriptionGroup.QUEUE, topic.name(), topic.readQueueNums());
        } else if (group == null) {
            Map<Integer, Long> starts = new java.util.HashMap<>();
            for (int id = 0; id < Math.max(topic.readQueueNums(), topic.writeQueueNums()); id++) {
                starts.put(id, 0L);
            }
            group = groups.create(SubscriptionGroup.QUEUE, topic.name(), false, null, false, false, starts, appender);
        }
        return group;
    }

    void delete(String topic) {
        groups.endRun(appender);
        topics.delete(topic, clock.getAsLong(), appender);
    }
}
