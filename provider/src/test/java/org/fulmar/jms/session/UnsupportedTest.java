package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import jakarta.jms.XAConnectionFactory;
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
        assertThatThrownBy(() -> session.createDurableConsumer(topic, "kept", "b =", false))
                .isInstanceOf(InvalidSelectorException.class);
        MessageConsumer consumer = session.createDurableConsumer(topic, "kept");
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.close();
        session.unsubscribe("kept");
    }

    @Test
    void noLocalHasNoMeaningOnQueues() throws JMSException {
        MessageConsumer consumer = session.createConsumer(queue, null, true);
        session.createProducer(queue).send(session.createTextMessage("a"));
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.close();
    }
}
