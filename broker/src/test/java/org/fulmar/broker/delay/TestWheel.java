package org.fulmar.broker.delay;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.fulmar.broker.store.Disk;

/** A wheel whose threads are queues that run when the test says so. */
final class TestWheel {
    static final Path ROOT = Path.of("/store");
    static final long START = 1_700_000_000_000L;

    final Disk disk;
    final Path root;
    final Deque<Runnable> reading = new ArrayDeque<>();
    final Deque<Runnable> core = new ArrayDeque<>();
    final TimerWheel wheel;
    /** Where a replay would have to begin. */
    final long position;

    TestWheel(Disk disk) throws IOException {
        this(disk, ROOT);
    }

    TestWheel(Disk disk, Path root) throws IOException {
        this.disk = disk;
        this.root = root;
        this.wheel = new TimerWheel(disk, root, reading::add, core::add, () -> {});
        this.position = wheel.restore(disk.read(manifest()));
        wheel.recovered((topic, queueId) -> 0);
    }

    private Path manifest() {
        return root.resolve("config").resolve(wheel.fileName());
    }

    void checkpoint(long logPosition) throws IOException {
        disk.replace(manifest(), wheel.capture(logPosition).get());
        run(core);
    }

    static void run(Deque<Runnable> tasks) {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** Lets all run and gives everything that is due, to be served at once; log offsets in the order given. */
    List<Long> fireAll(long now) {
        List<Long> all = new ArrayList<>();
        do {
            run(reading);
            run(core);
            wheel.due(now, 1000, (at, offset) -> {
                all.add(offset);
                wheel.fired(offset);
            });
        } while (!reading.isEmpty() || !core.isEmpty() || wheel.nextDue() <= now);
        return all;
    }

    /** As {@link #fireAll}, for many; how many there were. */
    long countAll(long now) {
        long[] count = {0, Long.MIN_VALUE};
        do {
            run(reading);
            run(core);
            wheel.due(now, 100_000, (at, offset) -> {
                if (at < count[1]) {
                    throw new AssertionError("the timer at " + offset + " is out of order");
                }
                count[0]++;
                count[1] = at;
                wheel.fired(offset);
            });
        } while (!reading.isEmpty() || !core.isEmpty() || wheel.nextDue() <= now);
        return count[0];
    }
}
