package org.fulmar.broker.server;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delivery.Consumer;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.broker.delivery.SubscriptionGroup;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.ConsumerPosition;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.Credit;
import org.fulmar.protocol.jms.Release;
import org.fulmar.protocol.jms.TextOperation;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * Consumers and what they are sent: made and closed, given credit, acknowledged, recovered. Runs on the core; an
 * answer that says something is settled leaves when the fact is in the log.
 */
final class JmsConsumers {
    private final BrokerConfig config;
    private final DeliveryEngine engine;
    private final JmsSubscriptions subscriptions;
    private final TopicService topics;
    private final TurnEnd turn;
    private final MessageTest.Compiler selectors;

    JmsConsumers(
            BrokerConfig config,
            DeliveryEngine engine,
            JmsSubscriptions subscriptions,
            TopicService topics,
            TurnEnd turn,
            MessageTest.Compiler selectors) {
        this.config = config;
        this.engine = engine;
        this.subscriptions = subscriptions;
        this.topics = topics;
        this.turn = turn;
        this.selectors = selectors;
    }

    void create(Request request) {
        JmsConnections.run(request, peer -> {
            CreateConsumer create = CreateConsumer.decode(request.body());
            JmsPeer.Destination destination = peer.destination(create.handle());
            TopicConfig topic = destination == null ? null : topics.get(destination.topic);
            if (destination == null || topic == null) {
                throw new DeliveryException(
                        ResponseCode.JMS_INVALID_DESTINATION,
                        "the destination of the consumer does not exist any more");
            }
            check(peer, create, destination, topic);
            Consumer consumer = open(peer, create, topic);
            peer.add(consumer);
            engine.running(consumer, peer.running() && peer.connection().isWritable());
            turn.successAfterLog(request);
        });
    }

    private void check(JmsPeer peer, CreateConsumer create, JmsPeer.Destination destination, TopicConfig topic)
            throws DeliveryException {
        if (peer.consumer(create.consumerId()) != null) {
            throw new DeliveryException(
                    ResponseCode.JMS_ILLEGAL_STATE, "consumer id " + create.consumerId() + " is in use");
        }
        if (peer.consumers().size() >= config.maxConsumersPerConnection()) {
            throw new DeliveryException(
                    ResponseCode.JMS_RESOURCE,
                    "a connection has at most " + config.maxConsumersPerConnection()
                            + " consumers (option maxConsumersPerConnection)");
        }
        if (destination.requester != null) {
            throw new DeliveryException(
                    ResponseCode.JMS_INVALID_DESTINATION,
                    "replies to RocketMQ clients are sent to " + destination.name + "; nothing is received from it");
        }
        if (create.credit() < 0 || destination.kind.isQueue() != (create.kind() == CreateConsumer.Kind.QUEUE)) {
            throw new DeliveryException(
                    ResponseCode.JMS_ILLEGAL_STATE, "a consumer of kind " + create.kind() + " on " + destination.name);
        }
        if (topics.isTemporary(destination.topic) && !peer.temporaryTopics().contains(destination.topic)) {
            throw new DeliveryException(
                    ResponseCode.JMS_INVALID_DESTINATION,
                    "only the connection that made " + destination.name + " may consume from it");
        }
        if (!topic.readable() || (config.brokerPermission() & TopicConfig.READ) == 0) {
            throw new DeliveryException(
                    ResponseCode.JMS_SECURITY, "destination " + destination.name + " may not be read");
        }
    }

    private Consumer open(JmsPeer peer, CreateConsumer create, TopicConfig topic) throws DeliveryException {
        String selector = create.selector();
        MessageTest test = selector == null ? null : selectors.compile(selector);
        boolean noLocal = create.noLocal() && create.kind() != CreateConsumer.Kind.QUEUE;
        String key = (noLocal ? "L" + peer.id() : "") + (selector == null ? "" : "S" + selector);
        SubscriptionGroup group = create.kind() == CreateConsumer.Kind.QUEUE
                ? topics.queueGroup(topic)
                : subscriptions.join(peer, create, topic.name());
        return engine.open(
                group,
                new DeliveryEngine.Opening(
                        create.consumerId(),
                        create.sessionId(),
                        peer,
                        key,
                        noLocal ? NoLocal.of(peer, test) : test,
                        create.credit()));
    }

    void unsubscribe(Request request) {
        JmsConnections.run(request, peer -> {
            String subscription = TextOperation.decode(request.body()).text();
            subscriptions.unsubscribe(peer, subscription);
            turn.successAfterLog(request);
        });
    }

    void close(Request request) {
        JmsConnections.run(request, peer -> {
            ConsumerPosition position = ConsumerPosition.decode(request.body());
            Consumer consumer = peer.consumer(position.consumerId());
            if (consumer != null) {
                // else it was closed with its session a moment before
                engine.close(consumer, position.handedOut());
                if (consumer.held() == 0) {
                    peer.remove(consumer);
                }
            }
            turn.successAfterLog(request);
        });
    }

    void closeSession(Request request) {
        JmsConnections.run(request, peer -> {
            ConsumerPosition.OfSession session = ConsumerPosition.OfSession.decode(request.body());
            Map<Integer, Long> positions = new HashMap<>();
            session.consumers().forEach(position -> positions.put(position.consumerId(), position.handedOut()));
            for (Consumer consumer : List.copyOf(peer.consumers())) {
                if (consumer.sessionId() == session.sessionId()) {
                    long handedOut = positions.getOrDefault(consumer.id(), Long.MAX_VALUE);
                    engine.running(consumer, false);
                    engine.returnAll(consumer, handedOut);
                    engine.close(consumer, handedOut);
                    peer.remove(consumer);
                }
            }
            turn.successAfterLog(request);
        });
    }

    void recover(Request request) {
        JmsConnections.run(request, peer -> {
            ConsumerPosition.OfSession session = ConsumerPosition.OfSession.decode(request.body());
            for (ConsumerPosition position : session.consumers()) {
                Consumer consumer = peer.consumer(position.consumerId());
                if (consumer != null && consumer.sessionId() == session.sessionId()) {
                    engine.returnAll(consumer, position.handedOut());
                    engine.newEpoch(consumer, position.epoch());
                }
            }
            for (Consumer consumer : List.copyOf(peer.consumers())) {
                if (!consumer.isOpen() && consumer.sessionId() == session.sessionId()) {
                    engine.returnAll(consumer, Long.MAX_VALUE);
                    peer.remove(consumer);
                }
            }
            turn.successAfterLog(request);
        });
    }

    void credit(Request request) {
        JmsConnections.run(request, peer -> {
            Credit credit = Credit.decode(request.body());
            Consumer consumer = peer.consumer(credit.consumerId());
            if (consumer != null && consumer.isOpen() && credit.credit() > 0) {
                engine.addCredit(consumer, credit.credit());
            }
            request.done();
        });
    }

    void drain(Request request) {
        JmsConnections.run(request, peer -> {
            Credit credit = Credit.decode(request.body());
            Consumer consumer = peer.consumer(credit.consumerId());
            if (consumer == null) {
                turn.successAfterLog(request);
                return;
            }
            engine.addCredit(consumer, Math.max(0, credit.credit()));
            turn.whenQuiet(() -> {
                if (credit.withdraw()) {
                    engine.withdrawCredit(consumer);
                }
                turn.successAfterLog(request);
            });
        });
    }

    void acknowledge(Request request) {
        JmsConnections.run(request, peer -> {
            Acknowledge acknowledge = Acknowledge.decode(request.body());
            engine.acknowledge(acknowledge, id -> ofSession(peer, id, acknowledge.sessionId()));
            forgetClosed(peer, acknowledge.ranges());
            turn.successAfterLog(request);
        });
    }

    void release(Request request) {
        JmsConnections.run(request, peer -> {
            Release messages = Release.decode(request.body());
            engine.release(messages, id -> ofSession(peer, id, messages.sessionId()));
            forgetClosed(peer, messages.ranges());
            turn.successAfterLog(request);
        });
    }

    private static @Nullable Consumer ofSession(JmsPeer peer, int consumerId, int sessionId) {
        Consumer consumer = peer.consumer(consumerId);
        return consumer != null && consumer.sessionId() == sessionId ? consumer : null;
    }

    /** Closed consumers stay for as long as their session holds messages of them. */
    private static void forgetClosed(JmsPeer peer, List<Acknowledge.Range> settled) {
        for (Acknowledge.Range range : settled) {
            Consumer consumer = peer.consumer(range.consumerId());
            if (consumer != null && !consumer.isOpen() && consumer.held() == 0) {
                peer.remove(consumer);
            }
        }
    }

    void start(Request request, boolean started) {
        JmsConnections.run(request, peer -> {
            peer.running(started);
            boolean writable = peer.connection().isWritable();
            peer.consumers().forEach(consumer -> engine.running(consumer, started && writable));
            turn.successAfterLog(request);
        });
    }
}
