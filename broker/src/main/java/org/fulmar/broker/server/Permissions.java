package org.fulmar.broker.server;

import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.protocol.command.TopicConfig;

/**
 * What follows when administrators change what may be read and written: whoever has looked before looks anew. Owned by
 * the core.
 */
final class Permissions {
    private final TopicTable topics;
    private final JmsConnections connections;
    private final DeliveryEngine engine;
    private final LongSupplier clock;

    Permissions(TopicTable topics, JmsConnections connections, DeliveryEngine engine, LongSupplier clock) {
        this.topics = topics;
        this.connections = connections;
        this.engine = engine;
        this.clock = clock;
    }

    /** A topic has another permission: its consumers get messages again if they may. */
    void topicChanged(String topic) {
        connections.permissionsChanged();
        engine.wakeTopic(topic);
    }

    /** What the broker allows for all topics may have changed. */
    void brokerChanged() {
        connections.permissionsChanged();
        topics.all().forEach(topic -> engine.wakeTopic(topic.name()));
        topics.renewVersion(clock.getAsLong());
    }

    /** A topic as clients are told of it: with no more than the broker as a whole allows. Any thread may ask. */
    static TopicConfig offered(TopicConfig topic, BrokerConfig config) {
        return topic.withPerm(topic.perm() & (config.brokerPermission() | TopicConfig.INHERIT));
    }
}
