package org.fulmar.nameserver;

import java.util.Arrays;
import java.util.List;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.TopicConfig;

/** Registrations for tests. */
final class Registrations {
    static final String CLUSTER = "DefaultCluster";

    private Registrations() {}

    /** Of all topics: those named, and two that every broker has. */
    static BrokerRegistration full(String broker, long id, String address, long counter, TopicConfig... topics) {
        TopicConfig[] all = Arrays.copyOf(topics, topics.length + 2);
        all[topics.length] = new TopicConfig("TBW102", 8, 7);
        all[topics.length + 1] = new TopicConfig(broker, 1, 7);
        return of(broker, id, address, new DataVersion(0, 1, counter), all);
    }

    static BrokerRegistration of(String broker, long id, String address, DataVersion version, TopicConfig... topics) {
        return new BrokerRegistration(CLUSTER, broker, address, id, "ha-" + address, 0, version, List.of(topics));
    }

    static TopicConfig topic(String name) {
        return new TopicConfig(name, 4, TopicConfig.READ | TopicConfig.WRITE);
    }
}
