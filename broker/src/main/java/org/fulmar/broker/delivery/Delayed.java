package org.fulmar.broker.delivery;

import java.util.PriorityQueue;

/**
 * Messages that came back and are to be delivered again only later. They count as in flight, held by nobody, so that a
 * restart delivers them. Owned by the broker's core.
 */
final class Delayed {
    private record Entry(long due, long number, Cursor.InFlight message) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            int byTime = Long.compare(due, other.due);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private final PriorityQueue<Entry> waiting = new PriorityQueue<>();
    private long number;

    /** Takes the message out of turn until {@code due}, in milliseconds since the epoch. */
    void add(Cursor.InFlight message, long due) {
        waiting.add(new Entry(due, number++, message));
    }

    /** When the next is due; {@link Long#MAX_VALUE} if none waits. */
    long next() {
        Entry first = waiting.peek();
        return first == null ? Long.MAX_VALUE : first.due;
    }

    /** Gives back what is due to its cursor, and tells of each. */
    void due(long now, java.util.function.Consumer<Cursor.InFlight> listener) {
        Entry first = waiting.peek();
        while (first != null && first.due <= now) {
            waiting.remove();
            Cursor.InFlight message = first.message;
            if (message.cursor.held(message.offset) == message && message.holder == null) {
                listener.accept(message);
            }
            first = waiting.peek();
        }
    }
}
