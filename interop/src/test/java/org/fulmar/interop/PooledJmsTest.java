package org.fulmar.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueSession;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicSession;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.messaginghub.pooled.jms.JmsPoolConnection;
import org.messaginghub.pooled.jms.JmsPoolConnectionFactory;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.jms.listener.DefaultMessageListenerContainer;

/** pooled-jms over the provider: pooled connections, sessions and producers behave as new ones do. */
class PooledJmsTest extends InteropTest {
    private final JmsPoolConnectionFactory pool = new JmsPoolConnectionFactory();

    @BeforeEach
    void fillPool() {
        pool.setConnectionFactory(factory());
        pool.setMaxConnections(2);
        pool.start();
    }

    @AfterEach
    void drainPool() {
        pool.stop();
    }

    private static List<String> receive(MessageConsumer consumer, int count) throws JMSException {
        List<String> received = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Message message = consumer.receive(WAIT);
            assertThat(message).as("after " + received).isNotNull();
            received.add(seen(message));
        }
        return received;
    }

    @Test
    void connectionsAreSharedAndReused() throws JMSException {
        Connection underneath;
        try (JmsPoolConnection connection = (JmsPoolConnection) pool.createConnection()) {
            underneath = connection.getConnection();
            assertThat(connection.getMetaData().getJMSMajorVersion()).isEqualTo(3);
        }
        for (int i = 0; i < 3; i++) {
            pool.createConnection().close();
        }
        assertThat(pool.getNumConnections()).isEqualTo(2);
        try (JmsPoolConnection one = (JmsPoolConnection) pool.createConnection();
                JmsPoolConnection two = (JmsPoolConnection) pool.createConnection()) {
            assertThat(List.of(one.getConnection(), two.getConnection())).contains(underneath);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void settingsOfAProducerDoNotReachTheNext(boolean anonymous) throws JMSException {
        name += "/" + anonymous;
        pool.setUseAnonymousProducers(anonymous);
        try (Connection connection = pool.createConnection();
                Session session = connection.createSession()) {
            connection.start();
            Queue queue = session.createQueue(name);
            try (MessageProducer producer = session.createProducer(queue)) {
                assertThat(producer.getDeliveryDelay()).isZero();
                producer.setDeliveryDelay(300);
                producer.setPriority(7);
                producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
                producer.setTimeToLive(600_000);
                producer.send(session.createTextMessage("late"));
            }
            try (MessageProducer producer = session.createProducer(queue)) {
                producer.send(session.createTextMessage("plain"));
            }
            MessageConsumer consumer = session.createConsumer(queue);
            Map<String, Message> received = new HashMap<>();
            for (int i = 0; i < 2; i++) {
                Message message = consumer.receive(WAIT);
                assertThat(message).as("after " + received).isNotNull();
                received.put(text(message), message);
            }
            assertThat(received).containsOnlyKeys("plain", "late");
            Message plain = received.get("plain");
            assertThat(plain.getJMSPriority()).isEqualTo(4);
            assertThat(plain.getJMSDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
            assertThat(plain.getJMSExpiration()).isZero();
            assertThat(plain.getJMSDeliveryTime()).isEqualTo(plain.getJMSTimestamp());
            Message late = received.get("late");
            assertThat(late.getJMSPriority()).isEqualTo(7);
            assertThat(late.getJMSDeliveryTime() - late.getJMSTimestamp()).isEqualTo(300);
        }
    }

    @Test
    void anonymousProducerSendsToManyQueues() throws JMSException {
        try (Connection connection = pool.createConnection();
                Session session = connection.createSession();
                MessageProducer producer = session.createProducer(null)) {
            for (int i = 0; i < 3; i++) {
                producer.send(session.createQueue(name + i), session.createTextMessage("m" + i));
            }
            assertThatThrownBy(() -> producer.send(session.createTextMessage("nowhere")))
                    .isInstanceOf(UnsupportedOperationException.class);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(take(name + i, 1)).containsExactly("m" + i);
        }
    }

    @Test
    void completionListenerIsToldOfAsynchronousSends() throws Exception {
        try (Connection connection = pool.createConnection();
                Session session = connection.createSession();
                MessageProducer producer = session.createProducer(session.createQueue(name))) {
            CompletableFuture<Message> completed = new CompletableFuture<>();
            producer.send(session.createTextMessage("m"), new CompletionListener() {
                @Override
                public void onCompletion(Message message) {
                    completed.complete(message);
                }

                @Override
                public void onException(Message message, Exception exception) {
                    completed.completeExceptionally(exception);
                }
            });
            assertThat(text(completed.get(WAIT, TimeUnit.MILLISECONDS))).isEqualTo("m");
        }
        assertThat(take(name, 1)).containsExactly("m");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pooledContextDoesWhatTheSimplifiedApiPromises(boolean providers) {
        name += "/" + providers;
        pool.setUseProviderJMSContext(providers);
        try (JMSContext context = pool.createContext()) {
            Queue queue = context.createQueue(name);
            context.createProducer()
                    .setProperty("number", 7)
                    .setJMSCorrelationID("c")
                    .setPriority(6)
                    .send(queue, "body");
            try (JMSConsumer consumer = context.createConsumer(queue, "number = 7")) {
                assertThat(text(consumer.receive(WAIT))).isEqualTo("body");
            }
            try (JMSContext other = context.createContext(JMSContext.CLIENT_ACKNOWLEDGE)) {
                other.createProducer().send(queue, "second");
                JMSConsumer consumer = other.createConsumer(queue);
                Message second = consumer.receive(WAIT);
                assertThat(text(second)).isEqualTo("second");
                acknowledge(second);
            }
        }
        assertEmpty(name);
    }

    /** The pool's own context can't: its {@code acknowledge} says so. */
    private static void acknowledge(Message message) {
        try {
            message.acknowledge();
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void sharedDurableSubscriptionWorksThroughThePool() throws JMSException {
        try (Connection connection = pool.createConnection();
                Session session = connection.createSession()) {
            session.createSharedDurableConsumer(session.createTopic(name), name).close();
        }
        publish(name, texts(3));
        try (Connection connection = pool.createConnection();
                Session session = connection.createSession()) {
            connection.start();
            MessageConsumer consumer = session.createSharedDurableConsumer(session.createTopic(name), name);
            assertThat(receive(consumer, 3)).isEqualTo(texts(3));
            consumer.close();
            session.unsubscribe(name);
        }
    }

    /** A session goes back to the pool with what it has not acknowledged, unless it is recovered before. */
    @Test
    void recoveredMessagesOfAReturnedSessionComeAgainFlagged() throws JMSException {
        send(name, texts(2));
        for (String first : List.of("m0", "m0*2")) {
            try (Connection connection = pool.createConnection();
                    Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE)) {
                connection.start();
                assertThat(receive(session.createConsumer(session.createQueue(name)), 1))
                        .containsExactly(first);
                session.recover();
            }
        }
        assertThat(take(name, 2)).containsExactly("m0*3", "m1");
    }

    @Test
    void temporaryQueuesGoWithTheirPooledConnection() throws JMSException {
        TemporaryQueue temporary;
        try (Connection connection = pool.createConnection();
                Session session = connection.createSession()) {
            connection.start();
            temporary = session.createTemporaryQueue();
            session.createProducer(temporary).send(session.createTextMessage("m"));
            MessageConsumer consumer = session.createConsumer(temporary);
            assertThat(receive(consumer, 1)).containsExactly("m");
            consumer.close();
        }
        try (Connection connection = factory().createConnection();
                Session session = connection.createSession()) {
            MessageProducer producer = session.createProducer(null);
            assertThatThrownBy(() -> producer.send(temporary, session.createTextMessage("too late")))
                    .isInstanceOf(JMSException.class);
        }
    }

    /** With the methods that are common to both domains: docs/libraries.md. */
    @Test
    void queueAndTopicConnectionsComeFromThePool() throws JMSException {
        try (QueueConnection connection = pool.createQueueConnection()) {
            connection.start();
            QueueSession session = connection.createQueueSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue(name);
            session.createProducer(queue).send(session.createTextMessage("q"));
            assertThat(receive(session.createConsumer(queue), 1)).containsExactly("q");
        }
        try (TopicConnection connection = pool.createTopicConnection()) {
            connection.start();
            TopicSession session = connection.createTopicSession(false, Session.AUTO_ACKNOWLEDGE);
            Topic topic = session.createTopic(name + "/topic");
            MessageConsumer subscriber = session.createConsumer(topic);
            session.createProducer(topic).send(session.createTextMessage("t"));
            assertThat(receive(subscriber, 1)).containsExactly("t");
        }
    }

    @Test
    void idleConnectionIsClosedAndANewOneIsMade() throws JMSException {
        pool.setConnectionIdleTimeout(1);
        pool.setConnectionCheckInterval(50);
        pool.createConnection().close();
        eventually("the pool is empty", () -> pool.getNumConnections() == 0);
        // otherwise the next one may be idle for too long before anybody has it
        pool.setConnectionIdleTimeout(30_000);
        try (Connection connection = pool.createConnection();
                Session session = connection.createSession()) {
            session.createProducer(session.createQueue(name)).send(session.createTextMessage("m"));
        }
        assertThat(take(name, 1)).containsExactly("m");
    }

    @Test
    void springTemplateAndContainerWorkOverThePoolFromManyThreads() throws Exception {
        DefaultMessageListenerContainer container = new DefaultMessageListenerContainer();
        container.setConnectionFactory(pool);
        container.setDestinationName(name);
        container.setConcurrentConsumers(3);
        container.setReceiveTimeout(100);
        container.setMessageListener((jakarta.jms.MessageListener) message -> seen.add(seen(message)));
        container.afterPropertiesSet();
        container.start();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            JmsTemplate template = new JmsTemplate(pool);
            List<Future<?>> sends = new ArrayList<>();
            texts(100).forEach(text -> sends.add(threads.submit(() -> template.convertAndSend(name, text))));
            for (Future<?> send : sends) {
                send.get(WAIT, TimeUnit.MILLISECONDS);
            }
            assertThat(nextSeen(100)).containsExactlyInAnyOrderElementsOf(texts(100));
        } finally {
            threads.shutdownNow();
            container.shutdown();
        }
    }
}
