package org.fulmar.broker.pop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.Facts;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.jspecify.annotations.Nullable;

/** Which consumer groups pop from which topics, as administrators have set it; the others pull. Owned by the core. */
public final class RequestModes implements View {
    private static final byte SET = 96;
    private static final byte GROUP_REMOVED = 97;
    private static final int MAX_MODES = 100_000;

    /**
     * How a group consumes a topic.
     *
     * @param pop whether by POP; else by pull
     * @param shareQueues how many other members' queues a member pops from besides its own; 0 or less for all queues
     */
    public record Mode(boolean pop, int shareQueues) {
        public static final Mode PULL = new Mode(false, 0);

        public String text() {
            return pop ? "POP" : "PULL";
        }
    }

    private record Key(String topic, String group) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byTopic = topic.compareTo(other.topic);
            return byTopic != 0 ? byTopic : group.compareTo(other.group);
        }
    }

    private final TreeMap<Key, Mode> modes = new TreeMap<>();

    public Mode mode(String topic, String group) {
        return modes.getOrDefault(new Key(topic, group), Mode.PULL);
    }

    /** Whether it was taken; not if there are too many already. */
    public boolean set(String topic, String group, Mode mode, FactSink facts) {
        Key key = new Key(topic, group);
        if (!modes.containsKey(key) && modes.size() >= MAX_MODES) {
            return false;
        }
        facts.fact(out -> {
            out.writeByte(SET).writeBoolean(mode.pop).writeInt(mode.shareQueues);
            Facts.text(out, topic);
            Facts.text(out, group);
        });
        modes.put(key, mode);
        return true;
    }

    @Override
    public void topicDeleted(String topic) {
        modes.keySet().removeIf(key -> key.topic.equals(topic));
    }

    /** Forgets what was said of a consumer group, for whatever topics. */
    public void removeGroup(String group, FactSink facts) {
        if (modes.keySet().removeIf(key -> key.group.equals(group))) {
            facts.fact(out -> {
                out.writeByte(GROUP_REMOVED);
                Facts.text(out, group);
            });
        }
    }

    @Override
    public void apply(ByteBuffer fact) {
        byte type = fact.get();
        if (type == SET) {
            Mode mode = new Mode(fact.get() != 0, fact.getInt());
            modes.put(new Key(Facts.text(fact), Facts.text(fact)), mode);
        } else if (type == GROUP_REMOVED) {
            String group = Facts.text(fact);
            modes.keySet().removeIf(key -> key.group.equals(group));
        }
    }

    @Override
    public String fileName() {
        return "messageRequestMode.json";
    }

    /** All of them, as RocketMQ's tools have them. */
    public ObjectNode toJson() {
        return toJson(modes);
    }

    private static ObjectNode toJson(Map<Key, Mode> modes) {
        ObjectNode json = JsonBody.object();
        ObjectNode map = json.putObject("messageRequestModeMap");
        modes.forEach((key, mode) -> map.withObjectProperty(key.topic)
                .putObject(key.group)
                .put("topic", key.topic)
                .put("consumerGroup", key.group)
                .put("mode", mode.text())
                .put("popShareQueueNum", mode.shareQueues));
        return json;
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        Map<Key, Mode> copy = new TreeMap<>(modes);
        return () -> JsonBody.prettyBytes(toJson(copy).put("logPosition", logPosition));
    }

    @Override
    public long restore(byte @Nullable [] content) {
        modes.clear();
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        json.path("messageRequestModeMap")
                .properties()
                .forEach(topic -> topic.getValue()
                        .properties()
                        .forEach(group -> modes.put(
                                new Key(topic.getKey(), group.getKey()),
                                new Mode(
                                        group.getValue().path("mode").asText().equals("POP"),
                                        group.getValue()
                                                .path("popShareQueueNum")
                                                .asInt()))));
        return json.path("logPosition").asLong();
    }
}
