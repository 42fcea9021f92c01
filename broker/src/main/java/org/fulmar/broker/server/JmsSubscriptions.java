package org.fulmar.broker.server;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.fulmar.broker.delivery.Backlog;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.delivery.GroupTable;
import org.fulmar.broker.delivery.SubscriptionGroup;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.QueuePosition;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions behind topic consumers: found, made, replaced and removed as JMS 3.1, section 4.11 and 8.3 say. Runs
 * on the core.
 *
 * <p>Shared and unshared durable subscriptions of one client identifier share their names; shared non-durable ones have
 * names of their own.
 */
final class JmsSubscriptions {
    private final DeliveryEngine engine;
    private final GroupTable groups;
    private final Backlog backlog;
    private final FactSink facts;

    JmsSubscriptions(DeliveryEngine engine, GroupTable groups, Backlog backlog, FactSink facts) {
        this.engine = engine;
        this.groups = groups;
        this.backlog = backlog;
        this.facts = facts;
    }

    /** The group that a consumer of a topic joins; made if it is not there. */
    SubscriptionGroup join(JmsPeer peer, CreateConsumer create, String topic) throws DeliveryException {
        return switch (create.kind()) {
            case DURABLE, SHARED_DURABLE -> durable(peer, create, topic);
            case SHARED -> shared(peer, create, topic);
            case NON_DURABLE -> engine.openTransient("", topic, create.selector(), positions(create));
            case QUEUE -> throw new DeliveryException(ResponseCode.JMS_ILLEGAL_STATE, "a queue has no subscriptions");
        };
    }

    private static Map<Integer, Long> positions(CreateConsumer create) {
        Map<Integer, Long> positions = new HashMap<>();
        for (QueuePosition position : create.positions()) {
            positions.put(position.queueId(), Math.max(0, position.offset()));
        }
        return positions;
    }

    private static String name(JmsPeer peer, @Nullable String subscription, boolean shared) throws DeliveryException {
        String clientId = peer.clientId();
        if (clientId == null && !shared) {
            throw new DeliveryException(
                    ResponseCode.JMS_ILLEGAL_STATE, "a durable subscription needs a connection with a client id");
        }
        if (subscription == null || subscription.isEmpty()) {
            throw new DeliveryException(ResponseCode.JMS_ILLEGAL_STATE, "a subscription needs a name");
        }
        return "JMS_SUB_" + (clientId == null ? "" : DestinationNames.escape(clientId)) + "@"
                + DestinationNames.escape(subscription);
    }

    private static boolean same(SubscriptionGroup there, CreateConsumer create, String topic) {
        return there.topic().equals(topic)
                && Objects.equals(there.selector(), create.selector())
                && there.noLocal() == create.noLocal();
    }

    /** One that has another topic or selector under the name is replaced, if nobody uses it. */
    private SubscriptionGroup durable(JmsPeer peer, CreateConsumer create, String topic) throws DeliveryException {
        boolean shared = create.kind().isShared();
        String name = name(peer, create.subscriptionName(), shared);
        SubscriptionGroup there = groups.subscription(name);
        if (there != null && there.isShared() != shared) {
            throw new DeliveryException(
                    ResponseCode.JMS_ILLEGAL_STATE,
                    "the durable subscription " + create.subscriptionName() + " is "
                            + (there.isShared() ? "a shared one" : "not a shared one")
                            + "; unsubscribe it, or use another name");
        }
        if (there != null && same(there, create, topic) && (shared || !there.isActive())) {
            return there;
        }
        if (there != null) {
            if (there.isActive()) {
                throw new DeliveryException(
                        ResponseCode.JMS_ILLEGAL_STATE,
                        "the durable subscription " + create.subscriptionName() + " has an active consumer"
                                + (shared ? " with another topic or selector" : ""));
            }
            groups.delete(there, facts);
        }
        Map<Integer, Long> starts = new HashMap<>();
        for (int queueId : backlog.queueIds(topic)) {
            starts.put(queueId, backlog.nextOffset(topic, queueId));
        }
        return groups.create(name, topic, true, create.selector(), create.noLocal(), shared, starts, facts);
    }

    private SubscriptionGroup shared(JmsPeer peer, CreateConsumer create, String topic) throws DeliveryException {
        String name = name(peer, create.subscriptionName(), true);
        SubscriptionGroup there = engine.sharedTransient(name);
        if (there == null) {
            return engine.openTransient(name, topic, create.selector(), positions(create));
        }
        if (!same(there, create, topic)) {
            throw new DeliveryException(
                    ResponseCode.JMS_ILLEGAL_STATE,
                    "the shared subscription " + create.subscriptionName()
                            + " has active consumers with another topic or selector");
        }
        return there;
    }

    void unsubscribe(JmsPeer peer, String subscription) throws DeliveryException {
        SubscriptionGroup group = subscription.isEmpty() ? null : groups.subscription(name(peer, subscription, true));
        if (group == null) {
            throw new DeliveryException(
                    ResponseCode.JMS_INVALID_DESTINATION, "there is no durable subscription " + subscription);
        }
        if (group.isActive()) {
            throw new DeliveryException(
                    ResponseCode.JMS_ILLEGAL_STATE,
                    "the durable subscription " + subscription + " has an active consumer");
        }
        if (groups.isReserved(group)) {
            throw new DeliveryException(
                    ResponseCode.JMS_ILLEGAL_STATE,
                    "messages of the durable subscription " + subscription
                            + " are part of a prepared transaction: end that first");
        }
        groups.delete(group, facts);
    }
}
