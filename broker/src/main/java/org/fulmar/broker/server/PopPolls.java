package org.fulmar.broker.server;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.fulmar.broker.pop.PopEngine;
import org.fulmar.protocol.transport.Request;

/**
 * Pops and notifications that wait for a message, by topic and group, in the order in which they came. Owned by the
 * core.
 */
final class PopPolls {
    private static final int MAX_PARKED = 100_000;
    private static final int MAX_OF_GROUP = 1024;

    /**
     * One that waits.
     *
     * @param notification whether it wants to know of a message only
     * @param deadline milliseconds since the epoch
     */
    record Poll(Request request, PopEngine.Pop pop, boolean notification, long deadline) {}

    private record Key(String topic, String group) {}

    /** Answers a poll, if there is something for it. */
    interface Server {
        enum Verdict {
            /** It was answered. */
            SERVED,
            /** There is nothing for this one. */
            NOTHING,
            /** There is nothing for any of the group. */
            EMPTY,
            /** Enough for now; it is to be tried again in the next turn. */
            LATER
        }

        Verdict serve(Poll poll);
    }

    private final Map<String, Map<String, Deque<Poll>>> parked = new HashMap<>();
    private final Set<Key> awake = new LinkedHashSet<>();
    private int count;

    /** Whether it was taken; not if too many wait already. */
    boolean park(Poll poll) {
        Deque<Poll> polls = parked.computeIfAbsent(poll.pop.topic(), t -> new HashMap<>())
                .computeIfAbsent(poll.pop.group(), g -> new ArrayDeque<>());
        if (count >= MAX_PARKED || polls.size() >= MAX_OF_GROUP) {
            return false;
        }
        poll.request.park();
        polls.add(poll);
        count++;
        return true;
    }

    /** How many of a group wait. */
    int waiting(String topic, String group) {
        return parked.getOrDefault(topic, Map.of())
                .getOrDefault(group, new ArrayDeque<>(0))
                .size();
    }

    void wake(String topic) {
        Map<String, Deque<Poll>> groups = parked.get(topic);
        if (groups != null) {
            groups.keySet().forEach(group -> awake.add(new Key(topic, group)));
        }
    }

    void wake(String topic, String group) {
        Map<String, Deque<Poll>> groups = parked.get(topic);
        if (groups != null && groups.containsKey(group)) {
            awake.add(new Key(topic, group));
        }
    }

    boolean isAwake() {
        return !awake.isEmpty();
    }

    /** Serves those that were woken, as far as it goes in this turn. */
    void serve(Server server) {
        Iterator<Key> keys = awake.iterator();
        while (keys.hasNext()) {
            Key key = keys.next();
            Deque<Poll> polls = parked.getOrDefault(key.topic, Map.of()).get(key.group);
            if (polls != null && !served(polls, server)) {
                return;
            }
            keys.remove();
        }
    }

    /** Whether all was done that can be done now. */
    private boolean served(Deque<Poll> polls, Server server) {
        Iterator<Poll> each = polls.iterator();
        while (each.hasNext()) {
            Poll poll = each.next();
            if (!poll.request.connection().isOpen()) {
                poll.request.done();
                each.remove();
                count--;
                continue;
            }
            switch (server.serve(poll)) {
                case SERVED -> {
                    each.remove();
                    count--;
                }
                case EMPTY -> {
                    return true;
                }
                case LATER -> {
                    return false;
                }
                case NOTHING -> {
                    // the next one may want something else
                }
            }
        }
        return true;
    }

    /** Hands out those whose time is over, and forgets those whose connection is gone. */
    void expire(long now, Consumer<Poll> over) {
        for (Map<String, Deque<Poll>> groups : parked.values()) {
            for (Deque<Poll> polls : groups.values()) {
                polls.removeIf(poll -> {
                    boolean gone = !poll.request.connection().isOpen();
                    if (gone) {
                        poll.request.done();
                    } else if (poll.deadline <= now) {
                        over.accept(poll);
                        gone = true;
                    }
                    count -= gone ? 1 : 0;
                    return gone;
                });
            }
            groups.values().removeIf(Deque::isEmpty);
        }
        parked.values().removeIf(Map::isEmpty);
    }
}
