package org.fulmar.client.consumer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.fulmar.client.ReceivedMessage;

/**
 * The messages of one queue between the pull and the end of their processing. A state machine without threads, clock or
 * network, owned by the consumer's loop.
 *
 * <p>A message waits, is taken, and is finished, or given back to wait again. {@link #commitPoint} is always the lowest
 * offset that is not finished: what is before it needs never be delivered again.
 */
final class ProcessQueue {
    /** One message in here. */
    static final class Entry {
        private final ReceivedMessage message;
        private final long offset;
        private final int bytes;
        private boolean finished;
        private int failures;

        private Entry(ReceivedMessage message, long offset, int bytes) {
            this.message = message;
            this.offset = offset;
            this.bytes = bytes;
            this.failures = message.reconsumeTimes();
        }

        ReceivedMessage message() {
            return message;
        }

        boolean isFinished() {
            return finished;
        }

        /** How often its processing has failed, here and before it came here. */
        int failures() {
            return failures;
        }

        void failed() {
            failures++;
        }

        long offset() {
            return offset;
        }

        int bytes() {
            return bytes;
        }
    }

    /** All that are not known to be finished up to the first, in order; the first is never finished. */
    private final Deque<Entry> open = new ArrayDeque<>();
    /** A tail of them: what was not taken yet, and what was given back. */
    private final Deque<Entry> waiting = new ArrayDeque<>();

    private long pulledTo;
    private int unfinished;
    private long bytes;

    /** Starts anew at an offset; what was in here counts no more. */
    void startAt(long offset) {
        open.forEach(entry -> entry.finished = true);
        open.clear();
        waiting.clear();
        pulledTo = offset;
        unfinished = 0;
        bytes = 0;
    }

    /** Where the next pull begins. */
    long pulledTo() {
        return pulledTo;
    }

    /** A pull brought this message; one from before {@link #pulledTo} is known already and left out. */
    void add(ReceivedMessage message) {
        long offset = message.offset();
        int size = message.body().length;
        if (offset < pulledTo) {
            return;
        }
        Entry entry = new Entry(message, offset, size);
        open.add(entry);
        waiting.add(entry);
        pulledTo = offset + 1;
        unfinished++;
        bytes += size;
    }

    /** The pull has looked at everything before this offset. */
    void lookedUpTo(long offset) {
        pulledTo = Math.max(pulledTo, offset);
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** The next messages in order; at most {@code max} of them. They are with who took them until finished or given back. */
    List<Entry> take(int max) {
        List<Entry> taken = new ArrayList<>(Math.min(max, waiting.size()));
        while (taken.size() < max && !waiting.isEmpty()) {
            taken.add(waiting.removeFirst());
        }
        return taken;
    }

    /** These wait again, before all others; {@code entries} in order, and all after them that were taken are back already. */
    void giveBack(List<Entry> entries) {
        for (int i = entries.size() - 1; i >= 0; i--) {
            if (!entries.get(i).finished) {
                waiting.addFirst(entries.get(i));
            }
        }
    }

    void finish(Entry entry) {
        if (entry.finished) {
            return;
        }
        entry.finished = true;
        unfinished--;
        bytes -= entry.bytes;
        while (!open.isEmpty() && open.peekFirst().finished) {
            open.removeFirst();
        }
    }

    /**
     * Forgets what waits behind everything that was taken or is finished; a later pull brings it again. What waits before
     * something that is finished stays, or that would come again too.
     */
    void dropWaiting() {
        while (!waiting.isEmpty() && waiting.peekLast() == open.peekLast()) {
            Entry dropped = waiting.removeLast();
            open.removeLast();
            unfinished--;
            bytes -= dropped.bytes;
            pulledTo = dropped.offset;
        }
    }

    /** The lowest offset that is not finished. */
    long commitPoint() {
        Entry first = open.peekFirst();
        return first == null ? pulledTo : first.offset;
    }

    /** The offset from which on nothing was taken. */
    long nextWaiting() {
        Entry next = waiting.peekFirst();
        return next == null ? pulledTo : next.offset;
    }

    /** Messages that are not finished. */
    int count() {
        return unfinished;
    }

    /** Messages that somebody has taken. */
    int taken() {
        return unfinished - waiting.size();
    }

    /** The bytes of the messages that are not finished. */
    long bytes() {
        return bytes;
    }

    /** Offsets from the first unfinished message to the last that was pulled; 0 if there is none. */
    long span() {
        Entry first = open.peekFirst();
        return first == null ? 0 : pulledTo - first.offset;
    }
}
