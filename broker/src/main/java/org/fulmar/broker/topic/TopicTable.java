package org.fulmar.broker.topic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * The topics of this broker: a state machine owned by the core, whose changes are facts in the log.
 *
 * <p>Temporary topics are kept beside them, in memory only: they are gone after a restart, and no fact speaks of them.
 */
public final class TopicTable implements View, MessageStore.Topics {
    /** The attribute that says what a topic is to JMS: {@code queue} or {@code topic}; absent for native ones. */
    public static final String KIND = "fulmar.kind";
    /** The attribute with the JMS name, where it differs from the topic's. */
    public static final String NAME = "fulmar.name";

    private static final byte PUT = 1;
    private static final byte DELETED = 2;

    private final Map<String, TopicConfig> topics = new HashMap<>();
    private final Map<String, TopicConfig> temporary = new HashMap<>();
    private final int maxTopics;
    private DataVersion version = new DataVersion(0, 0, 0);
    private Listener listener = topic -> {};

    /** Told when a topic is gone, live; in a replay the store tells each view by itself. */
    public interface Listener {
        void deleted(String topic);
    }

    /**
     * @param maxTopics most topics, temporary ones counted on their own
     */
    public TopicTable(int maxTopics) {
        this.maxTopics = maxTopics;
    }

    public void onDeleted(Listener newListener) {
        this.listener = newListener;
    }

    public @Nullable TopicConfig get(String topic) {
        TopicConfig config = topics.get(topic);
        return config == null ? temporary.get(topic) : config;
    }

    public boolean isTemporary(String topic) {
        return temporary.containsKey(topic);
    }

    /** The lasting topics. */
    public Collection<TopicConfig> all() {
        return topics.values();
    }

    public DataVersion version() {
        return version;
    }

    /** Whether one more topic fits. */
    public boolean hasRoom() {
        return hasRoom(1) && temporary.size() < maxTopics;
    }

    /** Whether so many more lasting topics fit. */
    public boolean hasRoom(int more) {
        return topics.size() + more <= maxTopics;
    }

    /** Makes or changes a topic. */
    public void put(TopicConfig config, long now, FactSink facts) {
        byte[] json = JsonBody.bytes(config.toJson());
        facts.fact(out -> out.writeByte(PUT).writeLong(now).writeBytes(json));
        applyPut(config, now);
    }

    public void putTemporary(TopicConfig config) {
        temporary.put(config.name(), config);
    }

    /** Removes a topic of either sort. */
    public void delete(String topic, long now, FactSink facts) {
        if (temporary.remove(topic) != null) {
            listener.deleted(topic);
        } else if (topics.containsKey(topic)) {
            byte[] name = topic.getBytes(StandardCharsets.UTF_8);
            facts.fact(out -> out.writeByte(DELETED).writeLong(now).writeBytes(name));
            applyDeleted(topic, now);
            listener.deleted(topic);
        }
    }

    /** What name servers are told of the topics has changed, though no topic has. */
    public void renewVersion(long now) {
        version = version.next(now);
    }

    private void applyPut(TopicConfig config, long now) {
        topics.put(config.name(), config);
        version = version.next(now);
    }

    private void applyDeleted(String topic, long now) {
        topics.remove(topic);
        version = version.next(now);
    }

    @Override
    public boolean exists(String topic) {
        return get(topic) != null;
    }

    @Override
    public @Nullable String deletedBy(ByteBuffer fact) {
        return fact.get() == DELETED ? name(fact.position(fact.position() + Long.BYTES)) : null;
    }

    private static String name(ByteBuffer rest) {
        return StandardCharsets.UTF_8.decode(rest).toString();
    }

    @Override
    public void apply(ByteBuffer fact) {
        byte type = fact.get();
        if (type != PUT && type != DELETED) {
            return;
        }
        long now = fact.getLong();
        if (type == PUT) {
            byte[] rest = new byte[fact.remaining()];
            fact.get(rest);
            applyPut(TopicConfig.fromJson(JsonBody.parse(rest)), now);
        } else {
            applyDeleted(name(fact), now);
        }
    }

    @Override
    public String fileName() {
        return "topics.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        List<TopicConfig> copy = List.copyOf(topics.values());
        DataVersion at = version;
        return () -> {
            ObjectNode json = JsonBody.object();
            json.set("dataVersion", at.toJson());
            json.put("logPosition", logPosition);
            ObjectNode table = json.putObject("topicConfigTable");
            Map<String, TopicConfig> sorted = new TreeMap<>();
            copy.forEach(config -> sorted.put(config.name(), config));
            sorted.forEach((name, config) -> table.set(name, config.toJson()));
            return JsonBody.prettyBytes(json);
        };
    }

    @Override
    public long restore(byte @Nullable [] content) {
        topics.clear();
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        version = DataVersion.fromJson(json.path("dataVersion"));
        for (JsonNode topic : json.path("topicConfigTable")) {
            TopicConfig config = TopicConfig.fromJson(topic);
            topics.put(config.name(), config);
        }
        return json.path("logPosition").asLong();
    }
}
