package org.fulmar.jms.kill;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Tells workers to stop, and is what they wait on when they have nothing to do, so that a stop ends every wait.
 *
 * <p>Safe for any thread. Set once, by the test or by the passing of the deadline.
 */
final class StopSignal {

    private final CountDownLatch set = new CountDownLatch(1);
    private final long deadline;

    StopSignal(long lifeMillis) {
        deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(lifeMillis);
    }

    void set() {
        set.countDown();
    }

    boolean isSet() {
        return set.getCount() == 0 || System.nanoTime() - deadline > 0;
    }

    /** Waits until the signal is set or the time is over; true if it is set. */
    boolean awaitNanos(long nanos) {
        try {
            return set.await(nanos, TimeUnit.NANOSECONDS) || isSet();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            set();
            return true;
        }
    }

    boolean awaitMillis(long millis) {
        return awaitNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}
