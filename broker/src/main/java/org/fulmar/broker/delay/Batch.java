package org.fulmar.broker.delay;

import org.jspecify.annotations.Nullable;

/**
 * Timers that a checkpoint has taken to write them to a file, and that are read from memory until it has. The heap is
 * not changed any more, so that the checkpoint's thread may read it; the rest is the core's.
 */
final class Batch {
    private final TimerHeap heap;
    private long takenToAt = Long.MIN_VALUE;
    private long takenToOffset;
    private int taken;
    private long headAt;
    private @Nullable Run successor;

    Batch(TimerHeap heap) {
        this.heap = heap;
        this.headAt = heap.minAt();
    }

    int remaining() {
        return heap.size() - taken;
    }

    int taken() {
        return taken;
    }

    /** The due time of the first timer that is not taken; {@link Long#MAX_VALUE} if all are. */
    long headAt() {
        return headAt;
    }

    /** Adds the timers before a place that were not taken yet to {@code target}; how many these are. */
    int takeBefore(long toAt, long toOffset, TimerHeap target) {
        if (headAt > toAt || !TimerHeap.before(takenToAt, takenToOffset, toAt, toOffset)) {
            return 0;
        }
        int before = target.size();
        headAt = heap.addRange(takenToAt, takenToOffset, toAt, toOffset, target);
        takenToAt = toAt;
        takenToOffset = toOffset;
        int more = target.size() - before;
        taken += more;
        return more;
    }

    void replacedBy(Run run) {
        successor = run;
    }

    /** The run that it was written to, or what that was merged into; null if it is in memory alone. */
    @Nullable Run successor() {
        return successor == null ? null : successor.current();
    }

    View view() {
        return new View(this, heap, takenToAt, takenToOffset, taken);
    }

    /** What had not been taken at some moment; for any thread. */
    record View(Batch batch, TimerHeap heap, long fromAt, long fromOffset, int taken) {
        int remaining() {
            return heap.size() - taken;
        }

        /** A copy of what had not been taken. */
        TimerHeap copy() {
            TimerHeap copy = heap.copy();
            while (!copy.isEmpty() && TimerHeap.before(copy.minAt(), copy.minOffset(), fromAt, fromOffset)) {
                copy.poll();
            }
            return copy;
        }
    }
}
