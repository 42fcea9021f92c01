package org.fulmar.jms.kill;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which life of the broker this is, for the storm's workers: even while it is there for certain, odd from before it is
 * killed until after it has said that it is ready again.
 *
 * <p>Safe for any thread; the test's counts. What happened between two looks at the same even number happened with a
 * broker that was there.
 */
final class StormLife {
    private final AtomicInteger number = new AtomicInteger(1);

    void ready() {
        number.incrementAndGet();
    }

    void killing() {
        number.incrementAndGet();
    }

    int now() {
        return number.get();
    }

    /** Whether the broker was there from a look until now. */
    boolean isSince(int look) {
        return look % 2 == 0 && number.get() == look;
    }
}
