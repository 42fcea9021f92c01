package org.fulmar.nameserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fulmar.protocol.command.JsonBody;
import org.jspecify.annotations.Nullable;

/**
 * Writes routes as the bodies that RocketMQ's clients read, names sorted. Stateless. The two dialects differ in broker
 * ids as names: old clients that cut the text by hand need them without quotes, which is no standard JSON.
 */
final class RouteJson {
    /** How broker ids are written. */
    enum Dialect {
        STANDARD,
        LEGACY
    }

    private RouteJson() {}

    /**
     * @param orderConfig the topic's entry in the KV configuration of ordered topics, if it is to be told
     */
    static JsonNode route(TopicRoute route, @Nullable String orderConfig, Dialect dialect) {
        ObjectNode json = JsonBody.object();
        ArrayNode brokers = json.putArray("brokerDatas");
        route.groups().forEach(group -> brokers.add(group(group, dialect)));
        json.putObject("filterServerTable");
        if (orderConfig != null) {
            json.put("orderTopicConf", orderConfig);
        }
        ArrayNode queues = json.putArray("queueDatas");
        for (QueueRoute queue : route.queues()) {
            queues.addObject()
                    .put("brokerName", queue.brokerName())
                    .put("perm", queue.perm())
                    .put("readQueueNums", queue.readQueueNums())
                    .put("topicSysFlag", queue.topicSysFlag())
                    .put("writeQueueNums", queue.writeQueueNums());
        }
        return json;
    }

    static JsonNode clusterInfo(RouteTable.ClusterInfo info, Dialect dialect) {
        ObjectNode json = JsonBody.object();
        ObjectNode brokers = json.putObject("brokerAddrTable");
        info.groups().forEach((name, group) -> brokers.set(name, group(group, dialect)));
        ObjectNode clusters = json.putObject("clusterAddrTable");
        info.clusters().forEach((cluster, names) -> names.forEach(clusters.putArray(cluster)::add));
        return json;
    }

    private static ObjectNode group(BrokerGroup group, Dialect dialect) {
        ObjectNode json = JsonBody.object();
        if (dialect == Dialect.LEGACY) {
            StringJoiner addresses = new StringJoiner(",", "{", "}");
            group.addresses().forEach((id, address) -> addresses.add(id + ":" + quoted(address)));
            json.putRawValue("brokerAddrs", new RawValue(addresses.toString()));
        } else {
            ObjectNode addresses = json.putObject("brokerAddrs");
            group.addresses().forEach((id, address) -> addresses.put(Long.toString(id), address));
        }
        json.put("brokerName", group.name())
                .put("cluster", group.cluster())
                .put("enableActingMaster", group.traits().actingMaster());
        if (group.traits().zone() != null) {
            json.put("zoneName", group.traits().zone());
        }
        return json;
    }

    private static String quoted(String text) {
        return new String(JsonBody.bytes(TextNode.valueOf(text)), StandardCharsets.UTF_8);
    }

    static ObjectNode topics(Collection<String> topics) {
        ObjectNode json = JsonBody.object();
        new TreeSet<>(topics).forEach(json.putArray("topicList")::add);
        return json;
    }

    static JsonNode table(Map<String, String> entries) {
        ObjectNode json = JsonBody.object();
        new TreeMap<>(entries).forEach(json.putObject("table")::put);
        return json;
    }
}
