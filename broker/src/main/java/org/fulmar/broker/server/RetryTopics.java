package org.fulmar.broker.server;

import java.util.function.LongSupplier;
import org.fulmar.broker.consume.GroupConfig;
import org.fulmar.broker.consume.QueueLocks;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * Where messages of a RocketMQ consumer group go that it could not consume: its retry topic, and when they were tried
 * often enough its dead-letter topic, both made when they are first needed. Owned by the core.
 */
final class RetryTopics {
    private static final int READ_WRITE = TopicConfig.READ | TopicConfig.WRITE;
    /** Clients of older releases have another number in this field. */
    private static final int KNOWS_MAX_TIMES = 121;

    private final GroupService groups;
    private final TopicService topics;
    private final QueueLocks locks;
    private final LongSupplier clock;

    RetryTopics(GroupService groups, TopicService topics, QueueLocks locks, LongSupplier clock) {
        this.groups = groups;
        this.topics = topics;
        this.locks = locks;
        this.clock = clock;
    }

    static boolean isRetry(String topic) {
        return topic.startsWith(TopicService.RETRY_PREFIX);
    }

    /** The group, made if it may be; else the request is answered. */
    @Nullable GroupConfig group(Request request, String name) throws StoreException {
        GroupConfig group = groups.findOrMake(name);
        if (group == null) {
            request.answer(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, GroupService.missing(name));
        }
        return group;
    }

    TopicConfig retries(GroupConfig group) throws StoreException {
        return topics.createIfMissing(new TopicConfig(
                DestinationNames.checked(TopicService.RETRY_PREFIX + group.name()),
                Math.max(1, group.retryQueueNums()),
                READ_WRITE));
    }

    TopicConfig deadLetters(GroupConfig group) throws StoreException {
        return topics.createIfMissing(
                new TopicConfig(DestinationNames.checked(DestinationNames.DEAD_LETTERS + group.name()), 1, READ_WRITE));
    }

    /**
     * How often a message may be delivered again.
     *
     * @param wanted what the client's header says, if it says anything
     */
    static long maxTimes(GroupConfig group, Frame frame, @Nullable String wanted) {
        return wanted != null && frame.version() >= KNOWS_MAX_TIMES ? Long.parseLong(wanted) : group.retryMaxTimes();
    }

    /**
     * Whether a message that a consumer sends to its group's retry topic has been tried often enough. Who consumes in
     * order sends nothing before the last try has failed.
     */
    boolean isSpent(GroupConfig group, Frame frame, SendRequest send, @Nullable String wanted) {
        long max = maxTimes(group, frame, wanted);
        return send.reconsumeTimes() > max
                || send.reconsumeTimes() == max && locks.isHeld(group.name(), clock.getAsLong());
    }
}
