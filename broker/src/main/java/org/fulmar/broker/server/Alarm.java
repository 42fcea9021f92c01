package org.fulmar.broker.server;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Wakes the core when something is due. Set by the core; rings on its own thread, which hands over to the core. One ring
 * is outstanding at a time.
 */
final class Alarm {
    /** A ring is never further away, so that a clock that is set back does not delay it for long. */
    private static final long MAX_WAIT_MILLIS = 500;

    private final ScheduledExecutorService timer;
    private final Runnable ring;
    private long at = Long.MAX_VALUE;
    private @Nullable ScheduledFuture<?> outstanding;

    /**
     * @param ring runs on the timer's thread
     */
    Alarm(ScheduledExecutorService timer, Runnable ring) {
        this.timer = timer;
        this.ring = ring;
    }

    /** On the core, when it has looked: whatever was set before has been seen to. */
    void set(long due, long now) {
        if (due == at) {
            return;
        }
        ScheduledFuture<?> before = outstanding;
        if (before != null) {
            before.cancel(false);
            outstanding = null;
        }
        at = due;
        if (due != Long.MAX_VALUE) {
            long wait = Math.max(0, Math.min(MAX_WAIT_MILLIS, due - now));
            outstanding = schedule(wait);
        }
    }

    private @Nullable ScheduledFuture<?> schedule(long millis) {
        try {
            return timer.schedule(ring, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // the broker closes: nothing is due any more
            return null;
        }
    }

    /** On the core: it rang. */
    void rang() {
        at = Long.MAX_VALUE;
        outstanding = null;
    }
}
