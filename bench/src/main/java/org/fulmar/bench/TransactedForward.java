package org.fulmar.bench;

import jakarta.jms.ConnectionFactory;
import java.util.List;

/**
 * tx-forward and xa-forward: each thread receives {@code --batch} messages from one queue and sends as many to another,
 * in one transaction. Each thread has a pair of queues of its own, with {@code --backlog} messages in it; when one is
 * empty it turns round and takes them back from the other, with a new consumer.
 *
 * <p>Latency is that of a transaction, from its begin to the return of its commit. Throughput counts messages that were
 * received and sent on, whose commit returned within the measured time.
 */
final class TransactedForward implements Scenario {

    private final boolean xa;

    TransactedForward(boolean xa) {
        this.xa = xa;
    }

    @Override
    public RunResult run(BenchOptions options, ConnectionFactory factory) throws Exception {
        try (TransactedGroup group = TransactedGroup.open(factory, options, xa)) {
            WorkerThreads.run(
                    options.threads,
                    "filler",
                    worker -> NumberedQueue.fill(group.of(worker), options, queue(options, worker, 0)));
            RunWindow window = RunWindow.startingNow(options);
            List<LatencyRecorder> recorders = LatencyRecorder.several(options.threads, window);
            WorkerThreads.run(
                    options.threads,
                    "forwarder",
                    worker -> forward(options, window, group.of(worker), worker, recorders.get(worker)));
            return RunResult.ofTransactions(options, window, recorders);
        }
    }

    private static void forward(
            BenchOptions options, RunWindow window, Transactions transactions, int worker, LatencyRecorder recorder)
            throws Exception {
        List<MessageSender> senders = List.of(
                new MessageSender(transactions.session(), options, queue(options, worker, 0)),
                new MessageSender(transactions.session(), options, queue(options, worker, 1)));
        long now = System.nanoTime();
        for (int from = 0; window.isOpen(now); from = 1 - from) {
            try (NumberedQueue queue =
                    new NumberedQueue(transactions.session(), options, queue(options, worker, from))) {
                for (int taken = 0; taken < options.backlog && window.isOpen(now); taken += options.batch) {
                    transactions.begin();
                    for (int i = 0; i < options.batch; i++) {
                        senders.get(1 - from).send(queue.receive(), stamp -> {});
                    }
                    transactions.commit();
                    long end = System.nanoTime();
                    recorder.record(now, end);
                    now = end;
                }
            }
        }
    }

    private static String queue(BenchOptions options, int worker, int end) {
        return options.queue + "." + worker + "." + (end == 0 ? "a" : "b");
    }
}
