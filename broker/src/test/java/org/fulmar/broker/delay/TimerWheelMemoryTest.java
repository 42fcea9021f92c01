package org.fulmar.broker.delay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.fulmar.broker.Patience;
import org.fulmar.broker.store.NioDisk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many timers, on a real disk. */
@Timeout(300)
class TimerWheelMemoryTest {
    private static final int MANY = 1_000_000;
    private static final long MEGABYTE = 1 << 20;
    private static final long HOUR = 3_600_000;

    @TempDir
    Path root;

    private static long usedHeap() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }

    @Test
    void millionTimersFarAwayTakeNoMemoryOnceTheyAreSaved() throws IOException {
        // what is loaded and kept once, as classes are, is there before it is measured
        addFarAway(new TestWheel(new NioDisk(), root.resolve("before")), 1_000).checkpoint(1_000);
        TestWheel test = new TestWheel(new NioDisk(), root);
        test.wheel.due(TestWheel.START, 1, (at, offset) -> {});
        long before = usedHeap();
        addFarAway(test, MANY);
        assertThat(usedHeap() - before).as("before it is saved").isLessThan(40 * MEGABYTE);
        test.checkpoint(MANY);
        assertThat(usedHeap() - before).as("after it is saved").isLessThan(MEGABYTE);
        assertThat(test.wheel.waiting()).isEqualTo(MANY);
        Reference.reachabilityFence(test);
    }

    private static TestWheel addFarAway(TestWheel test, int count) {
        Random random = new Random(1);
        for (long i = 0; i < count; i++) {
            test.wheel.add(TestWheel.START + HOUR + random.nextLong(TimerWheel.MAX_DELAY_MILLIS - HOUR), i);
        }
        return test;
    }

    @Test
    void longReplayTakesLittleMemory() throws IOException {
        TestWheel test = new TestWheel(new NioDisk(), root);
        test.wheel.restore(null);
        long before = usedHeap();
        // five million that have fired, and a tenth of it that waits
        for (long i = 0; i < 5 * MANY; i++) {
            long at = TestWheel.START + (i % 10 == 0 ? 100 * HOUR : i);
            test.wheel.add(at, i);
            long fired = i - 2 * MANY;
            if (fired >= 0 && fired % 10 != 0) {
                test.wheel.fired(fired);
            }
        }
        assertThat(usedHeap() - before).isLessThan(100 * MEGABYTE);
        for (long fired = 3 * MANY; fired < 5 * MANY; fired++) {
            if (fired % 10 != 0) {
                test.wheel.fired(fired);
            }
        }
        test.wheel.recovered((topic, queueId) -> 0);
        assertThat(test.wheel.waiting()).isEqualTo(MANY / 2);
        test.checkpoint(5 * MANY);
        TestWheel again = new TestWheel(new NioDisk(), root);
        assertThat(again.countAll(TestWheel.START + 100 * HOUR)).isEqualTo(MANY / 2);
    }

    @Test
    void timersAddedReadSavedAndGivenOnDifferentThreadsAreAllGivenOnce() throws Exception {
        NioDisk disk = new NioDisk();
        ExecutorService core = Executors.newSingleThreadExecutor();
        ExecutorService reader = Executors.newSingleThreadExecutor();
        TimerWheel wheel = new TimerWheel(disk, root, reader, core, () -> {});
        try {
            wheel.restore(null);
            wheel.recovered((topic, queueId) -> 0);
            Random random = new Random(2);
            boolean[] given = new boolean[200_000];
            int[] count = {0};
            for (int step = 0; count[0] < given.length; step++) {
                long now = TestWheel.START + step * 100L;
                int first = step * 1000;
                Future<Supplier<byte[]>> captured = core.submit(() -> {
                    for (int i = first; i < Math.min(first + 1000, given.length); i++) {
                        wheel.add(now + random.nextInt(20_000), i);
                    }
                    wheel.due(now, 5000, (at, offset) -> {
                        assertThat(given[(int) offset]).isFalse();
                        assertThat(at).isLessThanOrEqualTo(now);
                        given[(int) offset] = true;
                        count[0]++;
                        wheel.fired(offset);
                    });
                    return wheel.capture(first);
                });
                Supplier<byte[]> checkpoint = captured.get();
                if (step % 7 == 0) {
                    disk.replace(root.resolve("config").resolve(wheel.fileName()), checkpoint.get());
                }
            }
            assertThat(core.submit(wheel::waiting).get()).isZero();
        } finally {
            reader.shutdown();
            core.shutdown();
            assertThat(reader.awaitTermination(Patience.SECONDS, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(core.awaitTermination(Patience.SECONDS, TimeUnit.SECONDS))
                    .isTrue();
        }
    }
}
