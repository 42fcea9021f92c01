package org.fulmar.bench;

import jakarta.jms.ConnectionFactory;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * tx-send and xa-send: each thread sends {@code --batch} messages a transaction to one queue, nobody consumes;
 * afterwards a consumer empties the queue, but not for xa-send: an XA factory need not give sessions without XA.
 *
 * <p>Latency is that of a transaction, from its begin to the return of its commit. Throughput counts messages whose
 * commit returned within the measured time.
 */
final class TransactedSend implements Scenario {

    private final boolean xa;

    TransactedSend(boolean xa) {
        this.xa = xa;
    }

    @Override
    public RunResult run(BenchOptions options, ConnectionFactory factory) throws Exception {
        List<LatencyRecorder> recorders;
        RunWindow window;
        LongAdder sent = new LongAdder();
        try (TransactedGroup group = TransactedGroup.open(factory, options, xa)) {
            window = RunWindow.startingNow(options);
            recorders = LatencyRecorder.several(options.threads, window);
            WorkerThreads.run(options.threads, "sender", worker -> {
                Transactions transactions = group.of(worker);
                MessageSender sender = new MessageSender(transactions.session(), options);
                send(options, window, transactions, sender, recorders.get(worker), sent);
            });
        }
        RunResult result = RunResult.ofTransactions(options, window, recorders).with("sent", sent);
        if (!xa && !options.noDrain) {
            result.with("drained", QueueDrain.drain(factory, options.queue, sent.sum()));
        }
        return result;
    }

    private static void send(
            BenchOptions options,
            RunWindow window,
            Transactions transactions,
            MessageSender sender,
            LatencyRecorder recorder,
            LongAdder sent)
            throws Exception {
        long now = System.nanoTime();
        while (window.isOpen(now)) {
            transactions.begin();
            for (int i = 0; i < options.batch; i++) {
                sender.send(now, stamp -> {});
            }
            transactions.commit();
            sent.add(options.batch);
            long end = System.nanoTime();
            recorder.record(now, end);
            now = end;
        }
    }
}
