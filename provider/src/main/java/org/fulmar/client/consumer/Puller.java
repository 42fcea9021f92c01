package org.fulmar.client.consumer;

import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.fulmar.client.ClientException;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.PullRequest;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.message.MessageProperties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pulls messages into the held queues, one pull of a queue at a time, each waiting at the broker until there is
 * something. Pauses at the bounds of what may be held, and goes on as soon as there is room. Owned by the consumer's
 * loop; answers are decoded on the network's threads.
 */
final class Puller {
    private static final Logger LOG = LoggerFactory.getLogger(Puller.class);
    /** How much longer than the pull may wait at the broker its answer may take. */
    private static final long ANSWER_MILLIS = 15_000;

    private static final long FAILED_MILLIS = 500;
    private static final long BUSY_MILLIS = 20;
    /** An answer without messages that came sooner is from a broker that lets no pull wait. */
    private static final long AT_ONCE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long SHORT_POLL_MILLIS = 200;
    /** Failures that say nothing of what the broker answers. */
    private static final Set<ClientException.Kind> PASSING =
            Set.of(ClientException.Kind.CONNECTION_LOST, ClientException.Kind.TIMED_OUT, ClientException.Kind.NO_ROUTE);

    /** What pulls lead to besides messages. */
    interface Events {
        /** Messages wait in the queue. */
        void arrived(HeldQueue held);

        /** The queue has no such offset; it goes on at another one. */
        void moved(HeldQueue held, long offset);

        /** The connection broke; what the broker knew of this consumer may be gone. */
        void connectionLost(HeldQueue held);

        /** The group's or the topic's messages and bytes are of interest. */
        Iterable<HeldQueue> queuesOf(String topic);

        @Nullable Subscription subscription(String topic);
    }

    /** An answer, with nothing in it that has to be released. */
    private record Answer(int code, @Nullable String remark, long next, long replica, List<ReceivedMessage> messages) {}

    private final Brokers brokers;
    private final String group;
    private final ConsumerOptions options;
    private final Loop loop;
    private final Events events;
    private final boolean ordered;

    Puller(Brokers brokers, String group, ConsumerOptions options, Loop loop, Events events, boolean ordered) {
        this.brokers = brokers;
        this.group = group;
        this.options = options;
        this.loop = loop;
        this.events = events;
        this.ordered = ordered;
    }

    /** Pulls, unless the queue is not to be pulled now or has enough. */
    void pull(HeldQueue held) {
        if (held.state != HeldQueue.State.ACTIVE || held.pulling || held.pullDue || held.paused || isFull(held)) {
            return;
        }
        long now = System.nanoTime();
        Subscription subscription = events.subscription(held.queue.topic());
        if (subscription == null || !held.isLockedAt(now)) {
            return;
        }
        held.pulling = true;
        held.lastPullNanos = now;
        int epoch = held.epoch;
        CompletableFuture<Frame> answer = brokers.requestOf(
                held.queue.brokerName(),
                held.replica,
                RequestCode.PULL_MESSAGE,
                header(held, subscription),
                Unpooled.EMPTY_BUFFER,
                options.pollMillis + ANSWER_MILLIS);
        answer.thenApply(frame -> decoded(frame, held.queue.brokerName()))
                .whenComplete((pulled, failure) -> loop.execute(() -> {
                    if (epoch == held.epoch) {
                        held.pulling = false;
                        if (failure != null) {
                            failed(held, ClientException.of(failure));
                        } else {
                            answered(held, subscription, pulled);
                        }
                    }
                }));
    }

    private Map<String, String> header(HeldQueue held, Subscription subscription) {
        // brokers keep the conditions of heartbeats compiled; tags are quickly read
        boolean withTags = subscription.isTag();
        long done = held.messages.commitPoint();
        boolean commits =
                done > 0 && held.replica == 0 && !held.sought && !options.broadcasts() && done != held.committed;
        return new PullRequest(
                        group,
                        held.queue.topic(),
                        held.queue.queueId(),
                        held.messages.pulledTo(),
                        options.pullBatch,
                        PullRequest.sysFlag(commits, true, withTags),
                        commits ? done : -1,
                        options.pollMillis,
                        withTags ? subscription.expression() : null,
                        subscription.version(),
                        subscription.type(),
                        -1)
                .fields();
    }

    private Answer decoded(Frame frame, String brokerName) {
        try {
            int code = frame.code();
            boolean placed = code == ResponseCode.SUCCESS
                    || code == ResponseCode.PULL_NOT_FOUND
                    || code == ResponseCode.PULL_RETRY_IMMEDIATELY
                    || code == ResponseCode.PULL_OFFSET_MOVED;
            return new Answer(
                    code,
                    frame.remark(),
                    placed ? Fields.of(frame).number("nextBeginOffset") : -1,
                    Fields.of(frame).number("suggestWhichBrokerId", 0),
                    code == ResponseCode.SUCCESS
                            ? ReceivedMessage.decode(frame.body(), brokerName, brokers.maxBodyBytes())
                            : List.of());
        } finally {
            frame.release();
        }
    }

    private void failed(HeldQueue held, ClientException failure) {
        held.replica = 0;
        if (failure.kind() == ClientException.Kind.CLOSED) {
            return;
        }
        if (PASSING.contains(failure.kind())) {
            LOG.debug("pull of {} failed: {}", held.queue, failure.getMessage());
        } else {
            LOG.warn("pull of {} failed, and is tried again and again", held.queue, failure);
        }
        if (failure.kind() == ClientException.Kind.NO_ROUTE) {
            brokers.route(held.queue.topic());
        }
        if (failure.kind() == ClientException.Kind.CONNECTION_LOST) {
            events.connectionLost(held);
        }
        again(held, failure.kind() == ClientException.Kind.TIMED_OUT ? BUSY_MILLIS : FAILED_MILLIS);
    }

    private void again(HeldQueue held, long millis) {
        int epoch = held.epoch;
        held.pullDue = true;
        loop.after(millis, () -> {
            if (held.epoch == epoch) {
                held.pullDue = false;
                pull(held);
            }
        });
    }

    private void answered(HeldQueue held, Subscription subscription, Answer answer) {
        switch (answer.code) {
            case ResponseCode.SUCCESS -> {
                held.replica = answer.replica;
                take(held, subscription, answer);
                pull(held);
            }
            case ResponseCode.PULL_NOT_FOUND, ResponseCode.PULL_RETRY_IMMEDIATELY -> {
                held.replica = answer.replica;
                boolean further = answer.next > held.messages.pulledTo();
                held.messages.lookedUpTo(answer.next);
                if (further || System.nanoTime() - held.lastPullNanos > AT_ONCE_NANOS) {
                    pull(held);
                } else {
                    again(held, SHORT_POLL_MILLIS);
                }
            }
            case ResponseCode.PULL_OFFSET_MOVED -> {
                if (held.replica != 0) {
                    // a replica that is behind; the master knows better
                    held.replica = 0;
                    pull(held);
                } else {
                    LOG.warn(
                            "{} has nothing at offset {}; group {} goes on at {}",
                            held.queue,
                            held.messages.pulledTo(),
                            group,
                            answer.next);
                    events.moved(held, answer.next);
                }
            }
            case ResponseCode.SUBSCRIPTION_NOT_EXIST,
                    ResponseCode.SUBSCRIPTION_NOT_LATEST,
                    ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
                    ResponseCode.FILTER_DATA_NOT_EXIST,
                    ResponseCode.FILTER_DATA_NOT_LATEST -> {
                // a broker that has started anew, or that has not heard of us
                brokers.heartbeat();
                again(held, SHORT_POLL_MILLIS);
            }
            case ResponseCode.FLOW_CONTROL -> again(held, BUSY_MILLIS);
            default -> {
                LOG.warn("pull of {} was refused: code {}, {}", held.queue, answer.code, answer.remark);
                held.replica = 0;
                again(held, FAILED_MILLIS);
            }
        }
    }

    private void take(HeldQueue held, Subscription subscription, Answer answer) {
        String retryTopic = Membership.RETRY_PREFIX + group;
        for (ReceivedMessage message : answer.messages) {
            if (subscription.wants(message.tags())) {
                String origin =
                        message.topic().equals(retryTopic) ? message.property(MessageProperties.RETRY_TOPIC) : null;
                held.messages.add(origin == null ? message : message.withTopic(origin));
            }
        }
        held.messages.lookedUpTo(answer.next);
        long now = System.nanoTime();
        held.rates.pulled(now, now - held.lastPullNanos, answer.messages.size());
        if (held.messages.hasWaiting()) {
            held.lastMessageNanos = now;
            events.arrived(held);
        }
    }

    private boolean isFull(HeldQueue held) {
        ProcessQueue messages = held.messages;
        if (messages.count() >= options.queueMessages
                || messages.bytes() >= options.queueBytes
                || !ordered && messages.span() > options.queueSpan) {
            return true;
        }
        if (options.topicMessages == Integer.MAX_VALUE && options.topicBytes == Long.MAX_VALUE) {
            return false;
        }
        long count = 0;
        long bytes = 0;
        for (HeldQueue other : events.queuesOf(held.queue.topic())) {
            count += other.messages.count();
            bytes += other.messages.bytes();
        }
        return count >= options.topicMessages || bytes >= options.topicBytes;
    }

    /** There may be room again, in this queue or by it in others of the topic. */
    void roomIn(HeldQueue held) {
        pull(held);
        if (options.topicMessages != Integer.MAX_VALUE || options.topicBytes != Long.MAX_VALUE) {
            events.queuesOf(held.queue.topic()).forEach(this::pull);
        }
    }
}
