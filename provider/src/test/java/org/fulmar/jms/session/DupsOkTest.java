package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DUPS_OK_ACKNOWLEDGE: lazy, but neither forgetful nor repetitive while nothing fails. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DupsOkTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker("prefetch=8");

    private Connection connection;
    private Session sending;
    private Queue queue;
    private MessageProducer producer;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect();
        sending = connection.createSession();
        queue = sending.createQueue(BROKER.name());
        producer = sending.createProducer(queue);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
    }

    private void send(int from, int to) throws JMSException {
        for (int i = from; i < to; i++) {
            producer.send(sending.createTextMessage("m" + i));
        }
    }

    private List<String> remaining() throws JMSException {
        try (Session other = connection.createSession()) {
            return Jms.drained(other, queue);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 63, 64, 65, 200})
    void whatWasReceivedIsNotDeliveredAgainAfterTheSessionIsClosed(int received) throws JMSException {
        send(0, 210);
        try (Session session = connection.createSession(Session.DUPS_OK_ACKNOWLEDGE)) {
            assertThat(session.getAcknowledgeMode()).isEqualTo(Session.DUPS_OK_ACKNOWLEDGE);
            assertThat(Jms.receive(session.createConsumer(queue), received))
                    .last()
                    .isEqualTo("m" + (received - 1));
        }
        assertThat(remaining()).hasSize(210 - received).first().isEqualTo("m" + received);
    }

    @Test
    void closingTheConsumerLeavesTheAcknowledgementsToTheSession() throws JMSException {
        send(0, 10);
        Session session = connection.createSession(Session.DUPS_OK_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(queue);
        Jms.receive(consumer, 4);
        consumer.close();
        assertThat(remaining()).containsExactly("m4", "m5", "m6", "m7", "m8", "m9");
        session.close();
        assertThat(remaining()).isEmpty();
    }

    @Test
    void receiveNoWaitSeesEverythingThoughThePrefetchIsSmall() throws JMSException {
        send(0, 100);
        Session session = connection.createSession(Session.DUPS_OK_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(queue);
        for (int i = 0; i < 100; i++) {
            var message = consumer.receiveNoWait();
            assertThat(message).as("message %d", i).isNotNull();
            assertThat(Jms.seen(message)).isEqualTo("m" + i);
        }
        assertThat(consumer.receiveNoWait()).isNull();
    }

    @Test
    void recoverAgainAndAgainStarvesNobody() throws JMSException {
        Session session = connection.createSession(Session.DUPS_OK_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(queue);
        for (int round = 0; round < 20; round++) {
            send(3 * round, 3 * round + 3);
            Jms.receive(consumer, 3);
            session.recover();
        }
        send(100, 101);
        String next = "";
        while (!next.equals("m100")) {
            next = Jms.receive(consumer, 1).get(0).replaceAll("\\*.*", "");
        }
        assertThat(consumer.receiveNoWait()).isNull();
    }

    @Test
    void listenerGetsAllAndAcknowledgesWithoutBeingClosed() throws Exception {
        try (FulmarConnectionFactory single = new FulmarConnectionFactory("fulmar:embedded?prefetch=1");
                Connection one = single.createConnection()) {
            BlockingQueue<String> received = new LinkedBlockingQueue<>();
            one.start();
            Session session = one.createSession(Session.DUPS_OK_ACKNOWLEDGE);
            Queue there = session.createQueue("one by one");
            Session other = one.createSession();
            MessageProducer filling = other.createProducer(there);
            for (int i = 0; i < 20; i++) {
                filling.send(other.createTextMessage("m" + i));
            }
            session.createConsumer(there).setMessageListener(message -> received.add(Jms.seen(message)));
            for (int i = 0; i < 20; i++) {
                assertThat(received.poll(Jms.WAIT, TimeUnit.MILLISECONDS))
                        .as("comes when the one before is acknowledged")
                        .isEqualTo("m" + i);
            }
        }
    }

    @Test
    void listenerThatFailsGetsThatMessageAgainAndNoOther() throws Exception {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        AtomicInteger failures = new AtomicInteger();
        Session session = connection.createSession(Session.DUPS_OK_ACKNOWLEDGE);
        session.createConsumer(queue).setMessageListener(message -> {
            received.add(Jms.seen(message));
            if (Jms.text(message).equals("m5") && failures.incrementAndGet() < 3) {
                throw new IllegalArgumentException("on purpose");
            }
        });
        send(0, 30);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            expected.add("m" + i);
        }
        expected.addAll(6, List.of("m5*2", "m5*3"));
        for (String each : expected) {
            assertThat(received.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo(each);
        }
        session.close();
        assertThat(remaining()).isEmpty();
        assertThat(received).isEmpty();
    }
}
