package org.fulmar.broker.pop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.fulmar.broker.pop.PopCursor.Popped;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.Facts;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * The cursors of all POP groups: what a restart must know of messages that were given, until when they are invisible,
 * how often they were given, and which are settled.
 *
 * <p>A state machine owned by the core. Its facts are: a cursor made, messages given, settled, given more time, a cursor
 * set elsewhere, a group removed. That the time of a message is over is no fact: its deadline is one. Cursors have
 * negative ids, so that a copy in a dead-letter queue ({@link MovedRecord#ofDelivery}) never names one of
 * {@link org.fulmar.broker.delivery.GroupTable}.
 */
public final class PopTable implements View {
    private static final byte CURSOR = 90;
    private static final byte GIVEN = 91;
    private static final byte SETTLED = 92;
    private static final byte CHANGED = 93;
    private static final byte RESET = 94;
    private static final byte GROUP_REMOVED = 95;

    private record Key(String group, String topic) {}

    private final Positions positions;
    private final Map<Key, PopGroup> groups = new HashMap<>();
    private final Map<Integer, PopCursor> cursors = new HashMap<>();
    private final TreeSet<Popped> deadlines = new TreeSet<>();
    private final List<PopCursor> dirty = new ArrayList<>();
    /** Only in a replay: cursors of the saved state, and those that have been reset since. */
    private final Set<PopCursor> saved = new HashSet<>();

    private final Set<PopCursor> resetSince = new HashSet<>();

    private long savedAt;
    private int lastId;
    private int unsettled;

    public PopTable(Positions positions) {
        this.positions = positions;
    }

    @Nullable PopGroup group(String name, String topic) {
        return groups.get(new Key(name, topic));
    }

    @Nullable PopCursor cursor(String group, String topic, int queueId) {
        PopGroup found = group(group, topic);
        return found == null ? null : found.cursor(queueId);
    }

    Collection<PopCursor> cursors() {
        return cursors.values();
    }

    int cursorCount() {
        return cursors.size();
    }

    /** Messages that are given and not settled, of all cursors. */
    int unsettled() {
        return unsettled;
    }

    TreeSet<Popped> deadlines() {
        return deadlines;
    }

    PopCursor create(String group, String topic, int queueId, long start, FactSink facts) {
        int id = lastId - 1;
        facts.fact(out -> {
            out.writeByte(CURSOR).writeInt(id).writeInt(queueId).writeLong(start);
            Facts.text(out, group);
            Facts.text(out, topic);
        });
        PopCursor cursor = applyCursor(id, group, topic, queueId, start);
        touch(cursor);
        return cursor;
    }

    /** Gives a run of messages. */
    void give(PopCursor cursor, long offset, int count, Given given, FactSink facts) {
        facts.fact(out -> {
            out.writeByte(GIVEN).writeInt(cursor.id).writeLong(offset).writeInt(count);
            out.writeLong(given.popTime).writeLong(given.invisibleMillis).writeBoolean(given.sameTry);
            Facts.text(out, given.attempt);
        });
        applyGiven(cursor, offset, count, given);
    }

    /**
     * How messages are given.
     *
     * @param sameTry whether it is not another delivery, but the one before is repeated
     * @param attempt the client's name for it, or empty
     */
    record Given(long popTime, long invisibleMillis, boolean sameTry, String attempt) {}

    void settle(PopCursor cursor, long offset, long count, FactSink facts) {
        facts.fact(out ->
                out.writeByte(SETTLED).writeInt(cursor.id).writeLong(offset).writeLong(count));
        applySettled(cursor, offset, count);
    }

    /** A message is settled by its copy elsewhere, which is the fact. */
    void moved(PopCursor cursor, long offset) {
        applySettled(cursor, offset, 1);
    }

    void change(Popped message, long popTime, long invisibleMillis, FactSink facts) {
        facts.fact(out -> out.writeByte(CHANGED)
                .writeInt(message.cursor.id)
                .writeLong(message.offset)
                .writeLong(popTime)
                .writeLong(invisibleMillis));
        applyChanged(message, popTime, invisibleMillis);
    }

    /** The time of the message is over. */
    void giveBack(Popped message) {
        deadlines.remove(message);
        message.cursor.giveBack(message);
    }

    void reset(PopCursor cursor, long offset, FactSink facts) {
        facts.fact(out -> out.writeByte(RESET).writeInt(cursor.id).writeLong(offset));
        applyReset(cursor, offset);
    }

    /** Forgets a consumer group, of whatever topics. */
    public void removeGroup(String group, FactSink facts) {
        if (groups.keySet().stream().anyMatch(key -> key.group.equals(group))) {
            facts.fact(out -> {
                out.writeByte(GROUP_REMOVED);
                Facts.text(out, group);
            });
            applyRemoved(group);
        }
    }

    /** Forgets the groups of a topic that is gone; the topic's own fact says so in the log. */
    @Override
    public void topicDeleted(String topic) {
        remove(groups.values().stream()
                .filter(group -> group.topic.equals(topic))
                .toList());
    }

    /** Commits where the changed cursors are, for tools and for a group that goes over to pulling. */
    void commit() {
        for (PopCursor cursor : dirty) {
            cursor.dirty = false;
            long floor = cursor.floor();
            if (floor != cursor.known
                    && cursors.get(cursor.id) == cursor
                    && positions.commit(cursor.group.topic, cursor.group.name, cursor.queueId, floor)) {
                cursor.known = floor;
            }
        }
        dirty.clear();
    }

    private void touch(PopCursor cursor) {
        if (!cursor.dirty) {
            cursor.dirty = true;
            dirty.add(cursor);
        }
    }

    private void forget(Collection<Popped> gone) {
        gone.forEach(deadlines::remove);
        unsettled -= gone.size();
    }

    private PopCursor applyCursor(int id, String group, String topic, int queueId, long start) {
        PopGroup owner = groups.computeIfAbsent(new Key(group, topic), k -> new PopGroup(group, topic));
        PopCursor cursor = new PopCursor(id, owner, queueId, start);
        owner.add(cursor);
        cursors.put(id, cursor);
        lastId = Math.min(lastId, id);
        return cursor;
    }

    private void applyGiven(PopCursor cursor, long offset, int count, Given given) {
        cursor.attempt = given.attempt;
        for (long at = offset; at < offset + count; at++) {
            Popped before = cursor.find(at);
            if (before == null) {
                unsettled++;
            } else {
                deadlines.remove(before);
            }
            deadlines.add(cursor.give(at, given.popTime, given.invisibleMillis, given.sameTry));
        }
        touch(cursor);
    }

    private void applySettled(PopCursor cursor, long offset, long count) {
        forget(cursor.settle(offset, count));
        touch(cursor);
    }

    private void applyChanged(Popped message, long popTime, long invisibleMillis) {
        deadlines.remove(message);
        message.cursor.change(message, popTime, invisibleMillis);
        deadlines.add(message);
    }

    private void applyReset(PopCursor cursor, long offset) {
        forget(cursor.reset(offset));
        cursor.known = offset;
        touch(cursor);
    }

    private void applyRemoved(String name) {
        remove(groups.values().stream().filter(group -> group.name.equals(name)).toList());
    }

    private void remove(List<PopGroup> gone) {
        for (PopGroup group : gone) {
            groups.remove(new Key(group.name, group.topic));
            for (PopCursor cursor : group.cursors()) {
                cursors.remove(cursor.id);
                forget(cursor.popped().values());
            }
        }
    }

    @Override
    public void apply(ByteBuffer fact) {
        byte type = fact.get();
        switch (type) {
            case CURSOR -> {
                int id = fact.getInt();
                int queueId = fact.getInt();
                long start = fact.getLong();
                applyCursor(id, Facts.text(fact), Facts.text(fact), queueId, start);
            }
            case GROUP_REMOVED -> applyRemoved(Facts.text(fact));
            case GIVEN, SETTLED, CHANGED, RESET -> {
                PopCursor cursor = cursors.get(fact.getInt());
                if (cursor != null) {
                    apply(type, cursor, fact.getLong(), fact);
                }
            }
            default -> {
                // a fact of another view
            }
        }
    }

    private void apply(byte type, PopCursor cursor, long offset, ByteBuffer fact) {
        switch (type) {
            case GIVEN -> {
                int count = fact.getInt();
                applyGiven(
                        cursor,
                        offset,
                        count,
                        new Given(fact.getLong(), fact.getLong(), fact.get() != 0, Facts.text(fact)));
            }
            case SETTLED -> applySettled(cursor, offset, fact.getLong());
            case CHANGED -> {
                Popped message = cursor.find(offset);
                if (message != null) {
                    applyChanged(message, fact.getLong(), fact.getLong());
                }
            }
            default -> {
                resetSince.add(cursor);
                applyReset(cursor, offset);
            }
        }
    }

    @Override
    public void message(MessageRecord record) {
        MovedRecord.tell(record, new MovedRecord.Origin() {
            @Override
            public void delivery(int cursorId, long offset) {
                PopCursor cursor = cursors.get(cursorId);
                if (cursor != null) {
                    applySettled(cursor, offset, 1);
                }
            }
        });
    }

    /**
     * Ends a replay. The committed offsets are saved now and then only, so those of cursors are set anew; but not where
     * someone else had set one when the state was saved, and the cursor has yet to follow.
     */
    @Override
    public void recovered(Ends ends) {
        dirty.clear();
        boolean older = positions.restoredFrom() < savedAt;
        for (PopCursor cursor : cursors.values()) {
            forget(cursor.cut(ends.visibleOffset(cursor.group.topic, cursor.queueId)));
            cursor.dirty = false;
            long committed = positions.committed(cursor.group.topic, cursor.group.name, cursor.queueId);
            // between what was saved here and the floor it is one's own, of a checkpoint that was not written to its
            // end;
            // below it, in a file that is older; none at all is a file that was lost
            boolean own = committed < 0 || committed <= cursor.floor() && (older || committed >= cursor.known);
            boolean setElsewhere = saved.contains(cursor) ? !own : committed > cursor.floor();
            if (!setElsewhere || resetSince.contains(cursor)) {
                cursor.known = committed;
                touch(cursor);
            }
        }
        saved.clear();
        resetSince.clear();
        commit();
    }

    @Override
    public String fileName() {
        return "popGroups.json";
    }

    private record Message(long offset, int deliveries, long popTime, long invisibleMillis) {}

    private record Saved(PopCursor cursor, long scan, long known, String attempt, List<Message> popped) {}

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        List<Saved> all = new ArrayList<>(cursors.size());
        for (PopCursor cursor : cursors.values()) {
            List<Message> messages = new ArrayList<>(cursor.popped().size());
            cursor.popped()
                    .values()
                    .forEach(message -> messages.add(
                            new Message(message.offset, message.deliveries, message.popTime, message.invisibleMillis)));
            all.add(new Saved(cursor, cursor.scan(), cursor.known, cursor.attempt, messages));
        }
        int last = lastId;
        return () -> JsonBody.bytes(toJson(logPosition, last, all));
    }

    private static ObjectNode toJson(long logPosition, int lastId, List<Saved> all) {
        ObjectNode json = JsonBody.object().put("logPosition", logPosition).put("lastCursorId", lastId);
        ArrayNode array = json.putArray("cursors");
        for (Saved each : all) {
            ArrayNode popped = array.addObject()
                    .put("id", each.cursor.id)
                    .put("group", each.cursor.group.name)
                    .put("topic", each.cursor.group.topic)
                    .put("queueId", each.cursor.queueId)
                    .put("scan", each.scan)
                    .put("committed", each.known)
                    .put("attempt", each.attempt)
                    .putArray("popped");
            each.popped.forEach(message -> popped.add(message.offset)
                    .add(message.deliveries)
                    .add(message.popTime)
                    .add(message.invisibleMillis));
        }
        return json;
    }

    @Override
    public long restore(byte @Nullable [] content) {
        groups.clear();
        cursors.clear();
        deadlines.clear();
        dirty.clear();
        saved.clear();
        resetSince.clear();
        lastId = 0;
        unsettled = 0;
        savedAt = 0;
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        for (JsonNode node : json.path("cursors")) {
            PopCursor cursor = applyCursor(
                    node.path("id").asInt(),
                    node.path("group").asText(),
                    node.path("topic").asText(),
                    node.path("queueId").asInt(),
                    node.path("scan").asLong());
            cursor.known = node.path("committed").asLong();
            cursor.attempt = node.path("attempt").asText();
            saved.add(cursor);
            JsonNode popped = node.path("popped");
            for (int i = 0; i + 3 < popped.size(); i += 4) {
                Popped message = cursor.give(
                        popped.get(i).asLong(),
                        popped.get(i + 2).asLong(),
                        popped.get(i + 3).asLong(),
                        true);
                message.deliveries = popped.get(i + 1).asInt();
                deadlines.add(message);
                unsettled++;
            }
        }
        lastId = json.path("lastCursorId").asInt();
        savedAt = json.path("logPosition").asLong();
        return savedAt;
    }
}
