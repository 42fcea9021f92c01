package org.fulmar.broker.consume;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which member of a consumer group holds which queue, so that one at a time consumes it: a state machine without clock,
 * owned by the core. Nothing of it outlives the broker, as members take their locks again.
 *
 * <p>A lock lasts for a minute from when it was last asked for. Whoever asks in vain is remembered with the lock: when
 * the queue becomes free, the answer names the group, whose members are to be told.
 */
public final class QueueLocks {
    /** How long a lock lasts that is not renewed. */
    public static final long EXPIRY_MILLIS = 60_000;

    /** Most queues that are held at a time, of all groups. */
    static final int MAX_LOCKS = 200_000;

    /** A queue of this broker. */
    public record Queue(String topic, int queueId) {}

    private record Key(String group, Queue queue) {}

    private static final class Lock {
        final String client;
        long until;
        boolean wanted;

        Lock(String client) {
            this.client = client;
        }
    }

    /** In the order in which they expire. */
    private final Map<Key, Lock> locks = new LinkedHashMap<>();
    /** The queues held by each group. */
    private final Map<String, Set<Queue>> held = new HashMap<>();

    /**
     * Takes or renews locks.
     *
     * @param now milliseconds since the epoch
     * @return those of the queues that the client holds now
     */
    public List<Queue> lock(String group, String client, Collection<Queue> wanted, long now) {
        List<Queue> got = new ArrayList<>();
        for (Queue queue : wanted) {
            Key key = new Key(group, queue);
            Lock lock = locks.get(key);
            if (lock != null && lock.until > now && !lock.client.equals(client)) {
                lock.wanted = true;
                continue;
            }
            if (lock == null && locks.size() >= MAX_LOCKS) {
                continue;
            }
            locks.remove(key);
            Lock mine = lock != null && lock.client.equals(client) ? lock : new Lock(client);
            mine.until = now + EXPIRY_MILLIS;
            locks.put(key, mine);
            held.computeIfAbsent(group, g -> new LinkedHashSet<>()).add(queue);
            got.add(queue);
        }
        return got;
    }

    /**
     * Gives up those of the queues that the client holds.
     *
     * @return whether somebody waits for one of them
     */
    public boolean unlock(String group, String client, Collection<Queue> queues) {
        boolean wanted = false;
        for (Queue queue : queues) {
            Lock lock = locks.get(new Key(group, queue));
            if (lock != null && lock.client.equals(client)) {
                wanted |= release(new Key(group, queue));
            }
        }
        return wanted;
    }

    /**
     * A member has left its group: what it held is free.
     *
     * @return whether somebody waits for one of its queues
     */
    public boolean left(String group, String client) {
        Set<Queue> queues = held.get(group);
        return queues != null && unlock(group, client, List.copyOf(queues));
    }

    private boolean release(Key key) {
        Lock lock = locks.remove(key);
        Set<Queue> queues = held.get(key.group);
        if (queues != null && queues.remove(key.queue) && queues.isEmpty()) {
            held.remove(key.group);
        }
        return lock != null && lock.wanted;
    }

    /**
     * Frees what was not renewed in time.
     *
     * @return the groups in which somebody waits for one of those queues
     */
    public Set<String> expire(long now) {
        Set<String> told = new LinkedHashSet<>();
        Iterator<Map.Entry<Key, Lock>> each = locks.entrySet().iterator();
        List<Key> over = new ArrayList<>();
        while (each.hasNext()) {
            Map.Entry<Key, Lock> entry = each.next();
            if (entry.getValue().until > now) {
                break;
            }
            over.add(entry.getKey());
        }
        for (Key key : over) {
            if (release(key)) {
                told.add(key.group);
            }
        }
        return told;
    }

    /** Whether a member of the group holds a queue. */
    public boolean isHeld(String group, long now) {
        Set<Queue> queues = held.get(group);
        if (queues == null) {
            return false;
        }
        for (Queue queue : queues) {
            Lock lock = locks.get(new Key(group, queue));
            if (lock != null && lock.until > now) {
                return true;
            }
        }
        return false;
    }

    /** How many queues are held, those that expire at the next {@link #expire} among them. */
    public int size() {
        return locks.size();
    }
}
