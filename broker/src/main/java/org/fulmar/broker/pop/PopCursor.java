package org.fulmar.broker.pop;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How far a POP group has come in one queue. Messages are given in the order of their offsets, so all before {@link
 * #scan} are either settled or among those given and not settled: memory grows with these alone.
 *
 * <p>A state machine without I/O, owned by the broker's core. What changes it is the same live and in a replay.
 */
final class PopCursor {
    /** A message that was given and is not settled: invisible until it is due, then to be given again. */
    static final class Popped implements Comparable<Popped> {
        final PopCursor cursor;
        final long offset;
        int deliveries;
        long popTime;
        long invisibleMillis;
        boolean returned;

        Popped(PopCursor cursor, long offset) {
            this.cursor = cursor;
            this.offset = offset;
        }

        /** When it may be given again, in milliseconds since the epoch. */
        long due() {
            return popTime + invisibleMillis;
        }

        boolean hasHandle(long time, long invisible) {
            return popTime == time && invisibleMillis == invisible;
        }

        @Override
        public int compareTo(Popped other) {
            int byTime = Long.compare(due(), other.due());
            int byCursor = byTime != 0 ? byTime : Integer.compare(cursor.id, other.cursor.id);
            return byCursor != 0 ? byCursor : Long.compare(offset, other.offset);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(offset);
        }
    }

    final int id;
    final PopGroup group;
    final int queueId;
    private long scan;
    private final TreeMap<Long, Popped> popped = new TreeMap<>();
    private final TreeMap<Long, Popped> returned = new TreeMap<>();
    /** The try that the batch under way was given to, if the client has named it. */
    String attempt = "";
    /** The group's committed offset as it was last seen or set here; another one now was set by someone else. */
    long known = -1;

    boolean dirty;

    PopCursor(int id, PopGroup group, int queueId, long start) {
        this.id = id;
        this.group = group;
        this.queueId = queueId;
        this.scan = start;
    }

    /** The first message that was never given. */
    long scan() {
        return scan;
    }

    /** Everything before is settled. */
    long floor() {
        return popped.isEmpty() ? scan : popped.firstKey();
    }

    /** All that were given and are not settled. */
    NavigableMap<Long, Popped> popped() {
        return popped;
    }

    /** Those of them whose time is over. */
    NavigableMap<Long, Popped> returned() {
        return returned;
    }

    int invisible() {
        return popped.size() - returned.size();
    }

    @Nullable Popped find(long offset) {
        return popped.get(offset);
    }

    /** The message is given, for the first time or again. */
    Popped give(long offset, long popTime, long invisibleMillis, boolean sameTry) {
        Popped message = popped.computeIfAbsent(offset, o -> new Popped(this, o));
        message.deliveries += sameTry ? 0 : 1;
        message.popTime = popTime;
        message.invisibleMillis = invisibleMillis;
        message.returned = false;
        returned.remove(offset);
        scan = Math.max(scan, offset + 1);
        return message;
    }

    void change(Popped message, long popTime, long invisibleMillis) {
        message.popTime = popTime;
        message.invisibleMillis = invisibleMillis;
        message.returned = false;
        returned.remove(message.offset);
    }

    /** Its time is over. */
    void giveBack(Popped message) {
        message.returned = true;
        returned.put(message.offset, message);
    }

    /** Messages will never be given again; those of them that were given before. */
    List<Popped> settle(long offset, long count) {
        long end = offset + count;
        List<Popped> gone = List.of();
        if (count == 1) {
            Popped message = popped.remove(offset);
            gone = message == null ? gone : List.of(message);
            returned.remove(offset);
        } else {
            Map<Long, Popped> range = popped.subMap(offset, end);
            gone = new ArrayList<>(range.values());
            range.clear();
            returned.subMap(offset, end).clear();
        }
        if (offset <= scan) {
            scan = Math.max(scan, end);
        }
        return gone;
    }

    /** Goes to another place: all before it is settled, nothing behind it that was settled before; those that go. */
    List<Popped> reset(long offset) {
        List<Popped> gone;
        if (offset < floor()) {
            gone = new ArrayList<>(popped.values());
            popped.clear();
            returned.clear();
            scan = offset;
        } else {
            gone = new ArrayList<>(popped.headMap(offset).values());
            popped.headMap(offset).clear();
            returned.headMap(offset).clear();
            scan = Math.max(scan, offset);
        }
        return gone;
    }

    /** Forgets what lies behind the end of the queue, as after a lost tail of the log; those that go. */
    List<Popped> cut(long end) {
        List<Popped> gone = new ArrayList<>(popped.tailMap(end).values());
        popped.tailMap(end).clear();
        returned.tailMap(end).clear();
        scan = Math.min(scan, end);
        return gone;
    }
}
