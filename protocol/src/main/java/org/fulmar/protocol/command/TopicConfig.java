package org.fulmar.protocol.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.protocol.frame.FrameException;

/**
 * A topic's configuration, in RocketMQ's terms and JSON.
 *
 * @param readQueueNums queues offered to consumers, 1 to {@link #MAX_QUEUES}
 * @param writeQueueNums queues offered to producers, 1 to {@link #MAX_QUEUES}
 * @param perm bits of {@link #READ}, {@link #WRITE}, {@link #INHERIT}
 * @param attributes attribute names (without the sign that they carry in commands) and values
 */
public record TopicConfig(
        String name,
        int readQueueNums,
        int writeQueueNums,
        int perm,
        int topicSysFlag,
        boolean order,
        Map<String, String> attributes) {
    public static final int INHERIT = 1;
    public static final int WRITE = 2;
    public static final int READ = 4;
    public static final int MAX_QUEUES = 1024;

    public TopicConfig {
        attributes = Map.copyOf(attributes);
        if (readQueueNums < 0 || readQueueNums > MAX_QUEUES || writeQueueNums < 0 || writeQueueNums > MAX_QUEUES) {
            throw new FrameException("topic " + name + ": queue counts must be 0 to " + MAX_QUEUES + ": "
                    + readQueueNums + ", " + writeQueueNums);
        }
    }

    public TopicConfig(String name, int queues, int perm) {
        this(name, queues, queues, perm, 0, false, Map.of());
    }

    public TopicConfig withQueues(int read, int write) {
        return new TopicConfig(name, read, write, perm, topicSysFlag, order, attributes);
    }

    public TopicConfig withPerm(int newPerm) {
        return new TopicConfig(name, readQueueNums, writeQueueNums, newPerm, topicSysFlag, order, attributes);
    }

    public boolean readable() {
        return (perm & READ) != 0;
    }

    public boolean writable() {
        return (perm & WRITE) != 0;
    }

    public boolean inherited() {
        return (perm & INHERIT) != 0;
    }

    public ObjectNode toJson() {
        ObjectNode json = JsonBody.object();
        ObjectNode attributeJson = json.putObject("attributes");
        new TreeMap<>(attributes).forEach(attributeJson::put);
        return json.put("order", order)
                .put("perm", perm)
                .put("readQueueNums", readQueueNums)
                .put("topicFilterType", "SINGLE_TAG")
                .put("topicName", name)
                .put("topicSysFlag", topicSysFlag)
                .put("writeQueueNums", writeQueueNums);
    }

    public static TopicConfig fromJson(JsonNode json) {
        Map<String, String> attributes = new TreeMap<>();
        json.path("attributes")
                .properties()
                .forEach(e -> attributes.put(e.getKey(), e.getValue().asText()));
        return new TopicConfig(
                json.path("topicName").asText(),
                json.path("readQueueNums").asInt(8),
                json.path("writeQueueNums").asInt(8),
                json.path("perm").asInt(READ | WRITE),
                json.path("topicSysFlag").asInt(0),
                json.path("order").asBoolean(false),
                attributes);
    }
}
