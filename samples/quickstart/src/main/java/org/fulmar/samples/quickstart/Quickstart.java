package org.fulmar.samples.quickstart;

import jakarta.jms.ConnectionFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.fulmar.jms.FulmarConnectionFactory;

/**
 * Sends 100,000 persistent orders through a real broker process while consumers take them, kills the broker with
 * SIGKILL half way, starts it again, and says what became of every order. Ends with 0 only if none was lost.
 */
public final class Quickstart {
    private static final int ORDERS = 100_000;
    private static final int PRODUCERS = 8;
    private static final int CONSUMERS = 4;
    private static final int PATIENCE_SECONDS = 180;

    private Quickstart() {}

    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory("fulmar-quickstart");
        BrokerProcess broker = new BrokerProcess(directory);
        boolean kept;
        try {
            broker.start();
            kept = run(broker);
        } finally {
            broker.stop();
            delete(directory);
        }
        System.exit(kept ? 0 : 1);
    }

    private static boolean run(BrokerProcess broker) throws Exception {
        Ledger ledger = new Ledger(ORDERS);
        System.out.printf("broker process %d listens on %s%n", broker.pid(), broker.url());
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url())) {
            long begin = System.nanoTime();
            List<Thread> threads = start(factory, ledger);
            Progress progress = new Progress(ledger, begin);
            while (ledger.confirmed() < ORDERS / 2) {
                progress.waitAndPrint();
            }
            System.out.printf("SIGKILL to broker process %d with %,d orders sent%n", broker.pid(), ledger.confirmed());
            broker.kill();
            long down = System.nanoTime();
            broker.start();
            System.out.printf(
                    "broker process %d serves again after %.1f s%n", broker.pid(), (System.nanoTime() - down) / 1e9);
            long deadline = System.nanoTime() + PATIENCE_SECONDS * 1_000_000_000L;
            while (!ledger.complete() && System.nanoTime() < deadline) {
                progress.waitAndPrint();
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            ledger.end();
            for (Thread thread : threads) {
                thread.join();
            }
            return ledger.verdict(seconds);
        }
    }

    private static List<Thread> start(ConnectionFactory factory, Ledger ledger) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CONSUMERS; i++) {
            threads.add(new Thread(new OrderConsumer(factory, ledger), "consumer-" + i));
        }
        for (int i = 0; i < PRODUCERS; i++) {
            threads.add(new Thread(new OrderProducer(factory, ledger), "producer-" + i));
        }
        threads.forEach(Thread::start);
        return threads;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
