package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.broker.Patience;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The core's one promise: tasks run one at a time, each thread's in order, and none is forgotten. */
@Timeout(180)
class CoreTest {
    private static final int THREADS = 8;
    private static final int TASKS = 200_000;

    /** Touched by tasks and turns without any protection of its own. */
    private long unprotected;

    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger overlaps = new AtomicInteger();

    private void alone() {
        if (inside.incrementAndGet() != 1) {
            overlaps.incrementAndGet();
        }
        unprotected++;
        for (int i = 0; i < 5; i++) {
            Thread.onSpinWait();
        }
        inside.decrementAndGet();
    }

    @Test
    void tasksOfManyThreadsRunOneAtATimeInOrderAndAllOfThem() throws Exception {
        ExecutorService eventLoop = Executors.newSingleThreadExecutor();
        AtomicInteger turns = new AtomicInteger();
        Core core = new Core(eventLoop, () -> {
            alone();
            // a turn takes its time, as writing a batch does: it is then that a second owner would be let in
            for (int i = 0; i < 300; i++) {
                Thread.onSpinWait();
            }
            return turns.incrementAndGet() % 1000 == 0;
        });
        CountDownLatch done = new CountDownLatch(THREADS * TASKS);
        AtomicInteger disorder = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int[] last = {-1};
            threads.add(new Thread(() -> {
                for (int n = 0; n < TASKS; n++) {
                    int number = n;
                    core.execute(() -> {
                        alone();
                        if (last[0] != number - 1) {
                            disorder.incrementAndGet();
                        }
                        last[0] = number;
                        done.countDown();
                    });
                }
            }));
        }
        threads.forEach(Thread::start);
        assertThat(done.await(3 * Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
        for (Thread thread : threads) {
            thread.join();
        }
        eventLoop.shutdown();
        assertThat(eventLoop.awaitTermination(Patience.SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(overlaps).hasValue(0);
        assertThat(disorder).hasValue(0);
        assertThat(unprotected).isEqualTo((long) THREADS * TASKS + turns.get());
    }

    @Test
    void threadThatIsHeldUpWhileItBringsATaskLetsNoSecondOwnerIn() throws Exception {
        CountDownLatch handedOver = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Thread[] late = new Thread[1];
        Queue<Runnable> mailbox = new ConcurrentLinkedQueue<>() {
            @Override
            public boolean add(Runnable task) {
                boolean added = super.add(task);
                if (Thread.currentThread() == late[0]) {
                    handedOver.countDown();
                    await(goOn);
                }
                return added;
            }
        };
        AtomicInteger turns = new AtomicInteger();
        Core[] core = new Core[1];
        core[0] = new Core(
                task -> {},
                () -> {
                    inside.incrementAndGet();
                    if (turns.incrementAndGet() == 2) {
                        // the owner is still at work: whoever comes now must leave the task to it
                        goOn.countDown();
                        join(late[0]);
                        Thread third = new Thread(() -> core[0].execute(this::alone));
                        third.start();
                        join(third);
                    }
                    inside.decrementAndGet();
                    return false;
                },
                mailbox);
        late[0] = new Thread(() -> core[0].execute(this::alone));
        core[0].execute(() -> {
            late[0].start();
            await(handedOver);
        });
        goOn.countDown();
        join(late[0]);
        core[0].execute(this::alone);
        assertThat(overlaps).hasValue(0);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join(Patience.MILLIS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
