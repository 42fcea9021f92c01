package org.fulmar.bench;

import jakarta.jms.ConnectionFactory;

/**
 * end-to-end: unpaced producers to listeners on one queue.
 *
 * <p>Throughput counts what the listeners received within the measured time. Latency is from just before the send to
 * the listener, body read; where producers outrun consumers it is mostly the time spent in the backlog, which
 * {@code backlog} shows at the moment the producers stopped. {@code missing} must be 0: each message came.
 */
final class EndToEnd implements Scenario {

    @Override
    public RunResult run(BenchOptions options, ConnectionFactory factory) throws Exception {
        try (ListenerGroup listeners = ListenerGroup.open(factory, options);
                ProducerGroup producers = ProducerGroup.open(factory, options, options.async)) {
            RunWindow window = RunWindow.startingNow(options);
            listeners.start(window, LatencyRecorder.By.END);
            producers.run((producer, sending) -> send(window, sending));
            long backlog = producers.sent() - listeners.received();
            listeners.awaitReceived(producers.sent());
            double rate = LatencyRecorder.ended(listeners.recorders()) / window.measuredSeconds();
            return new RunResult(options, rate, LatencyRecorder.merge(listeners.recorders()))
                    .with("async", options.async)
                    .with("sent", producers.sent())
                    .with("backlog", Math.max(0, backlog))
                    .with("missing", producers.sent() - listeners.received());
        }
    }

    private static void send(RunWindow window, ProducerGroup.Sending sending) throws Exception {
        long now = System.nanoTime();
        while (window.isOpen(now)) {
            sending.send(now, stamp -> {});
            now = System.nanoTime();
        }
    }
}
