package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.jspecify.annotations.Nullable;

/**
 * Offsets of RocketMQ groups that an administrator has reset, until the consumer of the queue pulls and is told. A state
 * machine owned by the core, whose changes are facts in the log: a reset that was answered survives any crash.
 */
final class OffsetResets implements View {
    /** Most resets that wait, each of one queue. */
    static final int MAX_RESETS = 100_000;

    private static final byte ASSIGNED = 110;
    private static final byte TAKEN = 111;

    private record Place(String topic, String group, int queueId) {}

    private final Map<Place, Long> waiting = new HashMap<>();

    boolean hasRoom() {
        return waiting.size() < MAX_RESETS;
    }

    /** The offset that waits for the consumer of a queue, or -1. */
    long offset(String topic, String group, int queueId) {
        return waiting.isEmpty() ? -1 : waiting.getOrDefault(new Place(topic, group, queueId), -1L);
    }

    boolean assign(String topic, String group, int queueId, long offset, FactSink facts) {
        Place place = new Place(topic, group, queueId);
        facts.fact(out -> {
            out.writeByte(ASSIGNED).writeLong(offset);
            write(out, place);
        });
        waiting.put(place, offset);
        return true;
    }

    /** What waits for the consumer of a queue, and does not any more; -1 if nothing does. */
    long take(String topic, String group, int queueId, FactSink facts) {
        long offset = offset(topic, group, queueId);
        if (offset >= 0) {
            Place place = new Place(topic, group, queueId);
            facts.fact(out -> {
                out.writeByte(TAKEN).writeLong(offset);
                write(out, place);
            });
            waiting.remove(place);
        }
        return offset;
    }

    /** The topic's own fact says so in the log. */
    @Override
    public void topicDeleted(String topic) {
        waiting.keySet().removeIf(place -> place.topic.equals(topic));
    }

    /** Nothing waits for a group any more; whether anything did. */
    boolean groupDeleted(String group, FactSink facts) {
        List<Place> gone = waiting.keySet().stream()
                .filter(place -> place.group.equals(group))
                .toList();
        gone.forEach(place -> take(place.topic, group, place.queueId, facts));
        return !gone.isEmpty();
    }

    private static void write(ByteBuf out, Place place) {
        out.writeInt(place.queueId);
        byte[] topic = place.topic.getBytes(StandardCharsets.UTF_8);
        out.writeShort(topic.length).writeBytes(topic);
        out.writeBytes(place.group.getBytes(StandardCharsets.UTF_8));
    }

    /** Takes the place of a reset, and what it says. */
    interface Visitor {
        void reset(String topic, String group, int queueId, long offset);
    }

    /** Shows what a fact of this kind says is committed. */
    static void tell(ByteBuffer fact, Visitor visitor) {
        byte type = fact.get();
        if (type == ASSIGNED || type == TAKEN) {
            long offset = fact.getLong();
            int queueId = fact.getInt();
            byte[] topic = new byte[fact.getShort()];
            fact.get(topic);
            byte[] group = new byte[fact.remaining()];
            fact.get(group);
            visitor.reset(
                    new String(topic, StandardCharsets.UTF_8),
                    new String(group, StandardCharsets.UTF_8),
                    queueId,
                    offset);
        }
    }

    @Override
    public void apply(ByteBuffer fact) {
        boolean assigned = fact.get(fact.position()) == ASSIGNED;
        tell(fact, (topic, group, queueId, offset) -> {
            Place place = new Place(topic, group, queueId);
            if (assigned) {
                waiting.put(place, offset);
            } else {
                waiting.remove(place);
            }
        });
    }

    @Override
    public String fileName() {
        return "offsetResets.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        List<Map.Entry<Place, Long>> copy =
                waiting.entrySet().stream().map(Map.Entry::copyOf).toList();
        return () -> {
            ObjectNode json = JsonBody.object().put("logPosition", logPosition);
            ArrayNode list = json.putArray("resets");
            copy.forEach(entry -> list.addObject()
                    .put("topic", entry.getKey().topic)
                    .put("group", entry.getKey().group)
                    .put("queueId", entry.getKey().queueId)
                    .put("offset", entry.getValue()));
            return JsonBody.prettyBytes(json);
        };
    }

    @Override
    public long restore(byte @Nullable [] content) {
        waiting.clear();
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        for (JsonNode reset : json.path("resets")) {
            Place place = new Place(
                    reset.path("topic").asText(),
                    reset.path("group").asText(),
                    reset.path("queueId").asInt());
            waiting.put(place, reset.path("offset").asLong());
        }
        return json.path("logPosition").asLong();
    }
}
