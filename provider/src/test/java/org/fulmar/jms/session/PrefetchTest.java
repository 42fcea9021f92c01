package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However many messages are sent ahead, each way to receive gets all of them, in order, in each mode. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PrefetchTest {
    private static final int MESSAGES = 40;
    private static final int[] MODES = {
        Session.AUTO_ACKNOWLEDGE, Session.CLIENT_ACKNOWLEDGE, Session.DUPS_OK_ACKNOWLEDGE
    };

    @TempDir
    static Path directory;

    private static RealBroker broker;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        broker = RealBroker.start(directory);
    }

    @AfterAll
    static void stop() throws IOException, InterruptedException {
        broker.close();
    }

    /** A way to receive. */
    private interface Way {
        Message next(MessageConsumer consumer) throws JMSException;
    }

    private static Queue filled(Session session, String name) throws JMSException {
        Queue queue = session.createQueue(name + session.getAcknowledgeMode());
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        for (int i = 0; i < MESSAGES; i++) {
            producer.send(session.createTextMessage("m" + i));
        }
        producer.close();
        return queue;
    }

    private static void assertAllCome(Connection connection, int mode, String name, Way way) throws JMSException {
        Session session = connection.createSession(mode);
        MessageConsumer consumer = session.createConsumer(filled(session, name));
        for (int i = 0; i < MESSAGES; i++) {
            Message message = way.next(consumer);
            assertThat(message).as("mode %d, %s, message %d", mode, name, i).isNotNull();
            assertThat(Jms.seen(message)).as("mode %d, %s", mode, name).isEqualTo("m" + i);
            if (i % 10 == 9) {
                message.acknowledge();
            }
        }
        assertThat(consumer.receiveNoWait()).isNull();
        session.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 7, 1000})
    void everyWayToReceiveGetsEverything(int prefetch) throws JMSException {
        String url = broker.url() + "?prefetch=" + prefetch;
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(url);
                Connection connection = factory.createConnection()) {
            connection.start();
            for (int mode : MODES) {
                assertAllCome(connection, mode, prefetch + " noWait", MessageConsumer::receiveNoWait);
                assertAllCome(connection, mode, prefetch + " timed", consumer -> consumer.receive(Jms.WAIT));
                assertAllCome(connection, mode, prefetch + " untimed", MessageConsumer::receive);
                AtomicInteger turn = new AtomicInteger();
                assertAllCome(
                        connection,
                        mode,
                        prefetch + " mixed",
                        consumer -> turn.getAndIncrement() % 2 == 0
                                ? consumer.receiveNoWait()
                                : consumer.receive(Jms.WAIT));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void listenersGetEverythingThoughTheyFailAndRecover(int prefetch) throws Exception {
        String url = broker.url() + "?prefetch=" + prefetch;
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(url);
                Connection connection = factory.createConnection()) {
            connection.start();
            for (int mode : MODES) {
                Session session = connection.createSession(mode);
                Queue queue = filled(connection.createSession(), prefetch + " listener " + mode);
                BlockingQueue<String> received = new LinkedBlockingQueue<>();
                session.createConsumer(queue).setMessageListener(message -> {
                    String seen = Jms.seen(message);
                    received.add(seen);
                    try {
                        if (seen.endsWith("5")) {
                            session.recover();
                        } else if (seen.endsWith("7")) {
                            throw new IllegalArgumentException("on purpose");
                        } else {
                            message.acknowledge();
                        }
                    } catch (JMSException e) {
                        throw new AssertionError(e);
                    }
                });
                for (int i = 0; i < MESSAGES; i++) {
                    String text = "m" + i;
                    assertThat(received.poll(Jms.WAIT, TimeUnit.MILLISECONDS))
                            .as("mode %d", mode)
                            .isEqualTo(text);
                    boolean again = i % 10 == 5 || i % 10 == 7 && mode != Session.CLIENT_ACKNOWLEDGE;
                    if (again) {
                        assertThat(received.poll(Jms.WAIT, TimeUnit.MILLISECONDS))
                                .as("mode %d", mode)
                                .isEqualTo(text + "*2");
                    }
                }
                session.close();
                assertThat(connection.createSession().createConsumer(queue).receiveNoWait())
                        .as("mode %d", mode)
                        .isNull();
            }
        }
    }

    @Test
    void interruptedReceiveThatHasAskedForAMessageLeavesItToOthers() throws Exception {
        try (FulmarConnectionFactory single = new FulmarConnectionFactory(broker.url() + "?prefetch=0");
                Connection connection = single.createConnection()) {
            connection.start();
            Session session = connection.createSession();
            Queue queue = session.createQueue("interrupted");
            MessageConsumer first = connection.createSession().createConsumer(queue);
            CompletableFuture<Thread> receiver = new CompletableFuture<>();
            Background<Message> receive = Background.start(() -> {
                        receiver.complete(Thread.currentThread());
                        return first.receive();
                    })
                    .awaitBlocked();
            receiver.join().interrupt();
            assertThatThrownBy(receive::result).isInstanceOf(JMSException.class);
            Jms.send(session, queue, "a");
            assertThat(Jms.receive(session.createConsumer(queue), 1)).containsExactly("a");
            Jms.send(session, queue, "b");
            assertThat(Jms.receive(first, 1)).containsExactly("b");
        }
    }
}
