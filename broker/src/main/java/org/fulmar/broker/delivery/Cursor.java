package org.fulmar.broker.delivery;

import io.netty.util.collection.LongObjectHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How far one subscription group has come in one queue: settled below a floor and singly above it, in flight, or
 * returned; everything else is available and lives only on the disk, so that memory grows with what is in flight or
 * settled out of order, never with the backlog.
 *
 * <p>A state machine without I/O, owned by the broker's core. The methods that change it are the same live and in a
 * replay of the log.
 */
final class Cursor {
    /** A message that was delivered and is not settled; also a link of its holder's list, in order of delivery. */
    static final class InFlight {
        final Cursor cursor;
        final long offset;
        int deliveries;
        long number;
        /** The prepared branch that has acknowledged it, if it is to be committed; 0 for none. */
        long branch;

        @Nullable Consumer holder;

        @Nullable InFlight previous;

        @Nullable InFlight next;

        InFlight(Cursor cursor, long offset, int deliveries) {
            this.cursor = cursor;
            this.offset = offset;
            this.deliveries = deliveries;
        }
    }

    private final int id;
    private final SubscriptionGroup group;
    private final int queueId;
    private long floor;
    private final OffsetSet settled = new OffsetSet();
    private final LongObjectHashMap<InFlight> inFlight = new LongObjectHashMap<>();
    private final TreeMap<Long, Integer> returned = new TreeMap<>();
    private long scan;

    Cursor(int id, SubscriptionGroup group, int queueId, long start) {
        this.id = id;
        this.group = group;
        this.queueId = queueId;
        this.floor = start;
        this.scan = start;
    }

    /** Netty's map suffers when neighbouring keys lie side by side: this spreads them, one to one. */
    private static long key(long offset) {
        return offset * 0x9E3779B97F4A7C15L;
    }

    int id() {
        return id;
    }

    SubscriptionGroup group() {
        return group;
    }

    int queueId() {
        return queueId;
    }

    /** Everything below is settled. */
    long floor() {
        return floor;
    }

    OffsetSet settled() {
        return settled;
    }

    TreeMap<Long, Integer> returned() {
        return returned;
    }

    LongObjectHashMap<InFlight> inFlight() {
        return inFlight;
    }

    /** Where a consumer that takes everything looks on. */
    long scan() {
        return Math.max(scan, floor);
    }

    void scan(long position) {
        this.scan = position;
    }

    @Nullable InFlight held(long offset) {
        return inFlight.get(key(offset));
    }

    /** The first available offset from {@code from} on, or {@code end} if there is none before it. */
    long available(long from, long end) {
        long offset = Math.max(from, floor);
        while (offset < end) {
            if (settled.contains(offset)) {
                offset = settled.nextClear(offset);
            } else if (inFlight.containsKey(key(offset)) || returned.containsKey(offset)) {
                offset++;
            } else {
                return offset;
            }
        }
        return end;
    }

    /** Whether nobody holds it and it is not settled. */
    boolean isAvailable(long offset) {
        return !isSettled(offset) && !inFlight.containsKey(key(offset));
    }

    /** The first offset from {@code from} on that is not settled. */
    long unsettled(long from) {
        return settled.nextClear(Math.max(from, floor));
    }

    boolean isSettled(long offset) {
        return offset < floor || settled.contains(offset);
    }

    /** The message goes out: in flight, with one delivery more than before. */
    InFlight delivered(long offset) {
        Integer before = returned.remove(offset);
        InFlight message = inFlight.get(key(offset));
        if (message == null) {
            message = new InFlight(this, offset, (before == null ? 0 : before) + 1);
            inFlight.put(key(offset), message);
        } else {
            // a replay: it was in flight when the broker died, and was delivered again
            message.deliveries++;
        }
        return message;
    }

    /** A prepared branch has the message now, until it is decided, whatever becomes of consumers and brokers. */
    void reserved(long offset, long branch) {
        if (isSettled(offset)) {
            return;
        }
        InFlight message = inFlight.get(key(offset));
        if (message == null) {
            Integer before = returned.remove(offset);
            message = new InFlight(this, offset, before == null ? 1 : before);
            inFlight.put(key(offset), message);
        }
        message.branch = branch;
    }

    /** The message will never be delivered again. */
    void settled(long offset) {
        if (offset < floor) {
            return;
        }
        inFlight.remove(key(offset));
        if (!returned.isEmpty()) {
            returned.remove(offset);
        }
        if (offset != floor) {
            settled.add(offset);
            return;
        }
        floor++;
        if (!settled.isEmpty()) {
            floor = settled.nextClear(floor);
            settled.dropBelow(floor);
        }
    }

    /** The message comes back, to be delivered before newer ones; it has been delivered {@code deliveries} times. */
    void returned(long offset, int deliveries) {
        if (!isSettled(offset)) {
            inFlight.remove(key(offset));
            returned.put(offset, deliveries);
        }
    }

    /** After a restart no consumer holds anything: all that was in flight comes back, but for what branches have. */
    void releaseAll() {
        for (InFlight message : inFlight.values().toArray(new InFlight[0])) {
            if (message.branch == 0) {
                returned(message.offset, message.deliveries);
            }
        }
    }

    /** Forgets what lies behind the end of the queue, as after a lost tail of the log. */
    void cut(long end) {
        scan = Math.min(scan, end);
        returned.tailMap(end, true).clear();
        if (floor > end) {
            floor = end;
        }
        for (long[] range : settled.ranges(end)) {
            if (range[1] > end) {
                clearSettled(end);
                break;
            }
        }
    }

    private void clearSettled(long end) {
        var below = settled.ranges(floor);
        settled.dropBelow(Long.MAX_VALUE);
        for (long[] range : below) {
            for (long offset = range[0]; offset < Math.min(range[1], end); offset++) {
                settled.add(offset);
            }
        }
    }

    /** Each unsettled message that was delivered before, with its deliveries. */
    Map<Long, Integer> deliveries() {
        TreeMap<Long, Integer> all = new TreeMap<>(returned);
        inFlight.values().forEach(message -> all.put(message.offset, message.deliveries));
        return all;
    }
}
