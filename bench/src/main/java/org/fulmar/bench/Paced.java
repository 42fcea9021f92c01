package org.fulmar.bench;

import jakarta.jms.ConnectionFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * paced: producers send at a fixed rate to listeners on one queue.
 *
 * <p>Each message carries the time at which it was due, and its latency is from then to the listener: a stall delays
 * all that were due in it and is counted for each (no coordinated omission). All messages due within the measured time
 * are in the histogram, however late they come. {@code pacing_p50_us} and {@code pacing_p99_us} tell how long after
 * its due time a send began, which is part of the latency: timer slack, and waiting for the send before it. A producer
 * that is behind goes on until it has caught up, at most for the measured time once more; {@code unsent} is what then
 * remained. What comes too late during the warm-up is left out, so that a cold start is not measured.
 */
final class Paced implements Scenario {

    private static final long WARMUP_LATENESS_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    @Override
    public RunResult run(BenchOptions options, ConnectionFactory factory) throws Exception {
        try (ListenerGroup listeners = ListenerGroup.open(factory, options);
                ProducerGroup producers = ProducerGroup.open(factory, options, options.async)) {
            RunWindow window = RunWindow.startingNow(options);
            List<LatencyRecorder> pacing = new ArrayList<>();
            IntStream.range(0, options.threads)
                    .forEach(i -> pacing.add(new LatencyRecorder(window, LatencyRecorder.By.START)));
            LongAdder unsent = new LongAdder();
            listeners.start(window, LatencyRecorder.By.START);
            producers.run(
                    (producer, sending) -> unsent.add(send(options, window, producer, sending, pacing.get(producer))));
            listeners.awaitReceived(producers.sent());
            double rate = LatencyRecorder.ended(listeners.recorders()) / window.measuredSeconds();
            var late = LatencyRecorder.merge(pacing);
            return new RunResult(options, rate, LatencyRecorder.merge(listeners.recorders()))
                    .with("rate", options.rate)
                    .with("async", options.async)
                    .with("pacing_p50_us", RunResult.rounded(late.getValueAtPercentile(50) / 1e3))
                    .with("pacing_p99_us", RunResult.rounded(late.getValueAtPercentile(99) / 1e3))
                    .with("sent", producers.sent())
                    .with("unsent", unsent.sum())
                    .with("missing", producers.sent() - listeners.received());
        }
    }

    /** Sends this producer's share of the schedule; returns how many messages it had to give up. */
    private static long send(
            BenchOptions options, RunWindow window, int producer, ProducerGroup.Sending sending, LatencyRecorder pacing)
            throws Exception {
        double gap = (double) TimeUnit.SECONDS.toNanos(1) / options.rate;
        long giveUp = window.end() + TimeUnit.SECONDS.toNanos(options.seconds);
        for (long i = producer; ; i += options.threads) {
            long due = window.start() + (long) (i * gap);
            if (!window.isOpen(due)) {
                return 0;
            }
            parkUntil(due);
            long now = System.nanoTime();
            if (due - window.from() < 0 && now - due > WARMUP_LATENESS_NANOS) {
                continue;
            }
            if (now - giveUp >= 0) {
                return (long) ((window.end() - due) / gap / options.threads);
            }
            pacing.record(due, now);
            sending.send(due, stamp -> {});
        }
    }

    private static void parkUntil(long due) throws InterruptedException {
        for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
            LockSupport.parkNanos(wait);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }
}
