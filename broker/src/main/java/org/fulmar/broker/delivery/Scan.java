package org.fulmar.broker.delivery;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a group's messages have been looked at under one selector, for all consumers that have it: a message that it
 * passes over is never tested again, whoever opens and closes consumers, and stays available for others. Knows also
 * which consumer has which message group. Owned by the broker's core; part of a {@link SubscriptionGroup}.
 */
final class Scan {
    /** Message groups are told apart by a hash of so many values; those with one value go to one consumer. */
    static final int BUCKETS = 1024;

    private final String key;
    private final @Nullable MessageTest test;
    private final Map<Cursor, Long> positions = new HashMap<>();
    private final Map<Cursor, Long> returnedPositions = new HashMap<>();
    private @Nullable Consumer @Nullable [] owners;
    private int users;

    /**
     * @param test null to take everything
     */
    Scan(String key, @Nullable MessageTest test) {
        this.key = key;
        this.test = test;
    }

    String key() {
        return key;
    }

    @Nullable MessageTest test() {
        return test;
    }

    void join() {
        users++;
    }

    /** Whether no consumer uses it any more. */
    boolean leave() {
        users--;
        return users == 0;
    }

    boolean isUnused() {
        return users == 0;
    }

    long position(Cursor cursor) {
        return test == null ? cursor.scan() : positions.getOrDefault(cursor, cursor.floor());
    }

    void position(Cursor cursor, long position) {
        if (test == null) {
            cursor.scan(position);
        } else {
            positions.put(cursor, position);
        }
    }

    /** Messages before were passed over for want of their owner, who has gone: they are looked at again. */
    void rewind(Cursor cursor, long offset) {
        if (offset < position(cursor)) {
            position(cursor, offset);
        }
    }

    /** Where it looks on among the returned messages of a queue; those before it passed over. */
    long returnedPosition(Cursor cursor) {
        return returnedPositions.getOrDefault(cursor, 0L);
    }

    void returnedPosition(Cursor cursor, long position) {
        returnedPositions.put(cursor, position);
    }

    /** A message came back that has not been tested since. */
    void returned(Cursor cursor, long offset) {
        returnedPositions.computeIfPresent(cursor, (same, position) -> Math.min(position, offset));
    }

    /** Who gets the messages of a message group: the consumer that has it, or this one from now on. */
    Consumer owner(int bucket, Consumer otherwise) {
        @Nullable Consumer[] all = owners;
        if (all == null) {
            all = new Consumer[BUCKETS];
            owners = all;
        }
        Consumer owner = all[bucket];
        if (owner == null) {
            all[bucket] = otherwise;
            return otherwise;
        }
        return owner;
    }

    /** The consumer has gone: its message groups are free. */
    void disown(Consumer gone) {
        @Nullable Consumer[] all = owners;
        if (all != null) {
            for (int i = 0; i < all.length; i++) {
                if (all[i] == gone) {
                    all[i] = null;
                }
            }
        }
    }
}
