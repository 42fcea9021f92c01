package org.fulmar.bench;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * Counts one thread's messages, or transactions, within the measured time and keeps their latencies.
 *
 * <p>A message counts for the throughput when it ended within the measured time. Its latency is kept when it ended
 * there too, or, with {@link By#START}, when it was due there: then a message that comes late is not left out for
 * being late. Safe for several threads, meant for one at a time.
 */
final class LatencyRecorder {

    /** Which end of a message decides whether its latency is kept. */
    enum By {
        START,
        END
    }

    private static final long HIGHEST = TimeUnit.HOURS.toNanos(1);
    private static final int DIGITS = 3;

    private final RunWindow window;
    private final By by;
    private final Histogram histogram = new Histogram(HIGHEST, DIGITS);
    private long ended;

    LatencyRecorder(RunWindow window, By by) {
        this.window = window;
        this.by = by;
    }

    /** One for each of several threads, all by the end. */
    static List<LatencyRecorder> several(int count, RunWindow window) {
        return Stream.generate(() -> new LatencyRecorder(window, By.END))
                .limit(count)
                .toList();
    }

    synchronized void record(long start, long end) {
        if (window.measures(end)) {
            ended++;
        }
        if (window.measures(by == By.START ? start : end)) {
            histogram.recordValue(Math.min(HIGHEST, Math.max(0, end - start)));
        }
    }

    synchronized long ended() {
        return ended;
    }

    private synchronized void addTo(Histogram sum) {
        sum.add(histogram);
    }

    static Histogram merge(Collection<LatencyRecorder> recorders) {
        Histogram sum = new Histogram(HIGHEST, DIGITS);
        recorders.forEach(recorder -> recorder.addTo(sum));
        return sum;
    }

    static long ended(Collection<LatencyRecorder> recorders) {
        return recorders.stream().mapToLong(LatencyRecorder::ended).sum();
    }
}
