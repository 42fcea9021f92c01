package org.fulmar.broker.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.consume.ConsumerGroups;
import org.fulmar.broker.consume.QueueLocks;
import org.fulmar.broker.delay.LevelProgress;
import org.fulmar.broker.delay.RecalledTimers;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.View;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.protocol.transport.Connection;

/**
 * What RocketMQ's clients use besides topics, offsets and the timing wheel: its state, and what serves their requests, put
 * together. Owned by the core.
 */
final class RocketMqParts {
    private static final int MAX_CONSUMER_GROUPS = 100_000;
    /** Of their configurations; one that nobody has configured takes 400 bytes. */
    private static final long MAX_GROUP_BYTES = 128 << 20;

    private final ConsumerGroups groups = new ConsumerGroups(MAX_CONSUMER_GROUPS, MAX_GROUP_BYTES);
    private final QueueLocks locks = new QueueLocks();
    private final LevelProgress levelProgress = new LevelProgress();
    private final RecalledTimers recalled = new RecalledTimers();
    private final LevelMessages levels;
    private final HalfMessages halfMessages;
    private final FilterBits filterBits;
    private final PopParts pops;

    /** What serves the requests. */
    record Handlers(
            ClientHandler client,
            GroupService group,
            QueueLockHandler locks,
            PullHandler pull,
            SendHandler send,
            SendBackHandler sendBack,
            RecallHandler recall,
            NativeTransactions natives,
            PopParts.Handlers pop,
            JmsReplies jmsReplies) {

        void storeHost(byte[] host) {
            send.storeHost(host);
            pop.replies().storeHost(host);
        }

        /** Answers what has waited long enough, and forgets who has been silent for too long. */
        void sweep() {
            pull.expire();
            locks.expire();
            client.removeSilent();
            pop.pop().expire();
        }

        void connectionLost(Connection connection) {
            client.connectionLost(connection);
        }
    }

    RocketMqParts(BrokerConfig config, Disk disk, ConsumerOffsets offsets, LongSupplier clock) {
        Path root = config.store().root();
        this.levels = new LevelMessages(config.delayLevels(), levelProgress);
        this.halfMessages = new HalfMessages(config.halfMessages());
        this.filterBits = new FilterBits(config.calculateFilterBits(), disk, root, clock);
        this.pops = new PopParts(offsets);
    }

    List<View> views() {
        List<View> views = new ArrayList<>(List.of(halfMessages, groups, levelProgress, recalled, filterBits));
        views.addAll(pops.views());
        return views;
    }

    LevelMessages levels() {
        return levels;
    }

    RecalledTimers recalled() {
        return recalled;
    }

    LevelProgress levelProgress() {
        return levelProgress;
    }

    HalfMessages halfMessages() {
        return halfMessages;
    }

    FilterBits filterBits() {
        return filterBits;
    }

    /** Called once, when all of {@code with} is there. */
    Handlers handlers(Routes with, Traffic traffic) {
        BrokerConfig config = with.config();
        MessageStore store = with.store();
        TopicService topics = with.service();
        ClientTable clients = with.clients();
        LongSupplier clock = with.clock();
        levels.connect(store, topics);
        GroupService group = new GroupService(config, groups, with.offsets(), pops, store, clock);
        ClientHandler client =
                new ClientHandler(topics, clients, group, locks, new PullSubscriptions(config, clients), clock);
        NativeTransactions natives = new NativeTransactions(halfMessages, store, topics, clients, clock);
        NativeDelays delays = new NativeDelays(store, with.delayed(), levels, clock);
        RetryTopics retries = new RetryTopics(group, topics, locks, clock);
        return new Handlers(
                client,
                group,
                new QueueLockHandler(config, topics, clients, locks, client, clock),
                new PullHandler(config, topics, store, clients, with.offsets(), group, traffic, filterBits, clock),
                new SendHandler(config, topics, store, natives, delays, retries),
                new SendBackHandler(config, store, retries, delays),
                new RecallHandler(config, topics, store, with.delayed(), recalled, clock),
                natives,
                pops.handlers(with, group, traffic),
                new JmsReplies(config.clusterName(), store, clients, clock));
    }

    /** Messages of a queue became visible. */
    void visible(QueueLog queue, Handlers handlers) {
        filterBits.visible(queue);
        handlers.pull.visible(queue);
        levels.visible(queue);
        handlers.pop.pop().visible(queue);
        handlers.jmsReplies.visible(queue);
    }

    /** The store is open. */
    void opened(MessageStore store, Handlers handlers) throws IOException {
        handlers.jmsReplies.opened();
        filterBits.opened(store.log());
    }
}
