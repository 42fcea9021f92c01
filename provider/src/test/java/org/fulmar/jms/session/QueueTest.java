package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Queues through the whole way, in an embedded broker: the real codec, engine and store. */
class QueueTest {
    private static final long WAIT = Jms.WAIT;

    private final FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar:embedded");

    @AfterEach
    void close() {
        factory.close();
    }

    @Test
    void messageComesOutAsItWentIn() {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("orders.new/ü");
            context.createProducer()
                    .setProperty("count", 3)
                    .setProperty("empty", "")
                    .setProperty("odd", "a\u0001b\u0002")
                    .setJMSCorrelationID("c-1")
                    .setJMSType("order")
                    .send(queue, "Grüße");
            Message message = context.createConsumer(queue).receive(WAIT);
            assertThat(message).isInstanceOf(TextMessage.class);
            assertThatMessage(message);
        }
    }

    private static void assertThatMessage(Message message) {
        try {
            assertThat(message.getBody(String.class)).isEqualTo("Grüße");
            assertThat(message.getIntProperty("count")).isEqualTo(3);
            assertThat(message.getStringProperty("empty")).isEmpty();
            assertThat(message.getStringProperty("odd")).isEqualTo("a\u0001b\u0002");
            assertThat(message.getJMSCorrelationID()).isEqualTo("c-1");
            assertThat(message.getJMSType()).isEqualTo("order");
            assertThat(message.getJMSMessageID()).startsWith("ID:");
            assertThat(message.getJMSRedelivered()).isFalse();
            assertThat(message.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
            assertThat(message.getJMSDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
            assertThat(((Queue) message.getJMSDestination()).getQueueName()).isEqualTo("orders.new/ü");
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void messagesComeInTheOrderOfTheirSending() {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("order");
            for (int i = 0; i < 1000; i++) {
                context.createProducer().send(queue, "m" + i);
            }
            JMSConsumer consumer = context.createConsumer(queue);
            for (int i = 0; i < 1000; i++) {
                assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("m" + i);
            }
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void receiveNoWaitSeesWhatWasSentBefore() {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("nowait");
            JMSConsumer consumer = context.createConsumer(queue);
            for (int i = 0; i < 200; i++) {
                context.createProducer().send(queue, "m" + i);
                assertThat(consumer.receiveBodyNoWait(String.class)).isEqualTo("m" + i);
            }
        }
    }

    @Test
    void consumerWithoutPrefetchGetsOneAtATime() {
        try (FulmarConnectionFactory single = new FulmarConnectionFactory("fulmar:embedded?prefetch=0");
                JMSContext one = single.createContext();
                JMSContext two = single.createContext()) {
            Queue queue = one.createQueue("single");
            JMSConsumer first = one.createConsumer(queue);
            JMSConsumer second = two.createConsumer(queue);
            one.createProducer().send(queue, "a");
            one.createProducer().send(queue, "b");
            assertThat(first.receiveBody(String.class, WAIT)).isEqualTo("a");
            assertThat(second.receiveBody(String.class, WAIT)).isEqualTo("b");
            assertThat(first.receive(50)).isNull();
            one.createProducer().send(queue, "c");
            assertThat(second.receiveBodyNoWait(String.class)).isEqualTo("c");
        }
    }

    @Test
    void competingConsumersShareTheMessages() throws Exception {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("shared");
            Set<String> seen = new HashSet<>();
            ConcurrentLinkedQueue<String> received = new ConcurrentLinkedQueue<>();
            List<JMSContext> contexts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                JMSContext consumer = context.createContext(JMSContext.AUTO_ACKNOWLEDGE);
                contexts.add(consumer);
                consumer.createConsumer(queue).setMessageListener(message -> {
                    try {
                        received.add(message.getBody(String.class));
                    } catch (JMSException e) {
                        throw new AssertionError(e);
                    }
                });
            }
            for (int i = 0; i < 2000; i++) {
                context.createProducer().send(queue, "m" + i);
            }
            Jms.eventually("all have come", () -> received.size() >= 2000);
            seen.addAll(received);
            assertThat(received).hasSize(2000);
            assertThat(seen).hasSize(2000);
            contexts.forEach(JMSContext::close);
        }
    }

    @Test
    void unacknowledgedMessagesComeAgainInOrderAndFlagged() throws JMSException {
        try (JMSContext context = factory.createContext(JMSContext.CLIENT_ACKNOWLEDGE)) {
            Queue queue = context.createQueue("client");
            for (int i = 0; i < 10; i++) {
                context.createProducer().send(queue, "m" + i);
            }
            JMSConsumer consumer = context.createConsumer(queue);
            for (int i = 0; i < 3; i++) {
                assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("m" + i);
            }
            context.acknowledge();
            assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("m3");
            assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("m4");
            context.recover();
            for (int i = 3; i < 10; i++) {
                Message message = consumer.receive(WAIT);
                assertThat(message.getBody(String.class)).isEqualTo("m" + i);
                assertThat(message.getJMSRedelivered()).isEqualTo(i < 5);
                assertThat(message.getIntProperty("JMSXDeliveryCount")).isEqualTo(i < 5 ? 2 : 1);
            }
            context.acknowledge();
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void closedSessionGivesItsMessagesBackAtOnce() throws JMSException {
        try (Connection connection = factory.createConnection()) {
            connection.start();
            Session first = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
            Queue queue = first.createQueue("given.back");
            MessageProducer producer = first.createProducer(queue);
            producer.send(first.createTextMessage("a"));
            producer.send(first.createTextMessage("b"));
            MessageConsumer consumer = first.createConsumer(queue);
            assertThat(consumer.receive(WAIT).getBody(String.class)).isEqualTo("a");
            first.close();
            Session second = connection.createSession();
            MessageConsumer other = second.createConsumer(queue);
            Message again = other.receive(WAIT);
            assertThat(again.getBody(String.class)).isEqualTo("a");
            assertThat(again.getJMSRedelivered()).isTrue();
            Message unseen = other.receive(WAIT);
            assertThat(unseen.getBody(String.class)).isEqualTo("b");
            assertThat(unseen.getJMSRedelivered()).as("was never handed out").isFalse();
        }
    }

    @Test
    void failedListenerGetsTheMessageAgain() throws Exception {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("failing");
            AtomicInteger calls = new AtomicInteger();
            CountDownLatch done = new CountDownLatch(1);
            List<String> order = new ArrayList<>();
            JMSContext consumer = context.createContext(JMSContext.AUTO_ACKNOWLEDGE);
            context.createProducer().send(queue, "a");
            context.createProducer().send(queue, "b");
            consumer.createConsumer(queue).setMessageListener(message -> {
                try {
                    order.add(message.getBody(String.class) + message.getJMSRedelivered());
                    if (calls.incrementAndGet() == 1) {
                        throw new RuntimeException("on purpose");
                    }
                    if (calls.get() == 3) {
                        done.countDown();
                    }
                } catch (JMSException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(done.await(WAIT, TimeUnit.MILLISECONDS)).isTrue();
            assertThat(order).containsExactly("afalse", "atrue", "bfalse");
            consumer.close();
        }
    }

    @Test
    void higherPrioritiesComeFirst() {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("priorities");
            for (int priority = 0; priority <= 9; priority++) {
                context.createProducer().setPriority(priority).send(queue, "p" + priority);
            }
            JMSConsumer consumer = context.createConsumer(queue);
            for (int priority = 9; priority >= 0; priority--) {
                assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("p" + priority);
            }
        }
    }

    @Test
    void nothingIsDeliveredWhileTheConnectionIsStopped() throws JMSException {
        try (Connection connection = factory.createConnection()) {
            Session session = connection.createSession();
            Queue queue = session.createQueue("stopped");
            MessageConsumer consumer = session.createConsumer(queue);
            session.createProducer(queue).send(session.createTextMessage("a"));
            assertThat(consumer.receive(100)).isNull();
            connection.start();
            assertThat(consumer.receive(WAIT)).isNotNull();
            connection.stop();
            session.createProducer(queue).send(session.createTextMessage("b"));
            assertThat(consumer.receiveNoWait()).isNull();
            connection.start();
            assertThat(consumer.receive(WAIT)).isNotNull();
        }
    }

    @Test
    void closeEndsAReceiveThatWaits() throws Exception {
        Connection connection = factory.createConnection();
        connection.start();
        Session session = connection.createSession();
        MessageConsumer consumer = session.createConsumer(session.createQueue("closing"));
        CountDownLatch ended = new CountDownLatch(1);
        List<Object> result = new ArrayList<>();
        Thread receiver = new Thread(() -> {
            try {
                result.add(String.valueOf(consumer.receive()));
            } catch (JMSException e) {
                result.add(e);
            }
            ended.countDown();
        });
        receiver.start();
        Jms.eventually("it waits", () -> receiver.getState() == Thread.State.WAITING);
        connection.close();
        assertThat(ended.await(WAIT, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(result).containsExactly("null");
        assertThatThrownBy(consumer::receive).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void expiredMessagesAreNotDelivered() {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("expiring");
            long sent = System.currentTimeMillis();
            context.createProducer().setTimeToLive(1).send(queue, "short");
            context.createProducer().send(queue, "long");
            Jms.eventually("the first has expired", () -> System.currentTimeMillis() > sent + 50);
            JMSConsumer consumer = context.createConsumer(queue);
            assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("long");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void nonPersistentMessagesArrive() {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("np");
            for (int i = 0; i < 500; i++) {
                context.createProducer()
                        .setDeliveryMode(DeliveryMode.NON_PERSISTENT)
                        .send(queue, "m" + i);
            }
            JMSConsumer consumer = context.createConsumer(queue);
            for (int i = 0; i < 500; i++) {
                assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("m" + i);
            }
        }
    }

    @Test
    void hugePropertiesAreNeitherCutNorRefused() throws JMSException {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("huge");
            String value = "é😀".repeat(40_000);
            context.createProducer().setProperty("big", value).send(queue, "body");
            Message message = context.createConsumer(queue).receive(WAIT);
            assertThat(message.getStringProperty("big")).isEqualTo(value);
            assertThat(message.getBody(String.class)).isEqualTo("body");
        }
    }
}
