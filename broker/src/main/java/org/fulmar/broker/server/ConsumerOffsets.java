package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.fulmar.broker.pop.Positions;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;

/**
 * The offsets that RocketMQ consumer groups have committed. Owned by the core; saved at checkpoints, as RocketMQ does,
 * so that a crash can take the last few seconds of commits.
 */
final class ConsumerOffsets implements View, Positions {
    /** Most pairs of topic and group. */
    private static final int MAX_PAIRS = 200_000;

    private final Map<String, Map<Integer, Long>> offsets = new HashMap<>();
    private long changes;

    private static String key(String topic, String group) {
        return topic + "@" + group;
    }

    /** Whether it was taken; not if there are too many groups already. */
    @Override
    public boolean commit(String topic, String group, int queueId, long offset) {
        if (group.length() > ClientTable.MAX_NAME) {
            throw new FrameException("a consumer group name has at most " + ClientTable.MAX_NAME + " characters");
        }
        String key = key(topic, group);
        if (!offsets.containsKey(key) && offsets.size() >= MAX_PAIRS) {
            return false;
        }
        changes++;
        offsets.computeIfAbsent(key, k -> new TreeMap<>()).put(queueId, offset);
        return true;
    }

    /** Counts up with each commit. */
    long changes() {
        return changes;
    }

    /** The committed offset, or -1. */
    long query(String topic, String group, int queueId) {
        Map<Integer, Long> perQueue = offsets.get(key(topic, group));
        return perQueue == null ? -1 : perQueue.getOrDefault(queueId, -1L);
    }

    @Override
    public long committed(String topic, String group, int queueId) {
        return query(topic, group, queueId);
    }

    void topicDeleted(String topic) {
        offsets.keySet().removeIf(key -> key.startsWith(topic + "@"));
    }

    @Override
    public String fileName() {
        return "consumerOffset.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        Map<String, Map<Integer, Long>> copy = new TreeMap<>();
        offsets.forEach((key, perQueue) -> copy.put(key, Map.copyOf(perQueue)));
        return () -> {
            ObjectNode json = JsonBody.object();
            ObjectNode table = json.putObject("offsetTable");
            copy.forEach((key, perQueue) -> {
                ObjectNode node = table.putObject(key);
                new TreeMap<>(perQueue).forEach((queue, offset) -> node.put(Integer.toString(queue), offset));
            });
            return JsonBody.prettyBytes(json);
        };
    }

    /** Nothing of it is in the log, so nothing has to be replayed. */
    @Override
    public long restore(byte @Nullable [] content) {
        if (content != null) {
            JsonNode table = JsonBody.parse(content).path("offsetTable");
            table.properties().forEach(entry -> {
                Map<Integer, Long> perQueue = new TreeMap<>();
                entry.getValue()
                        .properties()
                        .forEach(queue -> perQueue.put(
                                Integer.parseInt(queue.getKey()),
                                queue.getValue().asLong()));
                offsets.put(entry.getKey(), perQueue);
            });
        }
        return Long.MAX_VALUE;
    }

    @Override
    public void apply(ByteBuffer fact) {
        // no facts are kept of native offsets
    }
}
