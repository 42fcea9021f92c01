package org.fulmar.bench;

import jakarta.jms.ConnectionFactory;
import java.util.List;

/**
 * sync-send and async-send: producers send as fast as they are confirmed, nobody consumes; afterwards a consumer
 * empties the queue.
 *
 * <p>Latency is from the call of send to its return, or, asynchronously, to the call of the CompletionListener.
 * Throughput counts what was confirmed within the measured time.
 */
final class SendOnly implements Scenario {

    private final boolean async;

    SendOnly(boolean async) {
        this.async = async;
    }

    @Override
    public RunResult run(BenchOptions options, ConnectionFactory factory) throws Exception {
        List<LatencyRecorder> recorders;
        RunWindow window;
        long sent;
        try (ProducerGroup producers = ProducerGroup.open(factory, options, async)) {
            window = RunWindow.startingNow(options);
            recorders = LatencyRecorder.several(options.threads, window);
            producers.run((producer, sending) -> send(window, sending, recorders.get(producer)));
            sent = producers.sent();
        }
        double rate = LatencyRecorder.ended(recorders) / window.measuredSeconds();
        RunResult result = new RunResult(options, rate, LatencyRecorder.merge(recorders)).with("sent", sent);
        if (!options.noDrain) {
            result.with("drained", QueueDrain.drain(factory, options.queue, sent));
        }
        return result;
    }

    private static void send(RunWindow window, ProducerGroup.Sending sending, LatencyRecorder recorder)
            throws Exception {
        long now = System.nanoTime();
        while (window.isOpen(now)) {
            sending.send(now, stamp -> recorder.record(stamp, System.nanoTime()));
            now = System.nanoTime();
        }
    }
}
