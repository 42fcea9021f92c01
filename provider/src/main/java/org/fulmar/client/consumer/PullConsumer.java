package org.fulmar.client.consumer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.TopicRoute;

/**
 * Consumes when the application asks: as a member of a group, which gives it its share of the queues, or of queues that it
 * names itself. Messages are fetched ahead. Polls are for one thread at a time; all else is for any thread.
 *
 * <p>What a poll returned counts as done when the next poll begins, or at {@link #commit} if {@code autoCommit} is off, and
 * all of it at {@link #close}, unless {@code autoCommit} is off. A queue that goes to another member of the group is given
 * up then, so that no message is in two applications' hands.
 */
public final class PullConsumer implements AutoCloseable {
    private static final long COMMIT_MILLIS = 5000;

    private final ClientInstance client;
    private final ConsumerOptions options;
    private final GroupMember member;
    private final PolledDelivery delivery;
    private final boolean subscribes;
    private final ReentrantLock polling = new ReentrantLock();

    private PullConsumer(
            ClientInstance client,
            ConsumerOptions options,
            GroupMember member,
            PolledDelivery delivery,
            boolean subscribes) {
        this.client = client;
        this.options = options;
        this.member = member;
        this.delivery = delivery;
        this.subscribes = subscribes;
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
        private AssignmentListener listener = queues -> {};

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

        /** @param condition SQL92 over the properties of messages */
        public Builder subscribeSql(String topic, String condition) {
            subscriptions.put(
                    topic, Subscription.ofSql(topic, condition, client.clock().getAsLong()));
            return this;
        }

        public Builder options(ConsumerOptions value) {
            options = value;
            return this;
        }

        public Builder onAssignment(AssignmentListener value) {
            listener = value;
            return this;
        }

        /**
         * Joins the group, if there are subscriptions; without them {@link PullConsumer#assign} says what is consumed.
         *
         * @throws ClientException if the client has a consumer of this group, or a broker refuses an SQL condition
         */
        public PullConsumer start() throws ClientException, InterruptedException {
            ConsumerOptions chosen = options.copy();
            boolean subscribes = !subscriptions.isEmpty();
            PolledDelivery delivery = new PolledDelivery(chosen.autoCommit);
            Assignments assignments = new Assignments(listener, client::callback);
            GroupMember member = new GroupMember(
                    client,
                    group,
                    chosen,
                    new GroupMember.Kind(false, subscribes, null),
                    subscriptions,
                    GroupMember.loop(group),
                    delivery,
                    assignments::tell);
            delivery.connect(member.membership()::progress);
            member.start();
            return new PullConsumer(client, chosen, member, delivery, subscribes);
        }
    }

    /**
     * The queues of a topic, as its route names them now.
     *
     * @throws ClientException if no broker has the topic
     */
    public List<MessageQueue> queuesOf(String topic) throws ClientException, InterruptedException {
        TopicRoute route = client.await(client.route(topic));
        return route.readQueues();
    }

    /**
     * These queues are consumed from now on, and no others, whatever other members of the group do.
     *
     * @throws IllegalStateException if the consumer has subscriptions
     */
    public void assign(Set<MessageQueue> queues) throws ClientException, InterruptedException {
        if (subscribes) {
            throw new IllegalStateException("a consumer with subscriptions gets its queues by its group");
        }
        member.assign(queues);
    }

    /** The queues that this consumer has now, or is about to get. */
    public Set<MessageQueue> queues() throws ClientException, InterruptedException {
        return member.queues();
    }

    /**
     * Waits for messages.
     *
     * @return as many as there are, up to the option {@code consumeBatch}; none if the time is over
     * @throws ClientException if the consumer is closed
     * @throws IllegalStateException if another thread polls
     */
    public List<ReceivedMessage> poll(Duration timeout) throws ClientException, InterruptedException {
        if (!polling.tryLock()) {
            throw new IllegalStateException("another thread polls this consumer");
        }
        try {
            return await(new CompletableFuture<>(), timeout);
        } finally {
            polling.unlock();
        }
    }

    private List<ReceivedMessage> await(CompletableFuture<List<ReceivedMessage>> poll, Duration timeout)
            throws ClientException, InterruptedException {
        try {
            ask(() -> {
                delivery.poll(options.consumeBatch(true), poll);
                return true;
            });
            return poll.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return giveUp(poll);
        } catch (ExecutionException e) {
            throw ClientException.of(e);
        } catch (InterruptedException e) {
            member.loop().execute(() -> delivery.takeBack(poll));
            throw e;
        }
    }

    private List<ReceivedMessage> giveUp(CompletableFuture<List<ReceivedMessage>> poll)
            throws ClientException, InterruptedException {
        try {
            return ask(() -> delivery.giveUp(poll));
        } catch (InterruptedException e) {
            member.loop().execute(() -> delivery.takeBack(poll));
            throw e;
        }
    }

    private void checkOpen() throws ClientException {
        if (member.isClosed()) {
            throw new ClientException(ClientException.Kind.CLOSED, "the consumer is closed");
        }
    }

    private <T> T ask(Supplier<T> question) throws ClientException, InterruptedException {
        checkOpen();
        try {
            return member.loop().ask(question).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalStateException state) {
                throw new IllegalStateException(state.getMessage(), state);
            }
            throw ClientException.of(e);
        }
    }

    private HeldQueue held(MessageQueue queue) {
        HeldQueue held = member.membership().held(queue);
        if (held == null) {
            throw new IllegalStateException(queue + " is not one of this consumer's");
        }
        return held;
    }

    /**
     * The next poll goes on at this offset of the queue; what was returned of it counts as done no more.
     *
     * @throws IllegalStateException if the queue is not this consumer's
     */
    public void seek(MessageQueue queue, long offset) throws ClientException, InterruptedException {
        if (offset < 0) {
            throw new IllegalArgumentException("an offset is not negative: " + offset);
        }
        ask(() -> {
            member.membership().seek(held(queue), offset);
            return true;
        });
    }

    public void seekToBegin(MessageQueue queue) throws ClientException, InterruptedException {
        seek(queue, client.await(member.membership().starts().min(queue)));
    }

    public void seekToEnd(MessageQueue queue) throws ClientException, InterruptedException {
        seek(queue, client.await(member.membership().starts().max(queue)));
    }

    /** To the first message stored at that time or later; milliseconds since the epoch. */
    public void seekToTime(MessageQueue queue, long timestamp) throws ClientException, InterruptedException {
        seek(queue, offsetForTime(queue, timestamp));
    }

    /** The offset of the first message stored at that time or later; milliseconds since the epoch. */
    public long offsetForTime(MessageQueue queue, long timestamp) throws ClientException, InterruptedException {
        return client.await(member.membership().starts().byTime(queue, timestamp));
    }

    /** Polls return nothing of these queues until {@link #resume}. */
    public void pause(Collection<MessageQueue> queues) throws ClientException, InterruptedException {
        pause(queues, true);
    }

    public void resume(Collection<MessageQueue> queues) throws ClientException, InterruptedException {
        pause(queues, false);
    }

    private void pause(Collection<MessageQueue> queues, boolean paused) throws ClientException, InterruptedException {
        List<MessageQueue> named = new ArrayList<>(queues);
        ask(() -> {
            named.forEach(queue -> member.membership().pause(held(queue), paused));
            return true;
        });
    }

    /** The offset of the next message that a poll would return of this queue. */
    public long position(MessageQueue queue) throws ClientException, InterruptedException {
        return ask(() -> delivery.position(held(queue)));
    }

    /** What is stored of this group and queue; empty if nothing is. */
    public OptionalLong committed(MessageQueue queue) throws ClientException, InterruptedException {
        return member.stored(queue);
    }

    /** All that polls have returned is done; returns when that is stored. */
    public void commit() throws ClientException, InterruptedException {
        checkOpen();
        CompletableFuture<Void> stored = ask(() -> {
            delivery.finishInHand();
            return member.membership().commit(true);
        });
        client.await(stored.orTimeout(COMMIT_MILLIS, TimeUnit.MILLISECONDS));
    }

    /** Gives back the queues, stores the offsets and leaves the group. A poll that waits returns nothing. */
    @Override
    public void close() {
        member.loop().execute(() -> {
            delivery.end();
            if (options.autoCommit) {
                delivery.finishInHand();
            } else {
                delivery.letGo();
            }
        });
        member.close();
    }
}
