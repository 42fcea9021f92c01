package org.fulmar.broker.server;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.fulmar.broker.pop.PopEngine;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * Pops and notifications that wait for a message, by topic and group, in the order in which they came. Owned by the
 * core.
 *
 * <p>A group that was woken is gone through from its first poll to its last, over as many turns as that takes, and the
 * groups take turns: however many wait for something else, each is reached.
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
            /** There is more to look at for this one: it is to be tried again when the others had their turn. */
            LATER,
            /** Its connection takes no answers now: it is to be tried again when that does. */
            UNREAD,
            /** Enough for now; it was not tried. */
            FULL
        }

        Verdict serve(Poll poll);
    }

    /** Those of one topic and group, by the number of their coming. */
    private static final class Line {
        final NavigableMap<Long, Poll> polls = new TreeMap<>();
        /** Whether some of it were tried since it was woken, and up to which. */
        boolean begun;

        long tried;
        /** Woken while it was gone through: it is to be gone through once more. */
        boolean again;

        /** It was gone through; whether it was woken meanwhile. */
        boolean endsAndIsWoken() {
            boolean woken = again;
            begun = false;
            again = false;
            tried = 0;
            return woken;
        }
    }

    private final Map<String, Map<String, Line>> parked = new HashMap<>();
    private final Set<Key> awake = new LinkedHashSet<>();
    /** What is to be woken when a connection takes answers again. */
    private final Map<Connection, Set<Key>> unread = new HashMap<>();

    private long lastNumber;
    private int count;

    /** Whether it was taken; not if too many wait already. */
    boolean park(Poll poll) {
        Line line = parked.computeIfAbsent(poll.pop.topic(), t -> new HashMap<>())
                .computeIfAbsent(poll.pop.group(), g -> new Line());
        if (count >= MAX_PARKED || line.polls.size() >= MAX_OF_GROUP) {
            return false;
        }
        poll.request.park();
        line.polls.put(++lastNumber, poll);
        count++;
        return true;
    }

    private @Nullable Line line(String topic, String group) {
        return parked.getOrDefault(topic, Map.of()).get(group);
    }

    /** How many of a group wait. */
    int waiting(String topic, String group) {
        Line line = line(topic, group);
        return line == null ? 0 : line.polls.size();
    }

    void wake(String topic) {
        parked.getOrDefault(topic, Map.of()).forEach((group, line) -> wake(new Key(topic, group), line));
    }

    void wake(String topic, String group) {
        Line line = line(topic, group);
        if (line != null) {
            wake(new Key(topic, group), line);
        }
    }

    private void wake(Key key, Line line) {
        if (!awake.add(key)) {
            line.again = line.begun;
        }
    }

    /** A connection takes answers again. */
    void writable(Connection connection) {
        Set<Key> keys = unread.remove(connection);
        if (keys != null) {
            keys.forEach(key -> wake(key.topic, key.group));
        }
    }

    boolean isAwake() {
        return !awake.isEmpty();
    }

    /** Serves those that were woken, as far as it goes in this turn. */
    void serve(Server server) {
        for (int left = awake.size(); left > 0; left--) {
            Key key = awake.iterator().next();
            Line line = line(key.topic, key.group);
            Server.Verdict last = line == null ? Server.Verdict.EMPTY : goThrough(key, line, server);
            // who is not through yet goes last
            awake.remove(key);
            boolean unfinished = last == Server.Verdict.LATER || last == Server.Verdict.FULL;
            if (unfinished || line != null && line.endsAndIsWoken()) {
                awake.add(key);
            }
            if (last == Server.Verdict.FULL) {
                return;
            }
        }
    }

    /** Goes on with a line. What its last poll brought; LATER and FULL if there are more to try. */
    private Server.Verdict goThrough(Key key, Line line, Server server) {
        line.begun = true;
        Server.Verdict last = Server.Verdict.NOTHING;
        for (Map.Entry<Long, Poll> next = line.polls.higherEntry(line.tried);
                next != null;
                next = line.polls.higherEntry(line.tried)) {
            Poll poll = next.getValue();
            if (!poll.request.connection().isOpen()) {
                poll.request.done();
                remove(line, next.getKey());
                continue;
            }
            last = server.serve(poll);
            switch (last) {
                case SERVED -> remove(line, next.getKey());
                case EMPTY, LATER, FULL -> {
                    return last;
                }
                case UNREAD -> {
                    unread.computeIfAbsent(poll.request.connection(), c -> new HashSet<>())
                            .add(key);
                    line.tried = next.getKey();
                }
                case NOTHING -> {
                    // the next one may want something else
                    line.tried = next.getKey();
                }
            }
        }
        return last;
    }

    private void remove(Line line, Long number) {
        line.polls.remove(number);
        count--;
    }

    /** Hands out those whose time is over, and forgets those whose connection is gone. */
    void expire(long now, Consumer<Poll> over) {
        for (Map<String, Line> groups : parked.values()) {
            for (Line line : groups.values()) {
                line.polls.values().removeIf(poll -> {
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
            groups.values().removeIf(line -> line.polls.isEmpty());
        }
        parked.values().removeIf(Map::isEmpty);
        unread.keySet().removeIf(connection -> !connection.isOpen());
    }
}
