package org.fulmar.broker.consume;

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
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;

/**
 * The configurations of RocketMQ consumer groups: a state machine owned by the core, whose changes are facts in the log.
 * JMS subscriptions are none of these.
 */
public final class ConsumerGroups implements View {
    private static final byte PUT = 70;
    private static final byte DELETED = 71;

    private final Map<String, GroupConfig> groups = new HashMap<>();
    private final int maxGroups;
    private final long maxBytes;
    private long bytes;
    private DataVersion version = new DataVersion(0, 0, 0);

    /**
     * @param maxGroups most groups
     * @param maxBytes most bytes of all configurations together, as they are on the heap
     */
    public ConsumerGroups(int maxGroups, long maxBytes) {
        this.maxGroups = maxGroups;
        this.maxBytes = maxBytes;
    }

    public @Nullable GroupConfig get(String group) {
        return groups.get(group);
    }

    public Collection<GroupConfig> all() {
        return groups.values();
    }

    public DataVersion version() {
        return version;
    }

    /** Whether a group fits, or what it is changed to. */
    public boolean hasRoom(GroupConfig wanted) {
        GroupConfig there = groups.get(wanted.name());
        long more = wanted.heapBytes() - (there == null ? 0 : there.heapBytes());
        return (there != null || groups.size() < maxGroups) && (more <= 0 || bytes + more <= maxBytes);
    }

    /**
     * Makes or changes a group.
     *
     * @param now milliseconds since the epoch
     * @throws FrameException if its text is too long
     */
    public void put(GroupConfig config, long now, FactSink facts) {
        byte[] json = JsonBody.bytes(config.toJson());
        if (json.length > GroupConfig.MAX_CHARACTERS) {
            throw new FrameException("the configuration of group " + config.name() + " has " + json.length
                    + " characters; the limit is " + GroupConfig.MAX_CHARACTERS);
        }
        if (config.heapBytes() > GroupConfig.MAX_BYTES) {
            throw new FrameException("the configuration of group " + config.name() + " takes " + config.heapBytes()
                    + " bytes of memory, with " + config.attributes().size() + " attributes; the limit is "
                    + GroupConfig.MAX_BYTES);
        }
        facts.fact(out -> out.writeByte(PUT).writeLong(now).writeBytes(json));
        applyPut(config, now);
    }

    /** Removes a group; does nothing if there is none. */
    public void delete(String group, long now, FactSink facts) {
        if (groups.containsKey(group)) {
            byte[] name = group.getBytes(StandardCharsets.UTF_8);
            facts.fact(out -> out.writeByte(DELETED).writeLong(now).writeBytes(name));
            applyDeleted(group, now);
        }
    }

    private void applyPut(GroupConfig config, long now) {
        keep(config);
        version = version.next(now);
    }

    private void keep(GroupConfig config) {
        GroupConfig before = groups.put(config.name(), config);
        bytes += config.heapBytes() - (before == null ? 0 : before.heapBytes());
    }

    private void applyDeleted(String group, long now) {
        GroupConfig gone = groups.remove(group);
        bytes -= gone == null ? 0 : gone.heapBytes();
        version = version.next(now);
    }

    /** The table as RocketMQ's tools read it. */
    public ObjectNode toJson() {
        return toJson(version, groups.values());
    }

    private static ObjectNode toJson(DataVersion version, Collection<GroupConfig> groups) {
        ObjectNode json = JsonBody.object();
        json.set("dataVersion", version.toJson());
        json.putObject("forbiddenTable");
        ObjectNode table = json.putObject("subscriptionGroupTable");
        Map<String, GroupConfig> sorted = new TreeMap<>();
        groups.forEach(config -> sorted.put(config.name(), config));
        sorted.forEach((name, config) -> table.set(name, config.toJson()));
        return json;
    }

    @Override
    public void apply(ByteBuffer fact) {
        byte type = fact.get();
        if (type != PUT && type != DELETED) {
            return;
        }
        long now = fact.getLong();
        byte[] rest = new byte[fact.remaining()];
        fact.get(rest);
        if (type == PUT) {
            applyPut(GroupConfig.fromJson(JsonBody.parse(rest)), now);
        } else {
            applyDeleted(new String(rest, StandardCharsets.UTF_8), now);
        }
    }

    @Override
    public String fileName() {
        return "subscriptionGroup.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        List<GroupConfig> copy = List.copyOf(groups.values());
        DataVersion at = version;
        return () -> JsonBody.prettyBytes(toJson(at, copy).put("logPosition", logPosition));
    }

    @Override
    public long restore(byte @Nullable [] content) {
        groups.clear();
        bytes = 0;
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        version = DataVersion.fromJson(json.path("dataVersion"));
        for (JsonNode group : json.path("subscriptionGroupTable")) {
            keep(GroupConfig.fromJson(group));
        }
        return json.path("logPosition").asLong();
    }
}
