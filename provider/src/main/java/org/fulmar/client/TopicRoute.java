package org.fulmar.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;

/**
 * Where a topic is: its brokers and their queues, sorted by broker name. Immutable.
 *
 * @param orderConfig queues of an ordered topic as {@code broker:count;broker:count}, if the name server said so
 */
public record TopicRoute(
        String topic,
        List<Broker> brokers,
        List<Queues> queues,
        @Nullable String orderConfig) {
    /** The number of a broker group's master. */
    public static final long MASTER = 0;

    private static final int MAX_BROKERS = 10_000;

    /**
     * A broker group.
     *
     * @param addresses by broker number, of which {@link #MASTER} is the master
     * @param zone the machine room, if it was told
     */
    public record Broker(
            String name,
            String cluster,
            Map<Long, String> addresses,
            @Nullable String zone) {
        public Broker {
            addresses = Collections.unmodifiableMap(new TreeMap<>(addresses));
        }

        public @Nullable String master() {
            return addresses.get(MASTER);
        }
    }

    /** How many queues of a topic a broker has, and what they are for. */
    public record Queues(String brokerName, int readQueues, int writeQueues, int perm) {
        boolean isReadable() {
            return (perm & TopicConfig.READ) != 0;
        }

        boolean isWritable() {
            return (perm & TopicConfig.WRITE) != 0;
        }
    }

    public TopicRoute {
        brokers = brokers.stream().sorted(Comparator.comparing(Broker::name)).toList();
        queues =
                queues.stream().sorted(Comparator.comparing(Queues::brokerName)).toList();
    }

    /**
     * Reads a name server's answer, in any of its dialects.
     *
     * @throws FrameException if it is malformed
     */
    public static TopicRoute parse(String topic, ByteBuf body) {
        JsonNode json = JsonBody.parse(body);
        List<Broker> brokers = new ArrayList<>();
        for (JsonNode broker : json.path("brokerDatas")) {
            Map<Long, String> addresses = new TreeMap<>();
            broker.path("brokerAddrs").properties().forEach(address -> {
                String text = address.getValue().asText();
                if (Addresses.isValid(text)) {
                    addresses.put(brokerId(address.getKey()), text);
                }
            });
            brokers.add(new Broker(
                    text(broker, "brokerName"),
                    broker.path("cluster").asText(""),
                    addresses,
                    broker.hasNonNull("zoneName") ? broker.get("zoneName").asText() : null));
        }
        List<Queues> queues = new ArrayList<>();
        for (JsonNode queue : json.path("queueDatas")) {
            queues.add(new Queues(
                    text(queue, "brokerName"),
                    count(queue, "readQueueNums"),
                    count(queue, "writeQueueNums"),
                    queue.path("perm").asInt()));
        }
        if (brokers.size() > MAX_BROKERS || queues.size() > MAX_BROKERS) {
            throw new FrameException("the route of " + topic + " has more than " + MAX_BROKERS + " brokers");
        }
        String order = json.path("orderTopicConf").asText("");
        TopicRoute route = new TopicRoute(topic, brokers, queues, order.isEmpty() ? null : order);
        route.writeQueues();
        return route;
    }

    private static long brokerId(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new FrameException("a broker has the number \"" + text + "\"", e);
        }
    }

    private static String text(JsonNode node, String name) {
        String text = node.path(name).asText("");
        if (text.isEmpty()) {
            throw new FrameException("the route lacks a " + name);
        }
        return text;
    }

    private static int count(JsonNode node, String name) {
        int count = node.path(name).asInt(-1);
        if (count < 0 || count > 1 << 16) {
            throw new FrameException("the route has a " + name + " of " + node.path(name));
        }
        return count;
    }

    public @Nullable Broker broker(String name) {
        for (Broker broker : brokers) {
            if (broker.name().equals(name)) {
                return broker;
            }
        }
        return null;
    }

    /** The queues that may be sent to: those of brokers with a master, as an ordered topic's configuration says. */
    public List<MessageQueue> writeQueues() {
        if (orderConfig != null) {
            return orderedQueues(orderConfig);
        }
        List<MessageQueue> found = new ArrayList<>();
        for (Queues of : queues) {
            Broker broker = broker(of.brokerName());
            if (of.isWritable() && broker != null && broker.master() != null) {
                add(found, of.brokerName(), of.writeQueues());
            }
        }
        return Collections.unmodifiableList(found);
    }

    /** The queues that may be consumed: all, as an ordered topic's configuration may have been another before. */
    public List<MessageQueue> readQueues() {
        List<MessageQueue> found = new ArrayList<>();
        for (Queues of : queues) {
            Broker broker = broker(of.brokerName());
            if (of.isReadable() && broker != null && !broker.addresses().isEmpty()) {
                add(found, of.brokerName(), of.readQueues());
            }
        }
        return Collections.unmodifiableList(found);
    }

    private List<MessageQueue> orderedQueues(String config) {
        List<MessageQueue> found = new ArrayList<>();
        for (String part : config.split(";")) {
            int colon = part.lastIndexOf(':');
            String name = colon < 0 ? part : part.substring(0, colon);
            if (broker(name) != null && colon > 0) {
                try {
                    add(found, name, Math.min(Integer.parseInt(part.substring(colon + 1)), TopicConfig.MAX_QUEUES));
                } catch (NumberFormatException e) {
                    throw new FrameException("the order of " + topic + " is configured as \"" + config + "\"", e);
                }
            }
        }
        return Collections.unmodifiableList(found);
    }

    private void add(List<MessageQueue> found, String brokerName, int count) {
        for (int i = 0; i < count; i++) {
            found.add(new MessageQueue(topic, brokerName, i));
        }
    }

    /** What a topic that does not exist yet will be like, if this is the route of the topic new ones are made after. */
    TopicRoute forNew(String newTopic, int mostQueues) {
        List<Queues> fewer = new ArrayList<>();
        for (Queues of : queues) {
            if ((of.perm() & TopicConfig.INHERIT) != 0) {
                int count = Math.min(mostQueues, of.writeQueues());
                fewer.add(new Queues(of.brokerName(), count, count, of.perm() & ~TopicConfig.INHERIT));
            }
        }
        return new TopicRoute(newTopic, brokers, fewer, null);
    }
}
