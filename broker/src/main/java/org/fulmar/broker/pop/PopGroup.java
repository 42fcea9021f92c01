package org.fulmar.broker.pop;

import java.util.Collection;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The cursors of a RocketMQ consumer group that pops from a topic. Owned by the broker's core. */
final class PopGroup {
    final String name;
    final String topic;
    private final TreeMap<Integer, PopCursor> cursors = new TreeMap<>();
    private int turn;

    PopGroup(String name, String topic) {
        this.name = name;
        this.topic = topic;
    }

    @Nullable PopCursor cursor(int queueId) {
        return cursors.get(queueId);
    }

    void add(PopCursor cursor) {
        cursors.put(cursor.queueId, cursor);
    }

    Collection<PopCursor> cursors() {
        return cursors.values();
    }

    /** With which of so many queues a pop from all of them begins: each in turn. */
    int nextTurn(int queues) {
        turn = (turn + 1) % queues;
        return turn;
    }
}
