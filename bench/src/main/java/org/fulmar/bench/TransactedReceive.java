package org.fulmar.bench;

import jakarta.jms.ConnectionFactory;
import java.util.List;

/**
 * tx-receive: each thread receives {@code --batch} messages a transaction from a queue of its own, which holds
 * {@code --backlog} messages and is filled again when it is empty. Time stands still while the queues are filled: they
 * are filled and emptied in turn, all of them.
 *
 * <p>Latency is that of a transaction, from before its first receive to the return of its commit. Throughput counts
 * messages whose commit returned within the measured time.
 */
final class TransactedReceive implements Scenario {

    @Override
    public RunResult run(BenchOptions options, ConnectionFactory factory) throws Exception {
        try (TransactedGroup group = TransactedGroup.open(factory, options, false)) {
            fill(group, options);
            RunWindow window = RunWindow.startingNow(options);
            List<LatencyRecorder> recorders = LatencyRecorder.several(options.threads, window);
            long stood = 0;
            while (true) {
                long filling = stood;
                WorkerThreads.run(
                        options.threads,
                        "receiver",
                        worker -> empty(options, window, filling, group.of(worker), worker, recorders.get(worker)));
                long emptied = System.nanoTime();
                if (!window.isOpen(emptied - stood)) {
                    return RunResult.ofTransactions(options, window, recorders);
                }
                fill(group, options);
                stood += System.nanoTime() - emptied;
            }
        }
    }

    private static void fill(TransactedGroup group, BenchOptions options) throws Exception {
        WorkerThreads.run(
                options.threads,
                "filler",
                worker -> NumberedQueue.fill(group.of(worker), options, queue(options, worker)));
    }

    /** Empties this worker's queue, or stops when time is over; {@code filling} is for how long time stood still. */
    private static void empty(
            BenchOptions options,
            RunWindow window,
            long filling,
            Transactions transactions,
            int worker,
            LatencyRecorder recorder)
            throws Exception {
        long now = System.nanoTime() - filling;
        try (NumberedQueue queue = new NumberedQueue(transactions.session(), options, queue(options, worker))) {
            for (int taken = 0; taken < options.backlog && window.isOpen(now); taken += options.batch) {
                transactions.begin();
                for (int i = 0; i < options.batch; i++) {
                    queue.receive();
                }
                transactions.commit();
                long end = System.nanoTime() - filling;
                recorder.record(now, end);
                now = end;
            }
        }
    }

    private static String queue(BenchOptions options, int worker) {
        return options.queue + "." + worker;
    }
}
