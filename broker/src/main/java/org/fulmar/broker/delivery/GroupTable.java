package org.fulmar.broker.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.Facts;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * The subscription groups that last, and their cursors: what a restart must know of deliveries.
 *
 * <p>A state machine owned by the core. Its facts are: a group made or removed, a cursor made, messages delivered,
 * settled, returned without having been seen, or reserved by a prepared branch. Runs of neighbouring offsets become one
 * fact.
 */
public final class GroupTable implements View {
    private static final byte GROUP_CREATED = 10;
    private static final byte GROUP_DELETED = 11;
    private static final byte CURSOR_CREATED = 12;
    private static final byte DELIVERED = 13;
    private static final byte SETTLED = 14;
    private static final byte RETURNED = 15;
    private static final byte RESERVED = 16;
    private static final byte RESOLVED = 17;

    private record Key(String name, String topic) {}

    private final Map<Key, SubscriptionGroup> groups = new HashMap<>();
    private final Map<String, SubscriptionGroup> subscriptions = new HashMap<>();
    private final Map<String, List<SubscriptionGroup>> byTopic = new HashMap<>();
    private final Map<Integer, Cursor> cursors = new HashMap<>();
    private final Reservations reservations = new Reservations();
    private int lastCursorId;
    private byte runType;
    private int runCursor;
    private long runStart;
    private int runCount;

    public @Nullable SubscriptionGroup find(String name, String topic) {
        return groups.get(new Key(name, topic));
    }

    /** The durable subscription of this name, on whatever topic. */
    public @Nullable SubscriptionGroup subscription(String name) {
        return subscriptions.get(name);
    }

    public List<SubscriptionGroup> ofTopic(String topic) {
        return byTopic.getOrDefault(topic, List.of());
    }

    Collection<SubscriptionGroup> all() {
        return groups.values();
    }

    /**
     * Makes a group.
     *
     * @param starts for each queue id of the topic the offset to begin at
     */
    public SubscriptionGroup create(
            String name,
            String topic,
            boolean subscription,
            @Nullable String selector,
            boolean noLocal,
            boolean shared,
            Map<Integer, Long> starts,
            FactSink facts) {
        endRun(facts);
        facts.fact(out -> {
            out.writeByte(GROUP_CREATED);
            Facts.text(out, name);
            Facts.text(out, topic);
            out.writeBoolean(subscription);
            out.writeBoolean(noLocal);
            out.writeBoolean(shared);
            out.writeBoolean(selector != null);
            Facts.text(out, selector == null ? "" : selector);
        });
        SubscriptionGroup group = applyCreated(name, topic, subscription, selector, noLocal, shared);
        starts.forEach((queueId, start) -> addCursor(group, queueId, start, facts));
        return group;
    }

    /** A group of a temporary queue: nothing of it is logged, and it goes with its topic. */
    public SubscriptionGroup createTemporary(String name, String topic, int queues) {
        SubscriptionGroup group = new SubscriptionGroup(name, topic, false, false, null, false, false);
        for (int queueId = 0; queueId < queues; queueId++) {
            group.add(new Cursor(0, group, queueId, 0));
        }
        register(group);
        return group;
    }

    void addCursor(SubscriptionGroup group, int queueId, long start, FactSink facts) {
        if (group.cursor(queueId) != null) {
            return;
        }
        if (!group.isLasting()) {
            group.add(new Cursor(0, group, queueId, start));
            return;
        }
        endRun(facts);
        int id = lastCursorId + 1;
        facts.fact(out -> {
            out.writeByte(CURSOR_CREATED).writeInt(id);
            Facts.text(out, group.name());
            Facts.text(out, group.topic());
            out.writeInt(queueId).writeLong(start);
        });
        applyCursor(id, group, queueId, start);
    }

    /** Removes a group with its cursors. */
    public void delete(SubscriptionGroup group, FactSink facts) {
        endRun(facts);
        facts.fact(out -> {
            out.writeByte(GROUP_DELETED);
            Facts.text(out, group.name());
            Facts.text(out, group.topic());
        });
        applyDeleted(group);
    }

    /** Forgets the groups of a topic that is gone; the topic's own fact says so in the log. */
    @Override
    public void topicDeleted(String topic) {
        List.copyOf(ofTopic(topic)).forEach(this::applyDeleted);
    }

    void logDelivered(Cursor cursor, long offset, FactSink facts) {
        run(DELIVERED, cursor, offset, 1, facts);
    }

    void logSettled(Cursor cursor, long offset, int count, FactSink facts) {
        run(SETTLED, cursor, offset, count, facts);
    }

    void logReturned(Cursor cursor, long offset, int deliveries, FactSink facts) {
        endRun(facts);
        facts.fact(out ->
                out.writeByte(RETURNED).writeInt(cursor.id()).writeLong(offset).writeInt(deliveries));
    }

    /** A branch that is about to be prepared takes messages. */
    void reserve(long branch, Cursor cursor, long offset, int count, FactSink facts) {
        if (cursor.group().isLasting()) {
            endRun(facts);
            facts.fact(out -> out.writeByte(RESERVED)
                    .writeLong(branch)
                    .writeInt(cursor.id())
                    .writeLong(offset)
                    .writeInt(count));
        }
        reservations.add(branch, cursor, offset, count);
    }

    /** A branch is decided: what it has and is not settled is nobody's any more, and comes back with the next restart. */
    void resolve(long branch, FactSink facts) {
        endRun(facts);
        facts.fact(out -> out.writeByte(RESOLVED).writeLong(branch));
        reservations.resolve(branch);
    }

    Reservations reservations() {
        return reservations;
    }

    /** Whether the cursor's group has not been deleted; of a group that does not last that is not known here. */
    boolean mayBeThere(Cursor cursor) {
        return !cursor.group().isLasting() || cursors.get(cursor.id()) == cursor;
    }

    /** Whether a prepared branch has a message of the group. */
    public boolean isReserved(SubscriptionGroup group) {
        return reservations.isReserved(group);
    }

    private void run(byte type, Cursor cursor, long offset, int count, FactSink facts) {
        if (type == runType && cursor.id() == runCursor && offset == runStart + runCount) {
            runCount += count;
            return;
        }
        endRun(facts);
        runType = type;
        runCursor = cursor.id();
        runStart = offset;
        runCount = count;
    }

    /** Writes the run of neighbouring offsets that is open; called before the facts are put into the log. */
    public void endRun(FactSink facts) {
        if (runCount == 0) {
            return;
        }
        facts.fact(out ->
                out.writeByte(runType).writeInt(runCursor).writeLong(runStart).writeInt(runCount));
        runCount = 0;
        runType = 0;
    }

    @Override
    public void apply(ByteBuffer fact) {
        byte type = fact.get();
        switch (type) {
            case GROUP_CREATED -> {
                String name = Facts.text(fact);
                String topic = Facts.text(fact);
                boolean subscription = fact.get() != 0;
                boolean noLocal = fact.get() != 0;
                boolean shared = fact.get() != 0;
                boolean selective = fact.get() != 0;
                String selector = Facts.text(fact);
                applyCreated(name, topic, subscription, selective ? selector : null, noLocal, shared);
            }
            case GROUP_DELETED -> {
                SubscriptionGroup group = find(Facts.text(fact), Facts.text(fact));
                if (group != null) {
                    applyDeleted(group);
                }
            }
            case CURSOR_CREATED -> {
                int id = fact.getInt();
                SubscriptionGroup group = find(Facts.text(fact), Facts.text(fact));
                if (group != null) {
                    applyCursor(id, group, fact.getInt(), fact.getLong());
                }
            }
            case DELIVERED, SETTLED, RETURNED -> applyToCursor(type, fact);
            case RESERVED -> {
                long branch = fact.getLong();
                Cursor cursor = cursors.get(fact.getInt());
                if (cursor != null) {
                    reservations.add(branch, cursor, fact.getLong(), fact.getInt());
                }
            }
            case RESOLVED -> reservations.resolve(fact.getLong());
            default -> {
                // a fact of another view
            }
        }
    }

    private void applyToCursor(byte type, ByteBuffer fact) {
        Cursor cursor = cursors.get(fact.getInt());
        long offset = fact.getLong();
        int number = fact.getInt();
        if (cursor == null) {
            return;
        }
        if (type == RETURNED) {
            cursor.returned(offset, number);
            return;
        }
        for (int i = 0; i < number; i++) {
            if (type == SETTLED) {
                cursor.settled(offset + i);
            } else if (!cursor.isSettled(offset + i)) {
                cursor.delivered(offset + i);
            }
        }
    }

    private SubscriptionGroup applyCreated(
            String name,
            String topic,
            boolean subscription,
            @Nullable String selector,
            boolean noLocal,
            boolean shared) {
        SubscriptionGroup group = new SubscriptionGroup(name, topic, subscription, true, selector, noLocal, shared);
        register(group);
        return group;
    }

    private void register(SubscriptionGroup group) {
        groups.put(new Key(group.name(), group.topic()), group);
        byTopic.computeIfAbsent(group.topic(), t -> new ArrayList<>()).add(group);
        if (group.isSubscription()) {
            subscriptions.put(group.name(), group);
        }
    }

    private Cursor applyCursor(int id, SubscriptionGroup group, int queueId, long start) {
        Cursor cursor = new Cursor(id, group, queueId, start);
        lastCursorId = Math.max(lastCursorId, id);
        cursors.put(id, cursor);
        group.add(cursor);
        return cursor;
    }

    private void applyDeleted(SubscriptionGroup group) {
        groups.remove(new Key(group.name(), group.topic()));
        subscriptions.remove(group.name(), group);
        List<SubscriptionGroup> others = byTopic.get(group.topic());
        if (others != null && others.remove(group) && others.isEmpty()) {
            byTopic.remove(group.topic());
        }
        group.cursors().forEach(cursor -> cursors.remove(cursor.id()));
        reservations.deleted(group);
    }

    /** A message that was copied to where dead or expired ones go: the copy's record is the fact that settles it. */
    @Override
    public void message(MessageRecord record) {
        MovedRecord.tell(record, new MovedRecord.Origin() {
            @Override
            public void delivery(int cursorId, long offset) {
                Cursor cursor = cursors.get(cursorId);
                if (cursor != null) {
                    cursor.settled(offset);
                }
            }
        });
    }

    /** Ends a replay: nobody holds anything any more, and nothing lies behind the end of its queue. */
    @Override
    public void recovered(Ends ends) {
        cursors.values().forEach(cursor -> {
            cursor.releaseAll();
            cursor.cut(ends.visibleOffset(cursor.group().topic(), cursor.queueId()));
        });
    }

    @Override
    public String fileName() {
        return "jmsGroups.json";
    }

    private record Saved(Cursor cursor, long floor, List<long[]> settled, Map<Long, Integer> deliveries) {}

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        List<SubscriptionGroup> all =
                groups.values().stream().filter(SubscriptionGroup::isLasting).toList();
        List<Saved> saved = new ArrayList<>(cursors.size());
        cursors.values()
                .forEach(cursor -> saved.add(new Saved(
                        cursor, cursor.floor(), cursor.settled().ranges(cursor.floor()), cursor.deliveries())));
        int lastId = lastCursorId;
        Map<Long, List<Reservations.Reserved>> branches = reservations.lasting();
        return () -> {
            ObjectNode json = toJson(logPosition, lastId, all, saved);
            Reservations.save(json, branches);
            return JsonBody.bytes(json);
        };
    }

    private static ObjectNode toJson(long logPosition, int lastId, List<SubscriptionGroup> groups, List<Saved> saved) {
        ObjectNode json = JsonBody.object().put("logPosition", logPosition).put("lastCursorId", lastId);
        ArrayNode groupArray = json.putArray("groups");
        for (SubscriptionGroup group : groups) {
            groupArray
                    .addObject()
                    .put("name", group.name())
                    .put("topic", group.topic())
                    .put("subscription", group.isSubscription())
                    .put("noLocal", group.noLocal())
                    .put("shared", group.isShared())
                    .put("selector", group.selector());
        }
        ArrayNode cursorArray = json.putArray("cursors");
        for (Saved state : saved) {
            ObjectNode node = cursorArray
                    .addObject()
                    .put("id", state.cursor.id())
                    .put("group", state.cursor.group().name())
                    .put("topic", state.cursor.group().topic())
                    .put("queueId", state.cursor.queueId())
                    .put("floor", state.floor);
            ArrayNode settled = node.putArray("settled");
            state.settled.forEach(range -> settled.add(range[0]).add(range[1]));
            ArrayNode deliveries = node.putArray("deliveries");
            state.deliveries.forEach((offset, count) -> deliveries.add(offset).add(count));
        }
        return json;
    }

    @Override
    public long restore(byte @Nullable [] content) {
        groups.clear();
        subscriptions.clear();
        byTopic.clear();
        cursors.clear();
        reservations.clear();
        lastCursorId = 0;
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        for (JsonNode group : json.path("groups")) {
            JsonNode selector = group.path("selector");
            applyCreated(
                    group.path("name").asText(),
                    group.path("topic").asText(),
                    group.path("subscription").asBoolean(),
                    selector.isTextual() ? selector.asText() : null,
                    group.path("noLocal").asBoolean(),
                    group.path("shared").asBoolean());
        }
        for (JsonNode node : json.path("cursors")) {
            restoreCursor(node);
        }
        reservations.restore(json, cursors::get);
        lastCursorId = json.path("lastCursorId").asInt();
        return json.path("logPosition").asLong();
    }

    private void restoreCursor(JsonNode node) {
        SubscriptionGroup group =
                find(node.path("group").asText(), node.path("topic").asText());
        if (group == null) {
            return;
        }
        Cursor cursor = applyCursor(
                node.path("id").asInt(),
                group,
                node.path("queueId").asInt(),
                node.path("floor").asLong());
        JsonNode settled = node.path("settled");
        for (int i = 0; i + 1 < settled.size(); i += 2) {
            for (long offset = settled.get(i).asLong();
                    offset < settled.get(i + 1).asLong();
                    offset++) {
                cursor.settled(offset);
            }
        }
        JsonNode deliveries = node.path("deliveries");
        for (int i = 0; i + 1 < deliveries.size(); i += 2) {
            cursor.returned(deliveries.get(i).asLong(), deliveries.get(i + 1).asInt());
        }
    }
}
