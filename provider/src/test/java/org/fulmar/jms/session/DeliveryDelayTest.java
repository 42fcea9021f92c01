package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Delivery delay (JMS 3.1, section 7.9), and the times that a send sets. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DeliveryDelayTest {
    private static final long DAY = 24L * 60 * 60 * 1000;

    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private Connection connection;
    private Session session;
    private String name;
    private Queue queue;
    private MessageProducer producer;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect();
        session = connection.createSession();
        name = "delayed." + BROKER.name();
        queue = session.createQueue(name);
        producer = session.createProducer(queue);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 40 * DAY + 1, Long.MAX_VALUE})
    void delayOutOfRangeIsRefusedAtOnceAndChangesNothing(long delay) throws JMSException {
        producer.setDeliveryDelay(5);
        assertThatThrownBy(() -> producer.setDeliveryDelay(delay))
                .isInstanceOf(JMSException.class)
                .hasMessageContaining("40 days")
                .hasMessageContaining(Long.toString(delay));
        assertThat(producer.getDeliveryDelay()).isEqualTo(5);
        try (JMSContext context = BROKER.factory().createContext()) {
            JMSProducer simple = context.createProducer().setDeliveryDelay(7);
            assertThatThrownBy(() -> simple.setDeliveryDelay(delay)).isInstanceOf(JMSRuntimeException.class);
            assertThat(simple.getDeliveryDelay()).isEqualTo(7);
        }
    }

    @Test
    void longestDelayIsAccepted() throws JMSException {
        producer.setDeliveryDelay(40 * DAY);
        assertThat(producer.getDeliveryDelay()).isEqualTo(40 * DAY);
    }

    @Test
    void timesCountFromTheSend() throws JMSException {
        long before = System.currentTimeMillis();
        TextMessage message = session.createTextMessage("a");
        producer.setDeliveryDelay(2 * DAY);
        producer.setTimeToLive(3 * DAY);
        producer.send(message);
        assertThat(message.getJMSTimestamp()).isBetween(before, System.currentTimeMillis());
        assertThat(message.getJMSDeliveryTime()).isEqualTo(message.getJMSTimestamp() + 2 * DAY);
        assertThat(message.getJMSExpiration()).isEqualTo(message.getJMSTimestamp() + 3 * DAY);
        producer.setDisableMessageTimestamp(true);
        producer.setTimeToLive(0);
        producer.send(message);
        assertThat(message.getJMSTimestamp()).isZero();
        assertThat(message.getJMSDeliveryTime()).isBetween(before + 2 * DAY, System.currentTimeMillis() + 2 * DAY);
        assertThat(message.getJMSExpiration()).isZero();
    }

    @Test
    void endlessTimeToLiveDoesNotExpireAtOnce() throws JMSException {
        producer.setTimeToLive(Long.MAX_VALUE);
        producer.send(session.createTextMessage("a"));
        try (MessageConsumer consumer = session.createConsumer(queue)) {
            assertThat(consumer.receive(Jms.WAIT).getJMSExpiration()).isEqualTo(Long.MAX_VALUE);
        }
    }

    private void assertComesWhenItIsDue(Message received, String text, long delay) throws JMSException {
        long now = System.currentTimeMillis();
        assertThat(Jms.seen(received)).isEqualTo(text);
        assertThat(received.getJMSDeliveryTime()).isEqualTo(received.getJMSTimestamp() + delay);
        assertThat(now).isGreaterThanOrEqualTo(received.getJMSDeliveryTime());
    }

    /** In one of a few attempts: in one or the other the machine may stall until it is due. */
    @Test
    void delayedMessageComesWhenItIsDueAndNotBefore() throws JMSException {
        boolean looked = false;
        for (int i = 0; i < 5 && !looked; i++) {
            looked = isNotSeenBeforeItIsDue();
        }
        assertThat(looked).as("looked before it was due").isTrue();
    }

    private boolean isNotSeenBeforeItIsDue() throws JMSException {
        try (MessageConsumer consumer = session.createConsumer(queue)) {
            producer.setDeliveryDelay(3000);
            Message later = session.createTextMessage("later");
            producer.send(later);
            producer.setDeliveryDelay(0);
            producer.send(session.createTextMessage("now"));
            Message first = consumer.receive(Jms.WAIT);
            if (Jms.text(first).equals("later")) {
                assertComesWhenItIsDue(first, "later", 3000);
                assertThat(Jms.receive(consumer, 1)).containsExactly("now");
                return false;
            }
            assertThat(Jms.seen(first)).isEqualTo("now");
            boolean browsed;
            try (QueueBrowser browser = session.createBrowser(queue)) {
                browsed = browser.getEnumeration().hasMoreElements();
            }
            boolean inTime = System.currentTimeMillis() < later.getJMSDeliveryTime();
            assertThat(browsed && inTime).as("browsed before it is due").isFalse();
            assertComesWhenItIsDue(consumer.receive(Jms.WAIT), "later", 3000);
            return inTime;
        }
    }

    @Test
    void delayedMessageToATopicReachesItsSubscriber() throws JMSException {
        try (JMSContext context = BROKER.factory().createContext()) {
            Topic topic = context.createTopic(name + ".topic");
            JMSConsumer consumer = context.createConsumer(topic);
            context.createProducer().setDeliveryDelay(300).send(topic, "a");
            assertComesWhenItIsDue(consumer.receive(Jms.WAIT), "a", 300);
        }
    }

    @Test
    void messageThatExpiresBeforeItIsDueNeverComes() throws JMSException {
        try (MessageConsumer consumer = session.createConsumer(queue)) {
            producer.setDeliveryDelay(400);
            producer.setTimeToLive(100);
            producer.send(session.createTextMessage("expired"));
            producer.setTimeToLive(0);
            producer.send(session.createTextMessage("good"));
            assertThat(Jms.receive(consumer, 1)).containsExactly("good");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }
}
