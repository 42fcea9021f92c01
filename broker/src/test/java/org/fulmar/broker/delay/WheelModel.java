package org.fulmar.broker.delay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.fulmar.broker.store.FaultyDisk;

/**
 * Several lives of one wheel, beside a sorted map that does the same: a log of timers and of what has fired, threads
 * that run when chance has it, a clock that jumps, a disk that fails, and ends at any moment. All on the test's thread.
 */
final class WheelModel {
    private static final Path ROOT = Path.of("/store");
    private static final Path MANIFEST = ROOT.resolve("config").resolve("timers.json");
    private static final long START = 1_700_000_000_000L;

    /** The process is no more. */
    private static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** A record of the log: a timer, or the word that one has fired. */
    private record Entry(long offset, long deliverAt, long fired) {}

    private final Random random;
    private final TimerWheel.Limits limits;
    private final Deque<Runnable> reading = new ArrayDeque<>();
    private final Deque<Runnable> core = new ArrayDeque<>();
    private final List<Entry> log = new ArrayList<>();
    /** Due times of timers that have not fired, by log offset. */
    private final Map<Long, Long> waiting = new TreeMap<>();
    /** Given and not fired, by log offset: when they are to be given again, or MAX_VALUE while in hand. */
    private final Map<Long, Long> given = new HashMap<>();

    private FaultyDisk disk = new FaultyDisk();
    private TimerWheel wheel;
    private long now = START;
    private long logEnd;
    private long forced;
    int fires;
    int restarts;
    int checkpoints;
    final StringBuilder story = new StringBuilder();

    WheelModel(long seed) {
        random = new Random(seed);
        limits = switch (random.nextInt(3)) {
            case 0 -> new TimerWheel.Limits(4, 3, 16);
            case 1 -> new TimerWheel.Limits(50, 20, 100);
            default -> TimerWheel.Limits.DEFAULT;
        };
        wheel = open(true);
    }

    void run() throws IOException {
        int steps = 100 + random.nextInt(400);
        for (int step = 0; step < steps; step++) {
            if (random.nextInt(25) == 0) {
                checkpoint();
            } else if (random.nextInt(60) == 0) {
                restart(random.nextBoolean());
            } else {
                coreStep();
            }
        }
        restart(false);
        while (!waiting.isEmpty()) {
            settle();
            List.copyOf(given.keySet()).forEach(this::fire);
            now += random.nextInt(4) == 0 ? 20L * 24 * 3600 * 1000 : random.nextInt(20_000);
        }
        settle();
        assertThat(wheel.waiting()).isZero();
        assertThat(wheel.nextDue()).isEqualTo(Long.MAX_VALUE);
        spaceIsGivenBack();
    }

    private void spaceIsGivenBack() throws IOException {
        save(wheel.capture(logEnd));
        save(wheel.capture(logEnd));
        assertThat(disk.files()).noneMatch(file -> file.startsWith(ROOT.resolve("timer")));
    }

    // ---- what the core does

    private void coreStep() {
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> addSome(1 + random.nextInt(4));
            case 3 -> addSome(random.nextInt(10) == 0 ? 600 : 30);
            case 4 -> now += random.nextInt(800);
            case 5 -> now += random.nextInt(8) == 0 ? delay() : random.nextInt(6000);
            case 6 -> now -= random.nextInt(10) == 0 ? random.nextInt(7_200_000) : random.nextInt(3000);
            case 7 -> give(1 + random.nextInt(20));
            case 8 -> serveGiven();
            case 9 -> runOne(reading);
            case 10 -> runOne(core);
            default -> settle();
        }
        assertThat(wheel.waiting()).as("waiting").isEqualTo(waiting.size());
    }

    private void runOne(Deque<Runnable> tasks) {
        Runnable task = tasks.poll();
        if (task != null) {
            task.run();
        }
    }

    private long delay() {
        return switch (random.nextInt(7)) {
            case 0 -> -random.nextInt(5000);
            case 1 -> random.nextInt(50);
            case 2 -> random.nextInt(5000);
            case 3 -> 1000L * random.nextInt(20);
            case 4 -> random.nextInt(600_000);
            case 5 -> 3_600_000L * random.nextInt(48);
            default -> (long) (random.nextDouble() * TimerWheel.MAX_DELAY_MILLIS);
        };
    }

    private void addSome(int count) {
        long same = delay();
        boolean alike = random.nextBoolean();
        for (int i = 0; i < count; i++) {
            long at = now + (alike ? same : delay());
            waiting.put(logEnd, at);
            log.add(new Entry(logEnd, at, -1));
            wheel.add(at, logEnd);
            logEnd += 100 + random.nextInt(900);
        }
    }

    private void give(int max) {
        long[] last = {Long.MIN_VALUE, Long.MIN_VALUE};
        wheel.due(now, max, (at, offset) -> {
            assertThat(waiting.get(offset)).as("due time of %s", offset).isEqualTo(at);
            assertThat(at).as("given early").isLessThanOrEqualTo(now);
            Long again = given.put(offset, Long.MAX_VALUE);
            if (again == null) {
                boolean ordered = TimerHeap.before(last[0], last[1], at, offset);
                assertThat(ordered).as("order of %s", offset).isTrue();
                last[0] = at;
                last[1] = offset;
            } else {
                assertThat(again).as("%s is given twice", offset).isLessThanOrEqualTo(now);
            }
            if (random.nextInt(4) == 0) {
                serve(offset);
            }
        });
    }

    private void serveGiven() {
        for (long offset : List.copyOf(given.keySet())) {
            if (given.get(offset) == Long.MAX_VALUE || random.nextInt(10) == 0) {
                serve(offset);
            }
        }
    }

    private void serve(long offset) {
        if (random.nextInt(4) == 0 && given.get(offset) == Long.MAX_VALUE) {
            long again = now + random.nextInt(5000);
            // the clock may have gone back behind the due time
            given.put(offset, Math.max(again, waiting.getOrDefault(offset, 0L)));
            wheel.retryAt(offset, again);
        } else if (random.nextInt(4) != 0) {
            fire(offset);
        }
    }

    private void fire(long offset) {
        log.add(new Entry(logEnd, 0, offset));
        logEnd += 100 + random.nextInt(900);
        given.remove(offset);
        waiting.remove(offset);
        wheel.fired(offset);
        fires++;
    }

    /** Lets all threads do what they have to; then everything that is due must have been given. */
    private void settle() {
        int turns = 0;
        while (!reading.isEmpty() || !core.isEmpty() || wheel.nextDue() <= now) {
            runOne(reading);
            runOne(core);
            give(1000);
            assertThat(turns++).as("turns without an end").isLessThan(10_000);
        }
        long next = Long.MAX_VALUE;
        for (Map.Entry<Long, Long> timer : waiting.entrySet()) {
            long at = given.getOrDefault(timer.getKey(), timer.getValue());
            assertThat(at).as("%s is late", timer.getKey()).isGreaterThan(now);
            next = Math.min(next, at);
        }
        assertThat(wheel.nextDue()).as("when to look again").isLessThanOrEqualTo(next);
    }

    // ---- checkpoints and ends

    private void save(Supplier<byte[]> captured) throws IOException {
        disk.replace(MANIFEST, captured.get());
    }

    private void checkpoint() throws IOException {
        int fate = random.nextInt(5);
        Supplier<byte[]> captured = wheel.capture(logEnd);
        forced = logEnd;
        int[] left = {1 + random.nextInt(8)};
        disk.hook((operation, file) -> {
            for (int i = random.nextInt(6); i > 0; i--) {
                coreStep();
            }
            if (--left[0] == 0) {
                if (fate == 0) {
                    throw new Ended();
                }
                if (fate == 1) {
                    throw new IOException("Input/output error");
                }
            }
        });
        try {
            save(captured);
            checkpoints++;
            story.append(" saved");
        } catch (IOException | UncheckedIOException e) {
            story.append(" not-saved");
        } catch (Ended e) {
            story.append(" ended-while-saving");
            restart(random.nextBoolean());
        } finally {
            disk.heal();
        }
    }

    private void restart(boolean powerLoss) throws IOException {
        restarts++;
        disk.heal();
        disk = powerLoss ? disk.afterPowerLoss(random) : disk.afterKill();
        if (powerLoss && random.nextInt(3) > 0) {
            // rarely even what was forced is lost, as on a device that lies
            loseTail(random.nextInt(10) == 0 ? random.nextLong(logEnd + 1) : random.nextLong(forced, logEnd + 1));
        }
        if (random.nextInt(20) == 0) {
            story.append(" views-deleted!");
            disk.delete(random.nextBoolean() ? ROOT.resolve("timer") : MANIFEST);
        }
        if (random.nextInt(30) == 0) {
            disk.files().stream()
                    .filter(file -> file.startsWith(ROOT.resolve("timer")) && disk.read(file).length > 1000)
                    .findFirst()
                    .ifPresent(file -> disk.flip(file, 8 * 1000));
            story.append(" flipped!");
        }
        given.clear();
        reading.clear();
        core.clear();
        boolean harmed = story.toString().endsWith("!");
        story.append(powerLoss ? " power-loss" : " kill");
        wheel = open(!harmed);
        assertThat(wheel.waiting()).as("waiting after a restart").isEqualTo(waiting.size());
    }

    private void loseTail(long end) {
        log.removeIf(entry -> entry.offset >= end);
        waiting.clear();
        logEnd = end;
        forced = Math.min(forced, end);
        for (Entry entry : log) {
            if (entry.fired < 0) {
                waiting.put(entry.offset, entry.deliverAt);
            } else {
                waiting.remove(entry.fired);
            }
        }
    }

    /**
     * @param whole whether nothing but the process has ended: then only what the last checkpoint has not is replayed
     */
    private TimerWheel open(boolean whole) {
        FaultyDisk current = disk;
        TimerWheel fresh = new TimerWheel(current, ROOT, reading::add, core::add, () -> {}, limits);
        byte[] saved = current.read(MANIFEST);
        long position = fresh.restore(saved);
        if (whole && saved != null) {
            assertThat(position)
                    .as("where the replay begins")
                    .isEqualTo(Manifest.parse(saved).logPosition());
        }
        if (position > logEnd) {
            position = fresh.restore(null);
        }
        for (Entry entry : log) {
            if (entry.offset < position) {
                continue;
            }
            if (entry.fired < 0) {
                fresh.add(entry.deliverAt, entry.offset);
            } else {
                fresh.fired(entry.fired);
            }
        }
        fresh.recovered((topic, queueId) -> 0);
        return fresh;
    }
}
