package org.fulmar.broker.hostile;

import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;

/** A valid request of every kind that a name server serves. Stateless. */
final class NameServerCorpus {
    private static final Map<String, String> BROKER =
            Map.of("clusterName", "hostile", "brokerName", "fuzz", "brokerAddr", "127.0.0.1:1", "brokerId", "0");

    private NameServerCorpus() {}

    static BrokerRegistration registration(String... topics) {
        List<TopicConfig> configs = new ArrayList<>();
        for (String topic : topics) {
            configs.add(new TopicConfig(topic, 4, 6));
        }
        return new BrokerRegistration(
                "hostile", "fuzz", "127.0.0.1:1", 0, "127.0.0.1:2", 120_000, new DataVersion(0, 1, 1), configs);
    }

    private static Template of(Frame frame) {
        return new Template(frame.code(), frame.fields(), ByteBufUtil.getBytes(frame.body()));
    }

    static List<Template> all() {
        Map<String, String> kv = Map.of("namespace", "ORDER_TOPIC_CONFIG", "key", "fuzz", "value", "fuzz:4");
        List<Template> all = new ArrayList<>();
        all.add(of(registration("fuzz-1", "fuzz-2").toFrame()));
        all.add(of(registration("fuzz-3").toFrame()));
        all.add(of(registration().toUnregistration()));
        all.add(new Template(
                RequestCode.QUERY_DATA_VERSION, BROKER, JsonBody.bytes(new DataVersion(0, 1, 1).toJson())));
        all.add(new Template(RequestCode.GET_ROUTEINFO_BY_TOPIC, Map.of("topic", "fuzz-1")));
        all.add(new Template(
                RequestCode.GET_ROUTEINFO_BY_TOPIC, Map.of("topic", "TBW102", "acceptStandardJsonOnly", "true")));
        all.add(new Template(RequestCode.GET_BROKER_CLUSTER_INFO, Map.of()));
        all.add(new Template(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, Map.of()));
        all.add(new Template(RequestCode.GET_TOPICS_BY_CLUSTER, Map.of("cluster", "hostile")));
        all.add(new Template(RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, Map.of()));
        all.add(new Template(RequestCode.WIPE_WRITE_PERM_OF_BROKER, Map.of("brokerName", "fuzz")));
        all.add(new Template(RequestCode.ADD_WRITE_PERM_OF_BROKER, Map.of("brokerName", "fuzz")));
        all.add(new Template(RequestCode.DELETE_TOPIC_IN_NAMESRV, Map.of("topic", "fuzz-2", "clusterName", "hostile")));
        all.add(new Template(RequestCode.PUT_KV_CONFIG, kv));
        all.add(new Template(RequestCode.GET_KV_CONFIG, kv));
        all.add(new Template(RequestCode.GET_KVLIST_BY_NAMESPACE, kv));
        all.add(new Template(RequestCode.DELETE_KV_CONFIG, kv));
        return all;
    }
}
