package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a broker does from time to time is not done for the last time because it fails. */
@Timeout(180)
class BrokerThreadsTest {
    private final BrokerThreads threads = new BrokerThreads(1);

    @AfterEach
    void end() throws InterruptedException {
        threads.endTimed();
        threads.endBusiness();
    }

    @Test
    void whatHasFailedIsDoneAgain() {
        AtomicInteger times = new AtomicInteger();
        threads.every(1, () -> {
            times.incrementAndGet();
            throw new IllegalStateException("on purpose");
        });
        await().until(() -> times.get() > 2);
    }

    @Test
    void aCheckpointThatCanNotBeCapturedKeepsNobodyWaiting() {
        Core core = new Core(Runnable::run, () -> false);
        // without a store there is nothing to capture: that fails on the core
        Checkpoints checkpoints = new Checkpoints(core, null, new ConsumerOffsets(), null);
        assertThatThrownBy(() -> checkpoints.write(true)).hasCauseInstanceOf(NullPointerException.class);
    }
}
