package org.fulmar.samples.mdb;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.XAConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.fulmar.jms.FulmarConnectionFactory;

/**
 * Starts a broker and a WildFly with the order service, orders, kills the broker half way, and says what became of each
 * order. Ends with 0 only if every order was written, confirmed, entered and shipped exactly once, or is a dead letter.
 */
public final class MdbSample {
    private static final int ORDERS = 200;
    private static final int BAD = 3;
    private static final long WAIT = 60_000;

    private final Path directory;
    private final Database database;
    private final int port;
    private final List<String> faults = new ArrayList<>();
    private ChildProcess broker;

    private MdbSample(Path directory) throws IOException, SQLException {
        this.directory = directory;
        this.database = new Database(directory);
        this.port = freePort();
        database.create();
        this.broker = startBroker();
    }

    /** @param args the server's home, the adapter's archive, the archive of the service */
    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory("fulmar-mdb");
        if (!run(directory, Path.of(args[0]), List.of(Path.of(args[1]), Path.of(args[2])))) {
            System.out.println("see " + directory);
            System.exit(1);
        }
        delete(directory);
        System.exit(0);
    }

    /** @return whether every promise was kept */
    static boolean run(Path directory, Path home, List<Path> archives) throws Exception {
        MdbSample sample = new MdbSample(directory);
        List<String> properties = List.of("-Dfulmar.url=" + sample.url(), "-Dorders.database=" + sample.database.url());
        try (Server server = Server.start(home, directory, freePort(), archives, properties)) {
            System.out.printf("server process %d has deployed the adapter and the order service%n", server.pid());
            sample.order();
            sample.collect();
            server.stop();
            System.out.printf("server process %d has stopped%n", server.pid());
            return sample.verdict();
        } finally {
            sample.broker.close();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private String url() {
        return "fulmar://127.0.0.1:" + port;
    }

    private ChildProcess startBroker() throws IOException {
        List<String> command = List.of(
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                "org.fulmar.broker.BrokerMain",
                "-o",
                "listenPort=" + port,
                "-o",
                "storePathRootDir=" + directory.resolve("store"));
        ChildProcess started = ChildProcess.start(directory.resolve("broker.log"), command);
        started.await("READY");
        started.drain();
        System.out.printf("broker process %d listens on %s%n", started.pid(), url());
        return started;
    }

    private void order() throws Exception {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(url());
                JMSContext context = factory.createContext()) {
            for (int i = 0; i < ORDERS + BAD; i++) {
                var producer = context.createProducer()
                        .setProperty("order", "o" + i)
                        // the database refuses orders of nothing
                        .setProperty("amount", i < ORDERS ? 1 + i % 9 : 0);
                if (i % 20 == 7) {
                    producer.setProperty("stumble", true);
                }
                producer.send(context.createQueue("orders"), "item " + i % 5);
                if (i == ORDERS / 2) {
                    System.out.printf("SIGKILL to broker process %d, with orders at work%n", broker.pid());
                    broker.kill();
                    broker = startBroker();
                }
            }
        }
        System.out.printf("%d orders sent, of which %d can't be fulfilled and %d fail once%n", ORDERS + BAD, BAD, 10);
    }

    private void collect() throws JMSException, XAException {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(url())) {
            for (String queue : List.of("confirmations", "entries", "shipments")) {
                collect(factory, queue, ORDERS);
            }
            collect(factory, "%DLQ%orders", BAD);
            try (XAConnection connection = factory.createXAConnection()) {
                XAResource resource = connection.createXASession().getXAResource();
                int doubts = resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN).length;
                check(doubts == 0, "in doubt at the broker: " + doubts);
            }
        }
    }

    private void collect(FulmarConnectionFactory factory, String queue, int expected) {
        List<String> taken = new ArrayList<>();
        try (JMSContext context = factory.createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(queue))) {
            String text = consumer.receiveBody(String.class, WAIT);
            while (text != null) {
                taken.add(text);
                // behind the last there should be nothing
                text = consumer.receiveBody(String.class, taken.size() < expected ? WAIT : 200);
            }
        }
        System.out.printf("%s: %d messages%n", queue, taken.size());
        check(taken.size() == expected, queue + " has " + taken.size() + " messages instead of " + expected);
        if (expected == ORDERS) {
            check(new TreeSet<>(taken).size() == taken.size(), queue + " has messages twice");
        }
    }

    private boolean verdict() throws SQLException {
        for (String rows : List.of("orders", "orders where shipped", "ledger")) {
            int count = database.count(rows);
            System.out.printf("database, %s: %d rows%n", rows, count);
            check(count == ORDERS, rows + " has " + count + " rows instead of " + ORDERS);
        }
        faults.forEach(System.out::println);
        System.out.println(
                faults.isEmpty()
                        ? "VERDICT: every order was written, confirmed, entered and shipped once, or is a dead letter"
                        : "VERDICT: FAILED");
        return faults.isEmpty();
    }

    private void check(boolean promise, String fault) {
        if (!promise) {
            faults.add(fault);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
