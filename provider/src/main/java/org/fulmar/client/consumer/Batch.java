package org.fulmar.client.consumer;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Messages of one queue on their way to a listener. Made and ended by the consumer's loop, run by one worker. */
final class Batch {
    /** Who decides about it. */
    private enum State {
        /** A worker may begin it, and the loop may take it back. */
        WAITING,
        RUNNING,
        WITHDRAWN,
        ENDED
    }

    final HeldQueue held;
    final List<ProcessQueue.Entry> entries;
    final ConsumeContext context;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private volatile long startedNanos;
    /** What the listener said; null if it failed or said nothing. Written by the worker before it reports. */
    volatile @Nullable ConsumeResult result;
    /** When the listener ended. Written by the worker before it reports. */
    volatile long endedNanos;
    /** The lock was gone before it began. Written by the worker before it reports. */
    volatile boolean skipped;
    /** Loop: its messages were sent back since it took too long. */
    boolean timedOut;

    Batch(HeldQueue held, List<ProcessQueue.Entry> entries) {
        this.held = held;
        this.entries = entries;
        this.context = new ConsumeContext(held.queue);
    }

    /** The worker asks whether it may begin. */
    boolean begin(long nanos) {
        startedNanos = nanos;
        return state.compareAndSet(State.WAITING, State.RUNNING);
    }

    /** The loop takes it back, unless it has begun. */
    boolean withdraw() {
        return state.compareAndSet(State.WAITING, State.WITHDRAWN);
    }

    void end() {
        state.set(State.ENDED);
    }

    boolean isRunning() {
        return state.get() == State.RUNNING;
    }

    /** How many of its messages the listener is done with. */
    int successful() {
        return result == ConsumeResult.SUCCESS ? Math.min(context.successful(), entries.size()) : 0;
    }

    long startedNanos() {
        return startedNanos;
    }
}
