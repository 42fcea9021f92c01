package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.fulmar.broker.pop.Positions;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;

/**
 * The offsets that RocketMQ consumer groups have committed. Owned by the core; saved at checkpoints, as RocketMQ does,
 * so that a crash can take the last few seconds of commits. That a topic or a group is deleted, and what an administrator
 * sets, is in the log: no crash gives a new one the offsets of an old one.
 */
final class ConsumerOffsets implements View, Positions {
    private static final byte GROUP_DELETED = 112;

    /** Most pairs of topic and group. */
    private static final int MAX_PAIRS = 200_000;

    private final Map<String, Map<Integer, Long>> offsets = new HashMap<>();
    private final OffsetResets resets = new OffsetResets();
    private long changes;
    /** Where in the log the saved state was captured; the highest number if it does not say. */
    private long restoredFrom = Long.MAX_VALUE;

    /** Offsets that an administrator has set and consumers have not heard of yet. */
    OffsetResets resets() {
        return resets;
    }

    private static String key(String topic, String group) {
        return topic + "@" + group;
    }

    /**
     * Whether it was taken; not if there are too many groups already. While a reset waits for its consumer, what that
     * commits is passed over.
     */
    @Override
    public boolean commit(String topic, String group, int queueId, long offset) {
        return resets.offset(topic, group, queueId) >= 0 || put(topic, group, queueId, offset);
    }

    private boolean put(String topic, String group, int queueId, long offset) {
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

    /**
     * An administrator sets an offset: it counts from now on, and {@link #takeReset} tells it to the consumer.
     *
     * @return whether it was taken; not if there are too many groups already, or too many resets wait
     */
    boolean reset(String topic, String group, int queueId, long offset, FactSink facts) {
        return resets.hasRoom()
                && put(topic, group, queueId, offset)
                && resets.assign(topic, group, queueId, offset, facts);
    }

    /** The offset that the consumer who pulls is to go on with instead; -1 if there is none. It is told once. */
    @Override
    public long takeReset(String topic, String group, int queueId, FactSink facts) {
        long offset = resets.take(topic, group, queueId, facts);
        if (offset >= 0) {
            put(topic, group, queueId, offset);
        }
        return offset;
    }

    /** The groups that have committed an offset of a topic. */
    Set<String> groupsOf(String topic) {
        Set<String> groups = new TreeSet<>();
        offsets.keySet().stream()
                .filter(key -> key.startsWith(topic + "@"))
                .forEach(key -> groups.add(key.substring(topic.length() + 1)));
        return groups;
    }

    /** All groups that have committed an offset. */
    Set<String> groups() {
        Set<String> groups = new TreeSet<>();
        offsets.keySet().forEach(key -> groups.add(key.substring(key.indexOf('@') + 1)));
        return groups;
    }

    /** What a group has committed of a topic, by queue. */
    Map<Integer, Long> of(String topic, String group) {
        return offsets.getOrDefault(key(topic, group), Map.of());
    }

    /** The committed offset, or -1. */
    long query(String topic, String group, int queueId) {
        long reset = resets.offset(topic, group, queueId);
        if (reset >= 0) {
            return reset;
        }
        Map<Integer, Long> perQueue = offsets.get(key(topic, group));
        return perQueue == null ? -1 : perQueue.getOrDefault(queueId, -1L);
    }

    @Override
    public long committed(String topic, String group, int queueId) {
        return query(topic, group, queueId);
    }

    @Override
    public void topicDeleted(String topic) {
        offsets.keySet().removeIf(key -> key.startsWith(topic + "@"));
    }

    /** Forgets what a group has committed, and what was set for it. */
    void groupDeleted(String group, FactSink facts) {
        // their facts first: by itself each of them says what is committed
        boolean waited = resets.groupDeleted(group, facts);
        if (applyGroupDeleted(group) || waited) {
            byte[] name = group.getBytes(StandardCharsets.UTF_8);
            facts.fact(out -> out.writeByte(GROUP_DELETED).writeBytes(name));
        }
    }

    private boolean applyGroupDeleted(String group) {
        boolean known = offsets.keySet().removeIf(key -> group.equals(groupOf(key)));
        changes += known ? 1 : 0;
        return known;
    }

    /** No topic's name has an at sign. */
    private static String groupOf(String key) {
        return key.substring(key.indexOf('@') + 1);
    }

    private static String topicOf(String key) {
        return key.substring(0, key.indexOf('@'));
    }

    /** The topics of which a group has committed offsets. */
    List<String> topics(String group) {
        return offsets.keySet().stream()
                .filter(key -> group.equals(groupOf(key)))
                .map(ConsumerOffsets::topicOf)
                .toList();
    }

    /** Sets for a group the offsets that another one has committed, as {@link #reset} does; whether there was room. */
    boolean copy(String topic, String from, String to, FactSink facts) {
        Map<Integer, Long> there = offsets.get(key(topic, from));
        boolean taken = true;
        for (Map.Entry<Integer, Long> each :
                there == null ? Map.<Integer, Long>of().entrySet() : there.entrySet()) {
            taken &= reset(topic, to, each.getKey(), each.getValue(), facts);
        }
        return taken;
    }

    /** All of them, as RocketMQ's slaves and tools read them. */
    ObjectNode toJson() {
        ObjectNode json = JsonBody.object();
        json.set("dataVersion", new DataVersion(0, 0, changes).toJson());
        ObjectNode table = json.putObject("offsetTable");
        new TreeMap<>(offsets).forEach((key, perQueue) -> {
            ObjectNode node = table.putObject(key);
            perQueue.forEach((queue, offset) -> node.put(Integer.toString(queue), offset));
        });
        return json;
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
            ObjectNode json = JsonBody.object().put("logPosition", logPosition);
            ObjectNode table = json.putObject("offsetTable");
            copy.forEach((key, perQueue) -> {
                ObjectNode node = table.putObject(key);
                new TreeMap<>(perQueue).forEach((queue, offset) -> node.put(Integer.toString(queue), offset));
            });
            return JsonBody.prettyBytes(json);
        };
    }

    @Override
    public boolean isInLog() {
        return false;
    }

    /** A file of an earlier release does not say where it was captured: only what was deleted is replayed for that. */
    @Override
    public long restore(byte @Nullable [] content) {
        offsets.clear();
        restoredFrom = Long.MAX_VALUE;
        if (content == null) {
            return Long.MAX_VALUE;
        }
        JsonNode json = JsonBody.parse(content);
        json.path("offsetTable").properties().forEach(entry -> {
            Map<Integer, Long> perQueue = new TreeMap<>();
            entry.getValue()
                    .properties()
                    .forEach(queue -> perQueue.put(
                            Integer.parseInt(queue.getKey()), queue.getValue().asLong()));
            offsets.put(entry.getKey(), perQueue);
        });
        if (!json.path("logPosition").isIntegralNumber()) {
            return UNKNOWN;
        }
        restoredFrom = json.path("logPosition").asLong();
        return restoredFrom;
    }

    @Override
    public long restoredFrom() {
        return restoredFrom;
    }

    @Override
    public void apply(ByteBuffer fact) {
        if (fact.get(fact.position()) == GROUP_DELETED) {
            fact.get();
            applyGroupDeleted(StandardCharsets.UTF_8.decode(fact).toString());
        } else if (restoredFrom < Long.MAX_VALUE) {
            OffsetResets.tell(fact, this::put);
        }
    }
}
