package org.fulmar.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the tests of all libraries share: each class runs against an embedded broker and against one behind a port; each
 * test has destinations of its own, named after it.
 */
@ParameterizedClass
@EnumSource(TestBroker.Place.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
abstract class InteropTest {
    /** How long a message that must come may take, in milliseconds. */
    static final long WAIT = 40_000;

    /** The text of messages that only find out whether a subscription is there. */
    private static final String PROBE = "probe";

    private static TestBroker broker;

    @Parameter
    TestBroker.Place place;

    /** The name of the test, for its queue or topic. */
    String name;

    /** What listeners have seen: a text, {@code a*2} for one that comes for the second time, flagged. */
    final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

    private final BlockingQueue<String> probes = new LinkedBlockingQueue<>();

    @BeforeParameterizedClassInvocation
    static void startBroker(TestBroker.Place where, @TempDir Path directory) throws Exception {
        broker = TestBroker.start(where, directory);
    }

    @AfterParameterizedClassInvocation
    static void stopBroker() throws Exception {
        broker.close();
    }

    @BeforeEach
    void takeName(TestInfo test) {
        name = test.getTestMethod().orElseThrow().getName();
    }

    @AfterEach
    void nothingIsLeftOver() {
        assertThat(seen).as("what listeners have seen and no test asked for").isEmpty();
    }

    static FulmarConnectionFactory factory() {
        return broker.factory();
    }

    /** With an option of the client; the caller closes it. */
    static FulmarConnectionFactory factory(String option) {
        return broker.factory(option);
    }

    static List<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(i -> "m" + i).toList();
    }

    /** Sends with plain JMS. */
    static void send(String queue, List<String> texts) {
        try (JMSContext context = factory().createContext()) {
            texts.forEach(text -> context.createProducer().send(context.createQueue(queue), text));
        }
    }

    static void publish(String topic, List<String> texts) {
        try (JMSContext context = factory().createContext()) {
            texts.forEach(text -> context.createProducer().send(context.createTopic(topic), text));
        }
    }

    /** The next messages of a queue, with plain JMS. */
    static List<String> take(String queue, int count) {
        try (JMSContext context = factory().createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(queue))) {
            List<String> taken = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Message message = consumer.receive(WAIT);
                assertThat(message).as("message %d of %s", i, queue).isNotNull();
                taken.add(seen(message));
            }
            return taken;
        }
    }

    static void assertEmpty(String queue) {
        try (JMSContext context = factory().createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(queue))) {
            assertThat(consumer.receiveNoWait()).as("what is left in " + queue).isNull();
        }
    }

    static String text(Message message) {
        try {
            return message.getBody(String.class);
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    static String seen(Message message) {
        try {
            int count = message.getIntProperty("JMSXDeliveryCount");
            assertThat(message.getJMSRedelivered())
                    .as("flag of delivery " + count)
                    .isEqualTo(count > 1);
            return text(message) + (count > 1 ? "*" + count : "");
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    /** Called by listeners. Probes are for {@link #awaitSubscription} alone, however late they come. */
    void see(String text) {
        (text.startsWith(PROBE) ? probes : seen).add(text);
    }

    /** Returns when a listener has a subscription to the topic. */
    void awaitSubscription(String topic) {
        eventually("the subscription is there", () -> {
            publish(topic, List.of(PROBE));
            return probes.poll(50, TimeUnit.MILLISECONDS) != null;
        });
    }

    /** The next that listeners have seen. */
    List<String> nextSeen(int count) throws InterruptedException {
        List<String> next = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String one = seen.poll(WAIT, TimeUnit.MILLISECONDS);
            assertThat(one).as("after " + next).isNotNull();
            next.add(one);
        }
        return next;
    }

    static void eventually(String what, Callable<Boolean> condition) {
        await(what)
                .atMost(Duration.ofMillis(WAIT))
                .pollInterval(Duration.ofMillis(2))
                .until(condition);
    }
}
