package org.fulmar.appservers.load;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.QueueBrowser;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TextMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.fulmar.appservers.load.app.LedgerBean;
import org.fulmar.appservers.load.app.Progress;
import org.fulmar.appservers.load.app.StatusBean;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A bean writes each message to a database, in one XA transaction with its delivery, while the broker is killed at 30 %
 * and the server at 60 %. What is there in the end, when nothing runs any more, is what is judged.
 *
 * <p>{@code -Dload.messages=1000000}. What the processes wrote stays below {@code target/load} if it fails.
 */
@Timeout(value = 45, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MdbLoadTest {
    private static final Path DIRECTORY = Path.of(System.getProperty("load.directory"));
    private static final int MESSAGES = Integer.getInteger("load.messages");
    private static final int STEPS = 20;
    private static final int BROKER_DIES = 6;
    private static final int SERVER_DIES = 12;
    private static final Duration STUCK = Duration.ofMinutes(3);
    private static final String DEAD_LETTERS = "%DLQ%" + LedgerBean.QUEUE;
    private static final String ROWS = "select count(*) from app.ledger with ur";
    private static final String PREPARED =
            "select global_xid from syscs_diag.transaction_table where status = 'PREPARED'";

    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private LoadBroker broker;
    private LoadServer server;
    private Ledger ledger;
    private Progress progress;
    private FulmarConnectionFactory factory;
    private long begun;

    @BeforeEach
    void start() throws Exception {
        delete();
        Files.createDirectories(DIRECTORY);
        progress = Progress.of(DIRECTORY.resolve("progress"));
        ledger = new Ledger(DIRECTORY);
        broker = new LoadBroker(freePort(), DIRECTORY.resolve("broker"));
        factory = broker.factory();
        server = new LoadServer(
                DIRECTORY.resolve("server"), freePort(), broker.url(), DIRECTORY.resolve("progress"), ledger);
    }

    @AfterEach
    void stop() throws Exception {
        thread.shutdownNow();
        if (server != null) {
            server.close();
        }
        if (factory != null) {
            factory.close();
        }
        if (broker != null) {
            broker.close();
        }
        assertThat(thread.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void eachMessageIsInTheDatabaseOnceThoughBrokerAndServerAreKilled() throws Exception {
        Producer producer = new Producer(factory, MESSAGES, () -> progress.get(Progress.COMMITTED));
        CompletableFuture<Void> sending = CompletableFuture.runAsync(producer, thread);
        awaitCommitted(1, sending);
        begun = System.nanoTime();
        long last = begun;
        long count = 1;
        for (int step = 1; step < STEPS; step++) {
            awaitCommitted((long) MESSAGES * step / STEPS, sending);
            long more = progress.get(Progress.COMMITTED) - count;
            say("%d %%: %,d messages/s", step * 100 / STEPS, rate(more, System.nanoTime() - last));
            if (step == BROKER_DIES) {
                killBroker(sending);
            } else if (step == SERVER_DIES) {
                killServer(sending);
            }
            last = System.nanoTime();
            count = progress.get(Progress.COMMITTED);
        }
        awaitEnd(sending);
        long took = System.nanoTime() - begun;
        say(
                "%,d messages in %,d s, outages included: %,d messages/s; %,d transactions rolled back",
                MESSAGES, NANOSECONDS.toSeconds(took), rate(MESSAGES, took), progress.get(Progress.NOT_COMMITTED));

        assertEachOnce();
        delete();
    }

    private void killBroker(CompletableFuture<Void> sending) throws Exception {
        long killed = System.nanoTime();
        broker.kill();
        broker.restart();
        Set<String> inDoubt = broker.inDoubt();
        say("broker killed, and ready again after %,d ms; %d branches in doubt", since(killed), inDoubt.size());
        awaitRecovery(killed, inDoubt, sending);
    }

    private void killServer(CompletableFuture<Void> sending) throws Exception {
        long killed = System.nanoTime();
        server.kill();
        Set<String> inDoubt = broker.inDoubt();
        server.restart();
        say("server killed; %d branches in doubt at the broker", inDoubt.size());
        awaitRecovery(killed, inDoubt, sending);
    }

    /** Until messages are processed again, and what is in doubt in the broker and then in the database has ended. */
    private void awaitRecovery(long killed, Set<String> inDoubt, CompletableFuture<Void> sending) {
        awaitCommitted(progress.get(Progress.COMMITTED) + 1, sending);
        say("messages are processed again %,d ms after the kill", since(killed));
        Set<String> prepared = prepared();
        awaitStep("recovery of the broker's branches", () -> Collections.disjoint(inDoubt, broker.inDoubt()));
        say("what was in doubt at the broker has ended %,d ms after the kill", since(killed));
        awaitStep("recovery of the database's branches", () -> Collections.disjoint(prepared, prepared()));
        say("what was in doubt in the database has ended %,d ms after the kill", since(killed));
    }

    private void awaitEnd(CompletableFuture<Void> sending) {
        try {
            sending.join();
            awaitStep(
                    "the end",
                    () -> isEmpty(LedgerBean.QUEUE)
                            && broker.inDoubt().isEmpty()
                            && prepared().isEmpty()
                            && answer(ROWS).equals(Integer.toString(MESSAGES)));
        } catch (ConditionTimeoutException e) {
            // it is judged below
            say("it does not come to its end: %s", e.getMessage());
        }
    }

    private void assertEachOnce() throws Exception {
        assertThat(broker.inDoubt()).as("in doubt at the broker").isEmpty();
        assertThat(isEmpty(LedgerBean.QUEUE)).as("queue empty").isTrue();
        assertThat(isEmpty(DEAD_LETTERS)).as("dead-letter queue empty").isTrue();
        assertThat(server.stop()).as("the server ends when it is told so").isTrue();
        assertThat(broker.open()).as("open at the broker").isEmpty();
        Ledger.Audit audit = ledger.audit();
        say("%s", audit);
        assertThat(audit.twice()).as("processed twice").isEmpty();
        assertThat(audit.inDoubt()).as("in doubt in the database").isZero();
        assertThat(audit.rows()).as("processed").isEqualTo(MESSAGES);
        assertThat(audit.distinct()).isEqualTo(MESSAGES);
        assertThat(audit.least()).isZero();
        assertThat(audit.greatest()).isEqualTo(MESSAGES - 1);
    }

    private void awaitCommitted(long count, CompletableFuture<Void> sending) {
        await(count + " committed")
                .atMost(Duration.ofMinutes(40))
                .pollInterval(Duration.ofMillis(5))
                .failFast("it is stuck", new Stuck(sending)::isSo)
                .until(() -> progress.get(Progress.COMMITTED) >= count);
    }

    /** Whether the producer has failed, the server has ended, or nothing was committed for long. For one thread. */
    private final class Stuck {
        private final CompletableFuture<Void> sending;
        private long count = -1;
        private long since;

        Stuck(CompletableFuture<Void> sending) {
            this.sending = sending;
        }

        boolean isSo() {
            long now = progress.get(Progress.COMMITTED);
            if (now != count) {
                count = now;
                since = System.nanoTime();
            }
            return sending.isCompletedExceptionally()
                    || !server.isAlive()
                    || System.nanoTime() - since > STUCK.toNanos();
        }
    }

    private static void awaitStep(String what, Callable<Boolean> condition) {
        await(what).atMost(STUCK).pollInterval(Duration.ofMillis(100)).until(condition);
    }

    private boolean isEmpty(String queue) throws JMSException {
        try (JMSContext context = factory.createContext();
                QueueBrowser browser = context.createBrowser(context.createQueue(queue))) {
            return !browser.getEnumeration().hasMoreElements();
        }
    }

    /** Branches that are prepared in the database of the running server. */
    private Set<String> prepared() {
        Set<String> prepared = new TreeSet<>();
        answer(PREPARED).lines().forEach(prepared::add);
        return prepared;
    }

    /** Of the database, by a bean of the server. */
    private String answer(String question) {
        try (JMSContext context = factory.createContext()) {
            TemporaryQueue answers = context.createTemporaryQueue();
            TextMessage message = context.createTextMessage(question);
            context.createProducer().setJMSReplyTo(answers).send(context.createQueue(StatusBean.QUEUE), message);
            try (JMSConsumer consumer = context.createConsumer(answers)) {
                String answer = consumer.receiveBody(String.class, 60_000);
                if (answer == null) {
                    throw new JMSRuntimeException("the server has not answered: " + question);
                }
                return answer;
            }
        }
    }

    private void say(String format, Object... values) {
        long seconds = begun == 0 ? 0 : NANOSECONDS.toSeconds(System.nanoTime() - begun);
        System.out.println("[" + seconds + " s] " + String.format(format, values));
    }

    private static long since(long nanos) {
        return NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private static long rate(long count, long nanos) {
        return count * 1_000_000_000 / Math.max(1, nanos);
    }

    /** Below those that outgoing connections get. */
    private static int freePort() throws IOException {
        Random random = new Random();
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = 15_000 + random.nextInt(16_000);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (IOException e) {
                // somebody has it
            }
        }
        throw new IOException("no free port");
    }

    private static void delete() throws IOException {
        if (Files.exists(DIRECTORY)) {
            try (Stream<Path> tree = Files.walk(DIRECTORY)) {
                for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
