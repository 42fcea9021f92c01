package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Client acknowledgement and recovery of a session with several consumers (JMS 3.1, sections 6.2.10 and 8.8). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RecoverTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker("maxRedeliveries=-1");

    private Connection connection;
    private Session session;
    private Queue queue;
    private Queue other;
    private MessageProducer producer;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect();
        session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        queue = session.createQueue(BROKER.name());
        other = session.createQueue(queue.getQueueName() + ".other");
        producer = session.createProducer(null);
    }

    private void send(Queue to, String... texts) throws JMSException {
        for (String text : texts) {
            producer.send(to, session.createTextMessage(text));
        }
    }

    @Test
    void acknowledgingOneMessageAcknowledgesAllOfTheSession() throws JMSException {
        send(queue, "a", "b", "c");
        send(other, "x", "y");
        MessageConsumer one = session.createConsumer(queue);
        MessageConsumer two = session.createConsumer(other);
        Message first = one.receive(Jms.WAIT);
        Jms.receive(one, 1);
        Jms.receive(two, 1);
        first.acknowledge();
        session.recover();
        assertThat(Jms.receive(one, 1)).containsExactly("c");
        assertThat(Jms.receive(two, 1)).containsExactly("y");
    }

    @Test
    void acknowledgingDoesNotTouchAnotherSession() throws JMSException {
        send(queue, "a", "b");
        Session second = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer one = session.createConsumer(queue);
        Message first = one.receive(Jms.WAIT);
        MessageConsumer two = second.createConsumer(other);
        send(other, "x");
        Jms.receive(two, 1);
        first.acknowledge();
        second.recover();
        assertThat(Jms.receive(two, 1)).containsExactly("x*2");
        session.recover();
        assertThat(Jms.receive(one, 1)).containsExactly("b");
    }

    @Test
    void everyRecoverCountsOneMore() throws JMSException {
        send(queue, "a", "b");
        MessageConsumer consumer = session.createConsumer(queue);
        assertThat(Jms.receive(consumer, 2)).containsExactly("a", "b");
        for (int count = 2; count < 300; count++) {
            session.recover();
            assertThat(Jms.receive(consumer, 2)).containsExactly("a*" + count, "b*" + count);
        }
    }

    @Test
    void messagesOfAClosedConsumerCanStillBeAcknowledged() throws JMSException {
        send(queue, "a", "b");
        MessageConsumer consumer = session.createConsumer(queue);
        Message first = consumer.receive(Jms.WAIT);
        consumer.close();
        assertThat(Jms.receive(connection.createSession().createConsumer(queue), 1))
                .as("what was not handed out is there for others")
                .containsExactly("b");
        first.acknowledge();
        session.recover();
        assertThat(session.createConsumer(queue).receiveNoWait()).isNull();
    }

    @Test
    void recoverGivesBackWhatAClosedConsumerHadReceived() throws JMSException {
        send(queue, "a", "b");
        MessageConsumer consumer = session.createConsumer(queue);
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.close();
        session.recover();
        assertThat(Jms.receive(connection.createSession().createConsumer(queue), 2))
                .containsExactly("a*2", "b");
    }

    @Test
    void messageThatWasRecoveredCanNotBeAcknowledgedAnyMore() throws JMSException {
        send(queue, "a");
        MessageConsumer consumer = session.createConsumer(queue);
        Message old = consumer.receive(Jms.WAIT);
        session.recover();
        old.acknowledge();
        assertThat(Jms.receive(consumer, 1)).containsExactly("a*2");
        session.close();
        assertThatThrownBy(old::acknowledge).isInstanceOf(IllegalStateException.class);
        assertThat(Jms.receive(connection.createSession().createConsumer(queue), 1))
                .containsExactly("a*3");
    }

    @Test
    void recoverInAutoAcknowledgeRepeatsNothing() throws JMSException {
        send(queue, "a", "b", "c");
        Session automatic = connection.createSession();
        MessageConsumer consumer = automatic.createConsumer(queue);
        assertThat(Jms.receive(consumer, 2)).containsExactly("a", "b");
        automatic.recover();
        assertThat(Jms.receive(consumer, 1)).containsExactly("c");
        assertThat(consumer.receiveNoWait()).isNull();
    }

    @Test
    void acknowledgeDoesNothingInTheAutomaticModes() throws JMSException {
        send(queue, "a", "b");
        Session automatic = connection.createSession();
        MessageConsumer consumer = automatic.createConsumer(queue);
        Message first = consumer.receive(Jms.WAIT);
        first.acknowledge();
        assertThat(Jms.receive(consumer, 1)).containsExactly("b");
        first.acknowledge();
    }

    /** In one of a few attempts: in one or the other the machine may stall until it has expired. */
    @Test
    void messagesThatExpireBetweenTwoDeliveriesDoNotComeAgain() throws JMSException {
        MessageConsumer consumer = session.createConsumer(queue);
        boolean delivered = false;
        for (int i = 0; i < 5 && !delivered; i++) {
            delivered = isDeliveredAndThenExpired(consumer);
        }
        assertThat(delivered).as("delivered before it had expired").isTrue();
    }

    private boolean isDeliveredAndThenExpired(MessageConsumer consumer) throws JMSException {
        producer.setTimeToLive(2000);
        Message mortal = session.createTextMessage("short");
        producer.send(queue, mortal);
        producer.setTimeToLive(0);
        send(queue, "long");
        String first = Jms.receive(consumer, 1).get(0);
        boolean delivered = first.equals("short");
        if (delivered) {
            assertThat(Jms.receive(consumer, 1)).containsExactly("long");
        } else {
            assertThat(first).isEqualTo("long");
            assertThat(System.currentTimeMillis()).as("has expired").isGreaterThanOrEqualTo(mortal.getJMSExpiration());
        }
        long over = mortal.getJMSExpiration() + 10;
        Jms.eventually("the first has expired", () -> System.currentTimeMillis() > over);
        session.recover();
        Message again = consumer.receive(Jms.WAIT);
        assertThat(Jms.seen(again)).isEqualTo("long*2");
        assertThat(consumer.receiveNoWait()).isNull();
        again.acknowledge();
        return delivered;
    }
}
