package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Message listeners: one at a time in a session, and what happens when they fail. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ListenerTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker("maxRedeliveries=-1");

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private Connection connection;
    private Session session;
    private Session sending;
    private Queue queue;
    private MessageProducer producer;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect();
        session = connection.createSession();
        sending = connection.createSession();
        queue = sending.createQueue(BROKER.name());
        producer = sending.createProducer(queue);
    }

    private void send(String... texts) throws JMSException {
        for (String text : texts) {
            producer.send(sending.createTextMessage(text));
        }
    }

    private String told() throws InterruptedException {
        return told.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
    }

    @Test
    void listenersOfASessionRunOneAtATime() throws Exception {
        AtomicInteger running = new AtomicInteger();
        Set<String> problems = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < 3; i++) {
            session.createConsumer(queue).setMessageListener(message -> {
                if (running.incrementAndGet() != 1) {
                    problems.add("two at once");
                }
                told.add(Jms.seen(message));
                running.decrementAndGet();
            });
        }
        for (int i = 0; i < 60; i++) {
            send("m" + i);
        }
        for (int i = 0; i < 60; i++) {
            assertThat(told()).isNotNull();
        }
        assertThat(problems).isEmpty();
        assertThat(told).isEmpty();
    }

    @Test
    void listenersOfTwoSessionsRunSideBySide() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        for (Session each : List.of(session, connection.createSession())) {
            each.createConsumer(queue).setMessageListener(message -> {
                both.countDown();
                Jms.pass(both);
                told.add(Jms.seen(message));
            });
        }
        send("a", "b");
        assertThat(List.of(told(), told())).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void idleConsumersTakeTurnsThoughEachCouldTakeAll() throws Exception {
        AtomicInteger[] counts = {new AtomicInteger(), new AtomicInteger(), new AtomicInteger()};
        for (AtomicInteger count : counts) {
            connection.createSession().createConsumer(queue).setMessageListener(message -> {
                count.incrementAndGet();
                told.add(Jms.seen(message));
            });
        }
        for (int i = 0; i < 30; i++) {
            send("m" + i);
            assertThat(told()).isEqualTo("m" + i);
        }
        assertThat(counts).extracting(AtomicInteger::get).containsExactly(10, 10, 10);
    }

    @Test
    void receiveIsRefusedWhileTheSessionHasAListenerAndAllowedAfterwards() throws Exception {
        MessageConsumer listening = session.createConsumer(queue);
        MessageConsumer receiving = session.createConsumer(session.createQueue(queue.getQueueName() + ".other"));
        listening.setMessageListener(message -> told.add(Jms.seen(message)));
        assertThatThrownBy(receiving::receiveNoWait).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(listening::receive).isInstanceOf(IllegalStateException.class);
        send("a");
        assertThat(told()).isEqualTo("a");
        listening.setMessageListener(null);
        assertThat(listening.getMessageListener()).isNull();
        send("b");
        assertThat(Jms.receive(listening, 1)).containsExactly("b");
        assertThat(receiving.receiveNoWait()).isNull();
        assertThat(told).isEmpty();
    }

    @Test
    void listenerThatIsReplacedGetsNothingMore() throws Exception {
        MessageConsumer consumer = session.createConsumer(queue);
        consumer.setMessageListener(message -> told.add("first " + Jms.seen(message)));
        send("a");
        assertThat(told()).isEqualTo("first a");
        consumer.setMessageListener(message -> told.add("second " + Jms.seen(message)));
        send("b");
        assertThat(told()).isEqualTo("second b");
    }

    @Test
    void listenerThatLeavesItsThreadInterruptedGetsTheNext() throws Exception {
        session.createConsumer(queue).setMessageListener(message -> {
            told.add(Jms.seen(message));
            Thread.currentThread().interrupt();
        });
        send("a", "b", "c");
        assertThat(told()).isEqualTo("a");
        assertThat(told()).isEqualTo("b");
        assertThat(told()).isEqualTo("c");
        session.close();
        assertThat(Jms.drained(connection.createSession(), queue)).isEmpty();
    }

    @Test
    void listenerThatThrowsAnErrorGetsTheMessageAgain() throws Exception {
        session.createConsumer(queue).setMessageListener(message -> {
            told.add(Jms.seen(message));
            if (Jms.seen(message).equals("a")) {
                throw new AssertionError("on purpose");
            }
        });
        send("a", "b");
        assertThat(told()).isEqualTo("a");
        assertThat(told()).isEqualTo("a*2");
        assertThat(told()).isEqualTo("b");
    }

    @Test
    void listenerInClientAcknowledgeThatFailsGetsTheNextMessage() throws Exception {
        Session careful = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        careful.createConsumer(queue).setMessageListener(message -> {
            told.add(Jms.seen(message));
            if (Jms.text(message).equals("a")) {
                throw new IllegalArgumentException("on purpose");
            }
        });
        send("a", "b");
        assertThat(told()).isEqualTo("a");
        assertThat(told()).isEqualTo("b");
        careful.close();
        assertThat(Jms.receive(session.createConsumer(queue), 2)).containsExactly("a*2", "b*2");
    }

    @Test
    void listenerMayRecoverItsSessionInAutoAcknowledgeMoreOftenThanIsSentAhead() throws Exception {
        session.createConsumer(queue).setMessageListener(message -> {
            try {
                String seen = Jms.seen(message);
                if (seen.equals("a*600") || Jms.text(message).equals("b")) {
                    told.add(seen);
                } else {
                    session.recover();
                }
            } catch (JMSException e) {
                told.add(e.toString());
            }
        });
        send("a", "b");
        assertThat(told()).isEqualTo("a*600");
        assertThat(told()).isEqualTo("b");
    }

    @Test
    void listenerMaySendWithItsOwnSessionAndMakeConsumers() throws Exception {
        Queue answers = session.createQueue(queue.getQueueName() + ".answers");
        MessageProducer answering = session.createProducer(answers);
        session.createConsumer(queue).setMessageListener(message -> {
            try {
                answering.send(session.createTextMessage("answer to " + Jms.text(message)));
                session.createConsumer(answers).setMessageListener(answer -> told.add(Jms.seen(answer)));
            } catch (JMSException e) {
                told.add(e.toString());
            }
        });
        send("a");
        assertThat(told()).isEqualTo("answer to a");
    }

    @Test
    void messagesThatCameBeforeTheListenerAreFedToIt() throws Exception {
        MessageConsumer consumer = session.createConsumer(queue);
        send("a", "b", "c");
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.setMessageListener(message -> told.add(Jms.seen(message)));
        assertThat(told()).isEqualTo("b");
        assertThat(told()).isEqualTo("c");
    }
}
