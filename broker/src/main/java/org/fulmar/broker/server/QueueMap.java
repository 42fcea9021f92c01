package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.nio.charset.StandardCharsets;
import org.fulmar.protocol.command.JsonBody;

/**
 * A JSON map with message queues for keys. In RocketMQ's dialect the keys are objects themselves, as in
 * <code>{{"brokerName":"a","queueId":0,"topic":"T"}:7}</code>; Apache's tools read it, other JSON parsers do not. Not
 * thread-safe, short-lived.
 */
final class QueueMap {
    private final String brokerName;
    private final StringBuilder text = new StringBuilder("{");

    QueueMap(String brokerName) {
        this.brokerName = brokerName;
    }

    QueueMap put(String topic, int queueId, JsonNode value) {
        JsonNode key = JsonBody.object()
                .put("brokerName", brokerName)
                .put("queueId", queueId)
                .put("topic", topic);
        text.append(text.length() == 1 ? "" : ",").append(json(key)).append(':').append(json(value));
        return this;
    }

    QueueMap put(String topic, int queueId, long value) {
        return put(topic, queueId, LongNode.valueOf(value));
    }

    private static String json(JsonNode node) {
        return new String(JsonBody.bytes(node), StandardCharsets.US_ASCII);
    }

    /** The map, to be put into a tree with {@code putRawValue}. */
    RawValue raw() {
        return new RawValue(text + "}");
    }
}
