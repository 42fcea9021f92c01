package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.InvalidSelectorRuntimeException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import jakarta.jms.XAConnectionFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What this release does not do is refused at once and in clear words, and does no harm. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class UnsupportedTest {
    private static final String WORDS = "not supported by this release";

    private static FulmarConnectionFactory factory;

    private Connection connection;
    private Session session;
    private JMSContext context;
    private Queue queue;
    private Topic topic;

    @BeforeAll
    static void open() {
        factory = new FulmarConnectionFactory("fulmar:embedded");
    }

    @AfterAll
    static void close() {
        factory.close();
    }

    @BeforeEach
    void connect() throws JMSException {
        connection = factory.createConnection();
        connection.setClientID("c");
        connection.start();
        session = connection.createSession();
        context = factory.createContext();
        queue = session.createQueue("unsupported.queue");
        topic = session.createTopic("unsupported.topic");
    }

    @AfterEach
    void disconnect() throws JMSException {
        context.close();
        connection.close();
    }

    private static void assertRefused(Map<String, ThrowingCallable> calls, Class<? extends Throwable> with) {
        calls.forEach((what, call) ->
                assertThatThrownBy(call).as(what).isInstanceOf(with).hasMessageContaining(WORDS));
    }

    private void assertEverythingWorksOn() throws JMSException {
        session.createProducer(queue).send(session.createTextMessage("a"));
        try (MessageConsumer consumer = session.createConsumer(queue)) {
            assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        }
        context.createProducer().send(queue, "b");
        try (JMSConsumer consumer = context.createConsumer(queue)) {
            assertThat(Jms.receive(consumer, 1)).containsExactly("b");
        }
    }

    @Test
    void transactionsAreRefused() throws JMSException {
        assertRefused(
                Map.of(
                        "createSession(true, 0)", () -> connection.createSession(true, Session.SESSION_TRANSACTED),
                        "createSession(true, 1)", () -> connection.createSession(true, Session.AUTO_ACKNOWLEDGE),
                        "createSession(0)", () -> connection.createSession(Session.SESSION_TRANSACTED)),
                JMSException.class);
        assertRefused(
                Map.of(
                        "createContext", () -> factory.createContext(JMSContext.SESSION_TRANSACTED),
                        "context.createContext", () -> context.createContext(JMSContext.SESSION_TRANSACTED)),
                JMSRuntimeException.class);
        assertThatThrownBy(session::commit).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(session::rollback).isInstanceOf(IllegalStateException.class);
        assertThat(factory).isNotInstanceOf(XAConnectionFactory.class);
        assertEverythingWorksOn();
    }

    @Test
    void sharedSubscriptionsAreRefused() throws JMSException {
        Map<String, ThrowingCallable> classic = new LinkedHashMap<>();
        classic.put("shared", () -> session.createSharedConsumer(topic, "s"));
        classic.put("shared, selected", () -> session.createSharedConsumer(topic, "s", "a = 1"));
        classic.put("durable", () -> session.createSharedDurableConsumer(topic, "s"));
        classic.put("durable, selected", () -> session.createSharedDurableConsumer(topic, "s", "a = 1"));
        assertRefused(classic, JMSException.class);
        Map<String, ThrowingCallable> simplified = new LinkedHashMap<>();
        simplified.put("shared", () -> context.createSharedConsumer(topic, "s"));
        simplified.put("shared, selected", () -> context.createSharedConsumer(topic, "s", "a = 1"));
        simplified.put("durable", () -> context.createSharedDurableConsumer(topic, "s"));
        simplified.put("durable, selected", () -> context.createSharedDurableConsumer(topic, "s", "a = 1"));
        assertRefused(simplified, JMSRuntimeException.class);
        assertEverythingWorksOn();
    }

    @Test
    void selectorsAreRefused() throws JMSException {
        Map<String, ThrowingCallable> classic = new LinkedHashMap<>();
        classic.put("queue", () -> session.createConsumer(queue, "a = 1"));
        classic.put("topic", () -> session.createConsumer(topic, "a = 1"));
        classic.put("durable", () -> session.createDurableConsumer(topic, "s", "a = 1", false));
        classic.put("durable subscriber", () -> session.createDurableSubscriber(topic, "s", "a = 1", false));
        assertRefused(classic, InvalidSelectorException.class);
        Map<String, ThrowingCallable> simplified = new LinkedHashMap<>();
        simplified.put("queue", () -> context.createConsumer(queue, "a = 1"));
        simplified.put("topic", () -> context.createConsumer(topic, "a = 1", false));
        assertRefused(simplified, InvalidSelectorRuntimeException.class);
        assertEverythingWorksOn();
    }

    @Test
    void emptySelectorIsNone() throws JMSException {
        session.createProducer(queue).send(session.createTextMessage("a"));
        MessageConsumer consumer = session.createConsumer(queue, "");
        assertThat(consumer.getMessageSelector()).isNull();
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.close();
        try (MessageConsumer without = session.createConsumer(queue, null)) {
            assertThat(without.getMessageSelector()).isNull();
        }
    }

    @Test
    void refusedSelectorDoesNotTouchADurableSubscription() throws JMSException {
        session.createDurableConsumer(topic, "kept").close();
        session.createProducer(topic).send(session.createTextMessage("a"));
        assertThatThrownBy(() -> session.createDurableConsumer(topic, "kept", "b = 2", false))
                .isInstanceOf(InvalidSelectorException.class);
        assertThatThrownBy(() -> session.createDurableConsumer(topic, "kept", null, true))
                .isInstanceOf(JMSException.class);
        MessageConsumer consumer = session.createDurableConsumer(topic, "kept");
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.close();
        session.unsubscribe("kept");
    }

    @Test
    void noLocalIsRefusedOnTopicsAndHasNoMeaningOnQueues() throws JMSException {
        Map<String, ThrowingCallable> classic = new LinkedHashMap<>();
        classic.put("topic", () -> session.createConsumer(topic, null, true));
        classic.put("durable", () -> session.createDurableConsumer(topic, "s", null, true));
        classic.put("durable subscriber", () -> session.createDurableSubscriber(topic, "s", null, true));
        assertRefused(classic, JMSException.class);
        assertRefused(Map.of("topic", () -> context.createConsumer(topic, null, true)), JMSRuntimeException.class);
        MessageConsumer consumer = session.createConsumer(queue, null, true);
        session.createProducer(queue).send(session.createTextMessage("a"));
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.close();
        assertEverythingWorksOn();
    }

    @Test
    void deliveryDelayIsRefused() throws JMSException {
        MessageProducer producer = session.createProducer(queue);
        assertRefused(Map.of("producer", () -> producer.setDeliveryDelay(1)), JMSException.class);
        assertRefused(Map.of("context", () -> context.createProducer().setDeliveryDelay(1)), JMSRuntimeException.class);
        producer.setDeliveryDelay(0);
        assertThat(producer.getDeliveryDelay()).isZero();
        assertThat(context.createProducer().setDeliveryDelay(0).getDeliveryDelay())
                .isZero();
        assertEverythingWorksOn();
    }

    @Test
    void browsersAreRefused() throws JMSException {
        assertRefused(
                Map.of(
                        "browser", () -> session.createBrowser(queue),
                        "browser, selected", () -> session.createBrowser(queue, "a = 1")),
                JMSException.class);
        assertRefused(
                Map.of(
                        "browser", () -> context.createBrowser(queue),
                        "browser, selected", () -> context.createBrowser(queue, "a = 1")),
                JMSRuntimeException.class);
        assertEverythingWorksOn();
    }

    @Test
    void whatApplicationServersAskForIsRefused() throws JMSException {
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("connection consumer", () -> connection.createConnectionConsumer(queue, null, null, 1));
        calls.put("shared", () -> connection.createSharedConnectionConsumer(topic, "s", null, null, 1));
        calls.put("durable", () -> connection.createDurableConnectionConsumer(topic, "s", null, null, 1));
        calls.put("shared durable", () -> connection.createSharedDurableConnectionConsumer(topic, "s", null, null, 1));
        calls.put("session listener", () -> session.setMessageListener(message -> {}));
        assertRefused(calls, JMSException.class);
        assertThatThrownBy(session::run).isInstanceOf(RuntimeException.class);
        assertEverythingWorksOn();
    }
}
