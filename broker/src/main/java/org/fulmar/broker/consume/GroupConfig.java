package org.fulmar.broker.consume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.FrameException;

/**
 * The configuration of a RocketMQ consumer group, with the names that RocketMQ's JSON has.
 *
 * @param consumeEnable whether the group may pull at all
 * @param consumeBroadcastEnable whether its members may each consume everything
 * @param retryQueueNums queues of the retry topic; 0 drops what is sent back
 * @param retryMaxTimes deliveries after the first one before a message goes to the dead-letter topic
 * @param notifyMembers whether members are told when others come and go
 * @param more what RocketMQ's tools set and show, and this broker only keeps
 */
public record GroupConfig(
        String name,
        boolean consumeEnable,
        boolean consumeBroadcastEnable,
        boolean consumeMessageOrderly,
        int retryQueueNums,
        int retryMaxTimes,
        boolean notifyMembers,
        Map<String, String> attributes,
        More more) {
    /** RocketMQ's own default. */
    public static final int RETRY_MAX_TIMES = 16;

    /** Most characters of a configuration's text. */
    static final int MAX_CHARACTERS = 16_384;

    /** Most bytes that a configuration may take of the heap, by {@link #heapBytes}. */
    static final long MAX_BYTES = 65_536;

    private static final int CONSUME_TIMEOUT_MINUTES = 15;

    /** Kept and shown. {@code policy} and {@code subscriptions} are JSON text. */
    public record More(
            boolean consumeFromMin,
            long brokerId,
            long whenSlowBrokerId,
            int sysFlag,
            int timeoutMinutes,
            String policy,
            String subscriptions) {}

    public GroupConfig {
        attributes = Map.copyOf(attributes);
        if (retryQueueNums < 0 || retryQueueNums > TopicConfig.MAX_QUEUES) {
            throw new FrameException("group " + name + ": retryQueueNums must be 0 to " + TopicConfig.MAX_QUEUES
                    + ", not " + retryQueueNums);
        }
    }

    /** The configuration that a group has which nobody has configured. */
    public static GroupConfig usual(String name) {
        return fromJson(JsonBody.object().put("groupName", name));
    }

    public GroupConfig withAttributes(Map<String, String> newAttributes) {
        return new GroupConfig(
                name,
                consumeEnable,
                consumeBroadcastEnable,
                consumeMessageOrderly,
                retryQueueNums,
                retryMaxTimes,
                notifyMembers,
                newAttributes,
                more);
    }

    /** A careful estimate of what it takes of the heap, in bytes. */
    long heapBytes() {
        long bytes = 300 + 2L * (name.length() + more.policy.length() + more.subscriptions.length());
        for (Map.Entry<String, String> each : attributes.entrySet()) {
            bytes += 150 + 2L * (each.getKey().length() + each.getValue().length());
        }
        return bytes;
    }

    public ObjectNode toJson() {
        ObjectNode json = JsonBody.object();
        ObjectNode attributeJson = json.putObject("attributes");
        new TreeMap<>(attributes).forEach(attributeJson::put);
        json.put("brokerId", more.brokerId)
                .put("consumeBroadcastEnable", consumeBroadcastEnable)
                .put("consumeEnable", consumeEnable)
                .put("consumeFromMinEnable", more.consumeFromMin)
                .put("consumeMessageOrderly", consumeMessageOrderly)
                .put("consumeTimeoutMinute", more.timeoutMinutes)
                .put("groupName", name);
        json.set("groupRetryPolicy", JsonBody.parse(more.policy.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        json.put("groupSysFlag", more.sysFlag)
                .put("notifyConsumerIdsChangedEnable", notifyMembers)
                .put("retryMaxTimes", retryMaxTimes)
                .put("retryQueueNums", retryQueueNums);
        if (!more.subscriptions.isEmpty()) {
            json.set(
                    "subscriptionDataSet",
                    JsonBody.parse(more.subscriptions.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        }
        return json.put("whichBrokerWhenConsumeSlowly", more.whenSlowBrokerId);
    }

    /** What is missing has RocketMQ's default; what is not known is left out. */
    public static GroupConfig fromJson(JsonNode json) {
        Map<String, String> attributes = new TreeMap<>();
        json.path("attributes")
                .properties()
                .forEach(each -> attributes.put(each.getKey(), each.getValue().asText()));
        JsonNode policy = json.path("groupRetryPolicy");
        JsonNode subscriptions = json.path("subscriptionDataSet");
        return new GroupConfig(
                json.path("groupName").asText(),
                json.path("consumeEnable").asBoolean(true),
                json.path("consumeBroadcastEnable").asBoolean(true),
                json.path("consumeMessageOrderly").asBoolean(false),
                json.path("retryQueueNums").asInt(1),
                json.path("retryMaxTimes").asInt(RETRY_MAX_TIMES),
                json.path("notifyConsumerIdsChangedEnable").asBoolean(true),
                attributes,
                new More(
                        json.path("consumeFromMinEnable").asBoolean(true),
                        json.path("brokerId").asLong(0),
                        json.path("whichBrokerWhenConsumeSlowly").asLong(1),
                        json.path("groupSysFlag").asInt(0),
                        json.path("consumeTimeoutMinute").asInt(CONSUME_TIMEOUT_MINUTES),
                        policy.isObject() ? policy.toString() : "{\"type\":\"CUSTOMIZED\"}",
                        subscriptions.isArray() ? subscriptions.toString() : ""));
    }
}
