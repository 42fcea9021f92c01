package org.fulmar.client.consumer;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.jspecify.annotations.Nullable;

/**
 * Consumes topics as a member of a group and calls a listener with the messages. For any thread.
 *
 * <p>A concurrent consumer processes many messages of a queue at the same time; what fails comes again later. An ordered
 * one processes the messages of each queue one after the other, at any time in one member of the group alone. Each message
 * is processed at least once; with hand-over {@link HandOver#LOCKED}, as long as members come and go by {@link #close}
 * and listeners succeed, exactly once.
 */
public final class PushConsumer implements AutoCloseable {
    private final GroupMember member;

    private PushConsumer(GroupMember member) {
        this.member = member;
    }

    /**
     * @throws IllegalArgumentException if RocketMQ allows no group of that name
     */
    public static Builder builder(ClientInstance client, String group) {
        return new Builder(client, GroupMember.checkedGroup(group));
    }

    /** What a consumer is made of; for one thread. */
    public static final class Builder {
        private final ClientInstance client;
        private final String group;
        private final Map<String, Subscription> subscriptions = new LinkedHashMap<>();
        private ConsumerOptions options = new ConsumerOptions();
        private @Nullable MessageListener listener;
        private boolean ordered;

        private Builder(ClientInstance client, String group) {
            this.client = client;
            this.group = group;
        }

        /** @param tags {@code *} for all, or tags joined by {@code ||} */
        public Builder subscribe(String topic, String tags) {
            subscriptions.put(
                    topic, Subscription.ofTags(topic, tags, client.clock().getAsLong()));
            return this;
        }

        /** @param condition SQL92 over the properties of messages, such as {@code a > 3 AND region = 'north'} */
        public Builder subscribeSql(String topic, String condition) {
            subscriptions.put(
                    topic, Subscription.ofSql(topic, condition, client.clock().getAsLong()));
            return this;
        }

        public Builder options(ConsumerOptions value) {
            options = value;
            return this;
        }

        /** Many messages at the same time. */
        public Builder concurrent(MessageListener value) {
            listener = value;
            ordered = false;
            return this;
        }

        /** The messages of each queue one after the other. */
        public Builder ordered(MessageListener value) {
            listener = value;
            ordered = true;
            return this;
        }

        /**
         * Joins the group. The listener may be called before this returns.
         *
         * @throws ClientException if the client has a consumer of this group, or a broker refuses an SQL condition
         * @throws IllegalStateException if there is no listener or no subscription
         */
        public PushConsumer start() throws ClientException, InterruptedException {
            MessageListener called = listener;
            if (called == null || subscriptions.isEmpty()) {
                throw new IllegalStateException("a push consumer needs a listener and a subscription");
            }
            ConsumerOptions chosen = options.copy();
            Map<String, Subscription> all = new LinkedHashMap<>(subscriptions);
            if (!chosen.broadcasts()) {
                String retry = Membership.RETRY_PREFIX + group;
                all.put(retry, Subscription.ofTags(retry, "*", client.clock().getAsLong()));
            }
            Loop loop = GroupMember.loop(group);
            Workers workers = new Workers("fulmar-listener-" + group, chosen.threadsMin, chosen.threadsMax);
            SendBack sendBack = new SendBack(
                    new ClientBrokers(client),
                    group,
                    chosen.maxReconsumeTimes,
                    !ordered && chosen.handOver == HandOver.IMMEDIATE);
            PushDelivery delivery = ordered
                    ? new OrderedDelivery(loop, workers, called, chosen, sendBack)
                    : new ConcurrentDelivery(loop, workers, called, chosen, sendBack);
            GroupMember member = new GroupMember(
                    client, group, chosen, new GroupMember.Kind(true, true, called), all, loop, delivery, queues -> {});
            delivery.connect(member.membership()::progress);
            member.start();
            return new PushConsumer(member);
        }
    }

    /** Subscribes to one more topic, or to something else of it. */
    public void subscribe(String topic, String tags) throws ClientException, InterruptedException {
        member.subscribe(Subscription.ofTags(topic, tags, member.brokers().now()));
    }

    /** The messages in hand are still processed; then the queues go to other members. */
    public void unsubscribe(String topic) {
        member.unsubscribe(Objects.requireNonNull(topic));
    }

    /** No more messages are pulled; those that are here already are processed. */
    public void suspend() {
        member.loop().execute(() -> member.membership().pauseAll(true));
    }

    public void resume() {
        member.loop().execute(() -> member.membership().pauseAll(false));
    }

    /** The queues that this member has now, or is about to get. */
    public Set<MessageQueue> queues() throws ClientException, InterruptedException {
        return member.queues();
    }

    /** What is stored of this group and queue; empty if nothing is. */
    public OptionalLong stored(MessageQueue queue) throws ClientException, InterruptedException {
        return member.stored(queue);
    }

    /** How many messages are here and not processed yet. */
    public long held() throws ClientException, InterruptedException {
        return member.heldMessages();
    }

    /**
     * Leaves the group: what the listener has begun is finished, within the drain time-out, offsets are stored, queues are
     * given to the other members, and all threads have ended. Not to be called by a listener, which it would wait for.
     */
    @Override
    public void close() {
        member.close();
    }
}
