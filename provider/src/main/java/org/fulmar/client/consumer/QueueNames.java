package org.fulmar.client.consumer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.client.MessageQueue;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;

/**
 * Queues in JSON bodies. Stateless.
 *
 * <p>RocketMQ writes tables of queues with a queue, an object, as the <em>name</em> of a member, which is no JSON:
 * {@code {{"topic":"T",…}:5}}. Such a table is rewritten before it is parsed.
 */
final class QueueNames {
    private static final int MAX_QUEUES = 65_536;

    private QueueNames() {}

    static ObjectNode json(MessageQueue queue) {
        return JsonBody.object()
                .put("brokerName", queue.brokerName())
                .put("queueId", queue.queueId())
                .put("topic", queue.topic());
    }

    static MessageQueue queue(JsonNode json) {
        String topic = json.path("topic").asText("");
        String broker = json.path("brokerName").asText("");
        if (topic.isEmpty() || broker.isEmpty()) {
            throw new FrameException("a queue without topic or broker: " + json);
        }
        return new MessageQueue(topic, broker, json.path("queueId").asInt());
    }

    /** A table as RocketMQ's tools read it. */
    static String table(Map<MessageQueue, ? extends JsonNode> table) {
        StringBuilder text = new StringBuilder("{");
        table.forEach((queue, value) -> text.append(text.length() > 1 ? "," : "")
                .append(text(json(queue)))
                .append(':')
                .append(text(value)));
        return text.append('}').toString();
    }

    static String quoted(String text) {
        return text(TextNode.valueOf(text));
    }

    static String text(JsonNode json) {
        return new String(JsonBody.bytes(json), StandardCharsets.UTF_8);
    }

    /**
     * The offsets in the member {@code offsetTable} of a body, which is a table or a list of queues with their offsets.
     *
     * @throws FrameException if the body is neither
     */
    static Map<MessageQueue, Long> offsets(byte[] body) {
        JsonNode table = JsonBody.parse(
                        rewritten(new String(body, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8))
                .path("offsetTable");
        Map<MessageQueue, Long> offsets = new TreeMap<>();
        if (table.size() > MAX_QUEUES) {
            throw new FrameException("offsets of more than " + MAX_QUEUES + " queues");
        }
        if (table.isArray()) {
            table.forEach(
                    entry -> offsets.put(queue(entry), entry.path("offset").asLong()));
        } else {
            table.properties()
                    .forEach(entry -> offsets.put(
                            queue(JsonBody.parse(entry.getKey().getBytes(StandardCharsets.UTF_8))),
                            entry.getValue().asLong()));
        }
        return offsets;
    }

    /** The same text with each object that is a member's name made a string that holds it. */
    static String rewritten(String text) {
        StringBuilder out = new StringBuilder(text.length() + 64);
        boolean quoted = false;
        char before = ' ';
        int at = 0;
        boolean[] inObject = new boolean[64];
        int depth = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            boolean nameExpected = depth > 0 && depth < 64 && inObject[depth] && (before == '{' || before == ',');
            if (!quoted && c == '{' && nameExpected) {
                int end = closing(text, at);
                String name = text.substring(at, end + 1);
                out.append('"')
                        .append(name.replace("\\", "\\\\").replace("\"", "\\\""))
                        .append('"');
                at = end + 1;
                before = '"';
                continue;
            }
            if (c == '\\' && quoted && at + 1 < text.length()) {
                out.append(c).append(text.charAt(at + 1));
                at += 2;
                continue;
            }
            if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == '{' || c == '[')) {
                depth++;
                if (depth >= 64) {
                    throw new FrameException("the body is nested too deeply");
                }
                inObject[depth] = c == '{';
            } else if (!quoted && (c == '}' || c == ']')) {
                depth = Math.max(0, depth - 1);
            }
            if (!Character.isWhitespace(c)) {
                before = quoted ? '"' : c;
            }
            out.append(c);
            at++;
        }
        return out.toString();
    }

    /** Where the object that begins at {@code start}, and has no other inside, ends. */
    private static int closing(String text, int start) {
        boolean quoted = false;
        for (int at = start + 1; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\' && quoted) {
                at++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == '}' && !quoted) {
                return at;
            }
        }
        throw new FrameException("a table of queues ends within a queue");
    }
}
