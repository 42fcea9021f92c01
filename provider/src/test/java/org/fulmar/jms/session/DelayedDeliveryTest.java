package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.fulmar.broker.BrokerMain;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.kill.BrokerProcess;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many messages with random delays: each comes once, and not early; how late is reported. With a restart the broker is
 * SIGKILLed in the middle. {@code -Dfulmar.delay.messages} (400) and {@code -Dfulmar.delay.millis} (3000) make it large.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class DelayedDeliveryTest {
    private static final int MESSAGES = Integer.getInteger("fulmar.delay.messages", 400);
    private static final int LONGEST_MILLIS = Integer.getInteger("fulmar.delay.millis", 3000);

    @TempDir
    private Path directory;

    private final Map<String, Long> lateness = new ConcurrentHashMap<>();
    private final Map<String, Boolean> twice = new ConcurrentHashMap<>();

    private FulmarConnectionFactory factory(BrokerProcess broker) {
        return new FulmarConnectionFactory("fulmar://127.0.0.1:" + broker.port());
    }

    private void listen(Connection connection) throws JMSException {
        Session session = connection.createSession();
        session.createConsumer(session.createQueue("later")).setMessageListener(this::came);
        connection.start();
    }

    private void came(Message message) {
        try {
            long late = System.currentTimeMillis() - message.getJMSDeliveryTime();
            if (lateness.putIfAbsent(Jms.text(message), late) != null && !message.getJMSRedelivered()) {
                twice.put(Jms.text(message), true);
            }
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eachComesOnceAndNotEarly(boolean restart) throws Exception {
        try (BrokerProcess broker = new BrokerProcess(BrokerMain.class.getName(), directory)) {
            broker.start();
            try (FulmarConnectionFactory factory = factory(broker)) {
                Connection connection = factory.createConnection();
                if (!restart) {
                    listen(connection);
                }
                send(connection);
                if (restart) {
                    broker.kill();
                    long killed = System.nanoTime();
                    broker.start();
                    System.out.printf("back after %d ms%n", (System.nanoTime() - killed) / 1_000_000);
                    try (FulmarConnectionFactory again = factory(broker);
                            Connection second = again.createConnection()) {
                        listen(second);
                        awaitAll();
                    }
                } else {
                    awaitAll();
                }
                connection.close();
            }
        }
        long[] all =
                lateness.values().stream().mapToLong(Long::longValue).sorted().toArray();
        System.out.printf(
                "delayed messages, %s: %d came, late by p50 %d ms, p99 %d ms, most %d ms; earliest %d ms%n",
                restart ? "SIGKILL in the middle" : "one broker",
                all.length,
                all[all.length / 2],
                all[(int) (all.length * 0.99)],
                all[all.length - 1],
                all[0]);
        assertThat(all[0]).as("never early").isNotNegative();
        assertThat(twice).as("came twice, unflagged").isEmpty();
        assertThat(all).hasSize(MESSAGES);
    }

    private void send(Connection connection) throws JMSException {
        Random random = new Random(4711);
        Session session = connection.createSession();
        MessageProducer producer = session.createProducer(session.createQueue("later"));
        int[] delays = random.ints(MESSAGES, 0, LONGEST_MILLIS + 1).toArray();
        // some are due in the very moment in which they come
        Arrays.fill(delays, 0, MESSAGES / 10, 1);
        for (int i = 0; i < MESSAGES; i++) {
            producer.setDeliveryDelay(delays[i]);
            producer.send(session.createTextMessage("m" + i));
        }
    }

    private void awaitAll() {
        Awaitility.await("all messages")
                .atMost(Duration.ofMillis(LONGEST_MILLIS + 30_000L))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> lateness.size() == MESSAGES);
        long now = System.nanoTime();
        Awaitility.await("nothing more")
                .pollInterval(Duration.ofMillis(10))
                .until(() -> System.nanoTime() - now > 300_000_000L);
    }
}
