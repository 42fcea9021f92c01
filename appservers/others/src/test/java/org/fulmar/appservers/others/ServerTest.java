package org.fulmar.appservers.others;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * What has to work in every server, whose application is told by messages what to do, and answers by messages. One server
 * and one broker for a class; the tests that kill and stop the server come last.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
abstract class ServerTest {
    /** How long an answer may take, in milliseconds. */
    private static final long WAIT = 30_000;

    /** How long a server may take until it answers, or ends what is in doubt. */
    static final long PATIENCE = 150_000;

    private Path directory;
    TestBroker broker;
    Gate gate;
    FulmarConnectionFactory factory;
    Server server;

    /**
     * @param work an empty directory
     * @param url of the broker
     */
    abstract Server server(Path work, String url) throws IOException;

    @BeforeAll
    @Timeout(value = 300, unit = TimeUnit.SECONDS)
    void start() throws Exception {
        directory = Path.of(
                System.getProperty("appservers.directory"), "work-" + getClass().getSimpleName());
        delete(directory);
        broker = TestBroker.start(Files.createDirectories(directory.resolve("store")));
        gate = new Gate(broker.port());
        factory = broker.factory();
        server = server(Files.createDirectories(directory.resolve("server")), gate.url());
        server.install();
        server.start();
        server.started();
        assertAnswers("begins");
    }

    @AfterAll
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void close() throws Exception {
        if (server != null) {
            server.close();
        }
        gate.close();
        factory.close();
        broker.close();
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (Stream<Path> paths = Files.walk(tree)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    // What the tests are made of.

    /** Has a bean do something, and send what it has to send to a queue. */
    final void ask(String queue, String text, String tasks, String to) {
        try (JMSContext context = factory.createContext()) {
            producer(context, tasks, to).send(context.createQueue(queue), text);
        }
    }

    static JMSProducer producer(JMSContext context, String tasks, String to) {
        return context.createProducer().setProperty("tasks", tasks).setProperty("to", to);
    }

    /** So many messages of a queue, sorted, and whatever else is there. */
    final List<String> take(String queue, int count, long patience) {
        try (JMSContext context = factory.createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(queue))) {
            List<String> taken = new ArrayList<>();
            Message message = consumer.receive(patience);
            while (message != null) {
                taken.add(message.getBody(String.class));
                message = taken.size() < count ? consumer.receive(WAIT) : consumer.receiveNoWait();
            }
            taken.sort(Comparator.naturalOrder());
            return taken;
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    final List<String> take(String queue, int count) {
        return take(queue, count, WAIT);
    }

    /** What is there now. */
    final List<String> takeNow(String queue) {
        return take(queue, 0, 1);
    }

    void assertAnswers(String when) {
        ask("orders", when, "send", when);
        assertThat(take(when, 1, PATIENCE)).containsExactly(when);
    }

    void assertNothingIsLeft(String queue) {
        await().atMost(Duration.ofMillis(PATIENCE)).until(() -> broker.inDoubt() == 0);
        assertThat(takeNow(queue)).isEmpty();
        assertThat(takeNow("%DLQ%" + queue)).isEmpty();
    }

    // While it runs.

    @Test
    @Order(1)
    void serverListensOnTheLoopbackInterfaceOnly() throws Exception {
        assertThat(server.process().listening()).isNotEmpty().allMatch(ServerProcess::isLoopback);
    }

    @Test
    @Order(1)
    void eachMessageIsAnsweredOnceThoughTheBrokerIsRestartedMeanwhile() throws Exception {
        List<String> texts =
                IntStream.range(1000, 1300).mapToObj(Integer::toString).toList();
        texts.subList(0, 150).forEach(text -> ask("orders", text, "send", "answers"));
        broker.restart();
        texts.subList(150, 300).forEach(text -> ask("orders", text, "send", "answers"));

        assertThat(take("answers", 300)).isEqualTo(texts);
        assertNothingIsLeft("orders");
    }

    @Test
    @Order(1)
    void whatAFailedListenerHasSentIsUndoneAndTheMessageComesAgain() throws Exception {
        ask("orders", "thrown", "send own stumble", "second-time");
        ask("orders", "marked", "send own undo", "second-time");

        assertThat(take("second-time", 4)).containsExactly("marked", "marked", "thrown", "thrown");
        assertNothingIsLeft("orders");
    }

    @Test
    @Order(1)
    void messageThatAlwaysFailsEndsAsADeadLetter() {
        ask("orders", "hopeless", "send fail", "never");

        assertThat(take("%DLQ%orders", 1)).containsExactly("hopeless");
        assertThat(takeNow("never")).isEmpty();
    }

    @Test
    @Order(1)
    void whatABeanSendsInItsOwnTransactionsFollowsThem() {
        ask("letters", "go", "", "sent");

        assertThat(take("sent", 2)).containsExactly("committed", "in none");
    }

    @Test
    @Order(1)
    void durableSubscriberGetsEachMessageOnceAndAgainAfterAFailure() throws Exception {
        try (JMSContext context = factory.createContext()) {
            for (String task : List.of("send", "send stumble")) {
                producer(context, task, "read").send(context.createTopic("news"), task);
            }
        }

        assertThat(take("read", 2)).containsExactly("send", "send stumble");
    }

    @Test
    @Order(6)
    void stopEndsTheProcessWithAllThatWasBegunDone() throws Exception {
        assertAnswers("before-stop");
        List<String> texts =
                IntStream.range(1000, 1100).mapToObj(Integer::toString).toList();
        texts.forEach(text -> ask("orders", text, "send", "stopping"));

        assertThat(server.stop()).isTrue();

        List<String> answered = takeNow("stopping");
        List<String> left = takeNow("orders");
        assertThat(Stream.concat(answered.stream(), left.stream()).sorted()).isEqualTo(texts);
        assertThat(broker.inDoubt()).isZero();
    }
}
