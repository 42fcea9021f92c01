package org.fulmar.client.consumer;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.ConsumerData;
import org.fulmar.client.ConsumerMember;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.TopicRoute;
import org.fulmar.client.offset.BrokerOffsets;
import org.fulmar.client.offset.LocalOffsets;
import org.fulmar.client.offset.OffsetStore;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer as a member of its group: starts and ends it, tells the brokers what it subscribes to, and takes what they
 * say to the loop. For any thread.
 */
final class GroupMember implements ConsumerMember {
    private static final Logger LOG = LoggerFactory.getLogger(GroupMember.class);
    private static final long CALL_MILLIS = 5000;
    private static final int MAX_GROUP = 120;

    private final ClientInstance client;
    private final Brokers brokers;
    private final String group;
    private final ConsumerOptions options;
    private final boolean passive;
    private final boolean subscribes;
    private final Map<String, Subscription> subscriptions = new ConcurrentHashMap<>();
    private final Loop loop;
    private final Delivery delivery;
    private final Membership membership;
    private final Rebalancer rebalancer;
    private final Inquiries inquiries;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** What kinds of consumers differ in. */
    record Kind(
            boolean passive, boolean subscribes, @Nullable MessageListener listener) {}

    GroupMember(
            ClientInstance client,
            String group,
            ConsumerOptions options,
            Kind kind,
            Map<String, Subscription> subscriptions,
            Loop loop,
            Delivery delivery,
            Consumer<Set<MessageQueue>> assigned)
            throws ClientException {
        this.client = client;
        this.brokers = new ClientBrokers(client);
        this.group = group;
        this.options = options;
        this.passive = kind.passive;
        this.subscribes = kind.subscribes;
        this.subscriptions.putAll(subscriptions);
        this.loop = loop;
        this.delivery = delivery;
        OffsetStore store = store();
        boolean usesLocks =
                subscribes && !options.broadcasts() && (options.handOver == HandOver.LOCKED || delivery.isOrdered());
        this.membership =
                new Membership(brokers, group, options, loop, delivery, store, this.subscriptions, usesLocks, assigned);
        this.rebalancer = new Rebalancer(brokers, group, options, loop, this::topics, membership);
        this.inquiries = new Inquiries(client, options, loop, membership, this.subscriptions, delivery, kind.listener);
    }

    /** @throws IllegalArgumentException if RocketMQ allows no group of that name */
    static String checkedGroup(String group) {
        if (!group.matches("[%|a-zA-Z0-9_-]{1," + MAX_GROUP + "}")) {
            throw new IllegalArgumentException("a group's name has 1 to " + MAX_GROUP
                    + " characters of a-z A-Z 0-9 % | - _, unlike \"" + group + "\"");
        }
        return group;
    }

    static Loop loop(String group) {
        return new Loop("fulmar-consumer-" + group);
    }

    /** Ends the threads of the consumer that can't be, if the offsets can't be read. */
    private OffsetStore store() throws ClientException {
        if (!options.broadcasts()) {
            return new BrokerOffsets(
                    (broker, code, fields) -> brokers.request(broker, code, fields, Unpooled.EMPTY_BUFFER, CALL_MILLIS),
                    group);
        }
        ClientConfig config = client.config();
        if (config.text(ClientConfig.CLIENT_ID).isEmpty()
                && config.text(ClientConfig.INSTANCE_NAME).isEmpty()) {
            LOG.warn(
                    "the offsets of broadcast group {} are kept for client {}, and the next start is another client: set"
                            + " instanceName or clientId, or what is sent until then is skipped",
                    group,
                    client.clientId());
        }
        try {
            return new LocalOffsets(options.offsets(), client.clientId(), group, client::callback);
        } catch (IOException e) {
            delivery.close();
            loop.close();
            throw new ClientException(ClientException.Kind.ILLEGAL_USE, String.valueOf(e.getMessage()), e);
        }
    }

    /** Joins the group; returns when the brokers know it and the first shares are known. */
    void start() throws ClientException, InterruptedException {
        try {
            if (subscribes) {
                client.join(this);
                knowRoutes(topics());
                checkConditions();
                client.await(client.beat());
            }
            client.await(loop.ask(() -> {
                        membership.start(rebalancer::run);
                        return subscribes ? rebalancer.start() : CompletableFuture.<Void>completedFuture(null);
                    })
                    .thenCompose(first -> first));
        } catch (ClientException | InterruptedException e) {
            close();
            throw e;
        }
    }

    private void knowRoutes(Set<String> topics) throws ClientException, InterruptedException {
        List<CompletableFuture<?>> routes = new ArrayList<>();
        topics.forEach(topic -> routes.add(client.route(topic).handle((route, failure) -> route)));
        client.await(CompletableFuture.allOf(routes.toArray(new CompletableFuture<?>[0])));
    }

    /** Has a broker look at SQL conditions, so that a mistake shows here and not in the broker's log. */
    private void checkConditions() throws ClientException, InterruptedException {
        for (Subscription subscription : subscriptions.values()) {
            TopicRoute route = client.knownRoute(subscription.topic());
            if (subscription.isTag() || route == null || route.readQueues().isEmpty()) {
                continue;
            }
            var body = JsonBody.object();
            body.put("clientId", client.clientId());
            body.put("group", group);
            body.set("subscriptionData", inquiries.json(subscription));
            var answer = client.await(brokers.request(
                    route.readQueues().get(0).brokerName(),
                    RequestCode.CHECK_CLIENT_CONFIG,
                    Map.of(),
                    JsonBody.buffer(body),
                    CALL_MILLIS));
            int code = answer.code();
            String remark = answer.remark();
            answer.release();
            if (code != ResponseCode.SUCCESS && code != ResponseCode.REQUEST_CODE_NOT_SUPPORTED) {
                throw ClientException.refused(
                        "the broker, asked about \"" + subscription.expression() + "\",", code, remark);
            }
        }
    }

    // --- Subscriptions -----------------------------------------------------------------------------------------

    void subscribe(Subscription subscription) throws ClientException, InterruptedException {
        subscriptions.put(subscription.topic(), subscription);
        if (subscribes) {
            knowRoutes(Set.of(subscription.topic()));
            client.await(client.beat());
            loop.execute(rebalancer::run);
        }
    }

    /** The topic's queues are given back. */
    void unsubscribe(String topic) {
        if (subscriptions.remove(topic) != null) {
            loop.execute(() -> membership.share(topic, List.of(), List.of()));
            client.beat();
        }
    }

    /** Without a group: these queues are consumed, and no others. */
    void assign(Set<MessageQueue> queues) throws ClientException, InterruptedException {
        Map<String, Set<MessageQueue>> byTopic = new TreeMap<>();
        subscriptions.keySet().forEach(topic -> byTopic.put(topic, new TreeSet<>()));
        queues.forEach(queue ->
                byTopic.computeIfAbsent(queue.topic(), topic -> new TreeSet<>()).add(queue));
        byTopic.keySet()
                .forEach(topic ->
                        subscriptions.computeIfAbsent(topic, name -> Subscription.ofTags(name, "*", brokers.now())));
        knowRoutes(byTopic.keySet());
        client.await(loop.ask(() -> {
            byTopic.forEach(membership::assign);
            return true;
        }));
    }

    // --- What the client asks and tells -----------------------------------------------------------------------

    @Override
    public String group() {
        return group;
    }

    @Override
    public ConsumerData data() {
        List<ConsumerData.Subscription> all = new ArrayList<>();
        subscriptions.values().forEach(subscription -> all.add(subscription.data()));
        return new ConsumerData(
                group,
                passive ? "CONSUME_PASSIVELY" : "CONSUME_ACTIVELY",
                options.model.name(),
                options.start.wireName(),
                all);
    }

    @Override
    public Set<String> topics() {
        return new TreeSet<>(subscriptions.keySet());
    }

    @Override
    public void membersChanged() {
        loop.execute(() -> {
            membership.tryLocks();
            rebalancer.run();
        });
    }

    @Override
    public void connectionLost(String brokerName) {
        loop.execute(() -> membership.connectionLost(brokerName));
    }

    @Override
    public void routeChanged(TopicRoute route) {
        loop.execute(rebalancer::run);
    }

    @Override
    public void asked(Request request) {
        inquiries.answer(request);
    }

    // --- The end -----------------------------------------------------------------------------------------------

    /**
     * Ends what was begun, within the drain time-out, stores the offsets, gives back the queues, leaves the group, and
     * ends all threads.
     */
    void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        CompletableFuture<Void> left = loop.ask(() -> {
                    rebalancer.stop();
                    return membership.leave();
                })
                .thenCompose(released -> released);
        boolean interrupted = waitFor(left, options.drainMillis + CALL_MILLIS, "queues were not given back in time");
        delivery.close();
        if (subscribes) {
            interrupted |= waitFor(client.leave(this), CALL_MILLIS, "brokers were not told in time");
        }
        loop.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether it was interrupted. */
    private boolean waitFor(CompletableFuture<Void> future, long millis, String otherwise) {
        try {
            client.await(future.orTimeout(millis, TimeUnit.MILLISECONDS));
            return false;
        } catch (ClientException e) {
            if (e.getCause() != null && e.getCause().getCause() instanceof TimeoutException) {
                LOG.warn("the consumer of group {} closes: {}", group, otherwise);
            } else {
                LOG.info("the consumer of group {} closes, but: {}", group, e.getMessage());
            }
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    Set<MessageQueue> queues() throws ClientException, InterruptedException {
        return client.await(loop.ask(membership::queues));
    }

    OptionalLong stored(MessageQueue queue) throws ClientException, InterruptedException {
        long offset = client.await(membership.offsets().stored(queue));
        return offset < 0 ? OptionalLong.empty() : OptionalLong.of(offset);
    }

    long heldMessages() throws ClientException, InterruptedException {
        return client.await(loop.ask(() -> membership.held().stream()
                .mapToLong(held -> held.messages.count())
                .sum()));
    }

    boolean isClosed() {
        return closed.get();
    }

    Loop loop() {
        return loop;
    }

    Membership membership() {
        return membership;
    }

    Brokers brokers() {
        return brokers;
    }
}
