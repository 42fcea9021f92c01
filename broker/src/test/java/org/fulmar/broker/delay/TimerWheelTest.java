package org.fulmar.broker.delay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.broker.delay.TestWheel.START;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.fulmar.broker.store.FaultyDisk;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What the model test does not reach: single promises, slow reading, damage, and many timers. */
@Timeout(180)
class TimerWheelTest {
    private static final Path FILES = TestWheel.ROOT.resolve("timer");
    private static final long DAY = 24L * 3600 * 1000;
    private static final Logger LOG = (Logger) LoggerFactory.getLogger("org.fulmar.broker.delay");

    private final FaultyDisk disk = FaultyDisk.withoutPowerLoss();

    @BeforeAll
    static void quiet() {
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void loud() {
        LOG.setLevel(null);
    }

    private static List<Long> numbers(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    @Test
    void timersOfOneMillisecondAreGivenInLogOrderWhereverTheyWait() throws IOException {
        TestWheel test = new TestWheel(disk);
        for (long offset = 0; offset < 3000; offset++) {
            // the same thousand wait in a file, in memory, and come when the time is near
            if (offset == 1000) {
                test.checkpoint(1000);
            } else if (offset == 2000) {
                test.fireAll(START + 9_999);
            }
            test.wheel.add(START + 10_000, offset);
        }
        assertThat(test.fireAll(START + 9_999)).isEmpty();
        assertThat(test.fireAll(START + 10_000)).isEqualTo(numbers(0, 3000));
    }

    @Test
    void timerThatIsDueAlreadyIsGivenAtOnceThoughTheClockWentBack() throws IOException {
        TestWheel test = new TestWheel(disk);
        test.fireAll(START);
        test.wheel.add(START - 3_600_000, 1);
        test.wheel.add(-5, 2);
        test.wheel.add(START - 7_200_000, 3);
        assertThat(test.wheel.nextDue()).isLessThanOrEqualTo(START - 7_200_000);
        assertThat(test.fireAll(START - 7_200_000)).containsExactly(2L, 3L);
        assertThat(test.fireAll(START - 3_600_001)).isEmpty();
        assertThat(test.fireAll(START - 3_600_000)).containsExactly(1L);
    }

    @Test
    void timerThatCouldNotBeServedIsGivenAgainWhenItIsSaid() throws IOException {
        TestWheel test = new TestWheel(disk);
        test.wheel.add(START, 7);
        List<Long> given = new ArrayList<>();
        test.wheel.due(START, 10, (at, offset) -> given.add(offset));
        test.wheel.due(START + 100, 10, (at, offset) -> given.add(offset));
        assertThat(given).containsExactly(7L);
        test.wheel.retryAt(7, START + 500);
        assertThat(test.wheel.nextDue()).isEqualTo(START + 500);
        assertThat(test.fireAll(START + 499)).isEmpty();
        assertThat(test.wheel.waiting()).isEqualTo(1);
        assertThat(test.fireAll(START + 500)).containsExactly(7L);
        assertThat(test.wheel.waiting()).isZero();
        assertThat(test.wheel.nextDue()).isEqualTo(Long.MAX_VALUE);
        assertThatThrownBy(() -> test.wheel.retryAt(7, START))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("7");
    }

    @Test
    void everythingOverdueIsGivenInOrderAfterALongStop() throws IOException {
        TestWheel before = new TestWheel(disk);
        Random random = new Random(1);
        for (long offset = 0; offset < 200_000; offset++) {
            before.wheel.add(START + random.nextLong(TimerWheel.MAX_DELAY_MILLIS), offset);
            if (offset % 30_000 == 0) {
                before.checkpoint(offset + 1);
            }
        }
        before.checkpoint(200_000);
        TestWheel after = new TestWheel(disk);
        assertThat(after.position).isEqualTo(200_000);
        assertThat(after.wheel.waiting()).isEqualTo(200_000);
        assertThat(after.wheel.nextDue()).isLessThan(START + DAY);
        long early = after.countAll(START + 20 * DAY);
        assertThat(early).isBetween(99_000L, 101_000L);
        assertThat(after.countAll(START + 41 * DAY)).isEqualTo(200_000 - early);
        assertThat(after.wheel.waiting()).isZero();
    }

    @Test
    void slowReadingFindsItsFilesThoughTheyAreMergedAndRemovedMeanwhile() throws IOException {
        TestWheel test = new TestWheel(disk);
        for (long offset = 0; offset < 8; offset++) {
            test.wheel.add(START + 2000, offset);
            test.checkpoint(offset + 1);
        }
        test.wheel.due(START, 10, (at, offset) -> {});
        assertThat(test.reading).hasSize(1);
        for (long offset = 8; offset < 40; offset++) {
            test.wheel.add(START + 2000, offset);
            test.checkpoint(offset + 1);
        }
        assertThat(disk.files()).filteredOn(file -> file.startsWith(FILES)).hasSizeLessThan(24);
        assertThat(test.fireAll(START + 2000)).isEqualTo(numbers(0, 40));
    }

    @Test
    void timersThatCameWhileAFileWasReadAreNotBehindIt() throws IOException {
        TestWheel test = new TestWheel(disk);
        test.wheel.add(START + 2000, 1);
        test.checkpoint(2);
        test.wheel.due(START, 10, (at, offset) -> {});
        test.wheel.add(START + 1000, 2);
        test.wheel.add(START + 3000, 3);
        assertThat(test.reading).hasSize(1);
        TestWheel.run(test.reading);
        test.checkpoint(4);
        assertThat(test.fireAll(START + 1500)).containsExactly(2L);
        assertThat(test.fireAll(START + 3000)).containsExactly(1L, 3L);
    }

    @Test
    void readingThatFailsIsTriedAgainUntilItSucceeds() throws IOException {
        FailingReads failing = new FailingReads(disk);
        TestWheel test = new TestWheel(failing);
        test.wheel.add(START + 1000, 1);
        test.checkpoint(2);
        failing.failing = true;
        assertThat(test.fireAll(START + 1000)).isEmpty();
        assertThat(test.wheel.nextDue()).isEqualTo(START + 2000);
        assertThat(test.fireAll(START + 2000)).isEmpty();
        failing.failing = false;
        assertThat(test.fireAll(START + 2999)).isEmpty();
        assertThat(test.fireAll(START + 3000)).containsExactly(1L);
    }

    @Test
    void damagedBlockDelaysItsOwnTimersAloneAndTheNextStartFindsThem() throws IOException {
        TestWheel test = new TestWheel(disk);
        for (long offset = 0; offset < 1000; offset++) {
            test.wheel.add(START + 60_000, offset);
        }
        test.checkpoint(1000);
        Path file = disk.files().stream()
                .filter(path -> path.startsWith(FILES))
                .findFirst()
                .orElseThrow();
        disk.flip(file, 8L * (RunFormat.BLOCK + 100));
        List<Long> sound = new ArrayList<>(numbers(0, RunFormat.PER_BLOCK));
        sound.addAll(numbers(2 * RunFormat.PER_BLOCK, 1000));
        assertThat(test.fireAll(START + 60_000)).isEqualTo(sound);
        test.checkpoint(2000);
        assertThat(new TestWheel(disk).position).as("where the replay begins").isZero();
    }

    @Test
    void spaceOfTimersThatFiredIsGivenBack() throws IOException {
        TestWheel test = new TestWheel(disk);
        long offset = 0;
        long now = START;
        // ten minutes with 1,000 timers each second, of a minute, and a few that wait for a month
        for (int second = 0; second < 600; second++) {
            for (int i = 0; i < 1000; i++) {
                test.wheel.add(now + (i == 0 ? 30 * DAY : 60_000), offset++);
            }
            now += 1000;
            test.countAll(now);
            if (second % 5 == 4) {
                test.checkpoint(offset);
                // what waits takes 16 bytes each; all that was added would be 9.6 MB
                assertThat(timerBytes()).isLessThan(3_500_000);
            }
        }
        assertThat(test.wheel.waiting()).isEqualTo(59 * 999 + 600);
        test.countAll(now + 31 * DAY);
        test.checkpoint(offset);
        test.checkpoint(offset);
        assertThat(timerBytes()).isZero();
    }

    @Test
    void largeFileThatHasMostlyFiredIsWrittenAnew() throws IOException {
        TestWheel test = new TestWheel(disk);
        for (int i = 0; i < 100_000; i++) {
            test.wheel.add(START + i, i);
        }
        test.checkpoint(100_000);
        assertThat(timerBytes()).isGreaterThan(1_600_000);
        assertThat(test.countAll(START + 89_999)).isEqualTo(90_000);
        for (int i = 0; i < 3; i++) {
            test.checkpoint(200_000);
        }
        assertThat(timerBytes()).isLessThan(400_000);
        assertThat(new TestWheel(disk).countAll(START + 100_000)).isEqualTo(10_000);
    }

    private long timerBytes() {
        return disk.files().stream()
                .filter(file -> file.startsWith(FILES))
                .mapToLong(file -> disk.read(file).length)
                .sum();
    }
}
