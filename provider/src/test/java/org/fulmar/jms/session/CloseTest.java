package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Stopping and closing while listeners run and receives wait (JMS 3.1, sections 6.1.5, 6.1.8, 6.2.15, 8.8). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CloseTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
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

    @AfterEach
    void release() {
        release.countDown();
    }

    private void send(String... texts) throws JMSException {
        for (String text : texts) {
            producer.send(sending.createTextMessage(text));
        }
    }

    private String told() throws InterruptedException {
        return told.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
    }

    /** What remains in the queue, as another connection sees it. */
    private List<String> remaining() throws JMSException {
        return Jms.drained(BROKER.connect().createSession(), queue);
    }

    private void listenAndBlock() throws JMSException {
        session.createConsumer(queue).setMessageListener(message -> {
            inside.countDown();
            Jms.pass(release);
            told.add(Jms.seen(message));
        });
    }

    @Test
    void stopWaitsForARunningListenerAndHoldsBackTheNext() throws Exception {
        listenAndBlock();
        send("a", "b");
        Jms.pass(inside);
        Background<Void> stop = Background.run(connection::stop).awaitBlocked();
        assertThat(stop.isDone()).isFalse();
        release.countDown();
        stop.result();
        assertThat(told).containsExactly("a");
        send("c");
        assertThat(told).containsExactly("a");
        connection.start();
        assertThat(told()).isEqualTo("a");
        assertThat(told()).isEqualTo("b");
        assertThat(told()).isEqualTo("c");
    }

    @Test
    void closingTheConnectionWaitsForARunningListenerWhoseMessageCounts() throws Exception {
        listenAndBlock();
        send("a", "b");
        Jms.pass(inside);
        Background<Void> close = Background.run(connection::close).awaitBlocked();
        assertThat(close.isDone()).isFalse();
        release.countDown();
        close.result();
        assertThat(told).containsExactly("a");
        assertThat(remaining()).containsExactly("b");
    }

    @Test
    void closingTheSessionOrTheConsumerWaitsForARunningListener() throws Exception {
        MessageConsumer consumer = session.createConsumer(queue);
        consumer.setMessageListener(message -> {
            inside.countDown();
            Jms.pass(release);
            told.add(Jms.seen(message));
        });
        send("a", "b");
        Jms.pass(inside);
        Background<Void> closeConsumer = Background.run(consumer::close).awaitBlocked();
        Background<Void> closeSession = Background.run(session::close).awaitBlocked();
        assertThat(closeConsumer.isDone()).isFalse();
        assertThat(closeSession.isDone()).isFalse();
        release.countDown();
        closeConsumer.result();
        closeSession.result();
        assertThat(told).containsExactly("a");
        assertThat(remaining()).containsExactly("b");
    }

    @Test
    void runningListenerMayUseEverythingWhileItsConnectionIsClosed() throws Exception {
        Queue answers = session.createQueue(queue.getQueueName() + ".answers");
        MessageProducer answering = session.createProducer(answers);
        session.createConsumer(queue).setMessageListener(message -> {
            inside.countDown();
            Jms.pass(release);
            try {
                answering.send(session.createTextMessage("answer to " + Jms.text(message)));
                told.add("sent");
            } catch (JMSException e) {
                told.add(e.toString());
            }
        });
        send("a");
        Jms.pass(inside);
        Background<Void> close = Background.run(connection::close).awaitBlocked();
        release.countDown();
        close.result();
        assertThat(told()).isEqualTo("sent");
        queue = answers;
        assertThat(remaining()).containsExactly("answer to a");
    }

    @Test
    void listenerMustNotCloseItsSessionNorCloseOrStopItsConnection() throws Exception {
        session.createConsumer(queue).setMessageListener(message -> {
            for (Background.Work work : List.<Background.Work>of(session::close, connection::close, connection::stop)) {
                try {
                    work.run();
                    told.add("nothing thrown");
                } catch (Exception e) {
                    told.add(e.getClass().getSimpleName());
                }
            }
        });
        send("a", "b");
        for (int i = 0; i < 6; i++) {
            assertThat(told()).isEqualTo("IllegalStateException");
        }
        session.close();
        assertThat(remaining()).as("the refusals do no harm").isEmpty();
    }

    @Test
    void listenerMayCloseItsConsumerAndItsMessageCounts() throws Exception {
        MessageConsumer consumer = session.createConsumer(queue);
        consumer.setMessageListener(message -> {
            try {
                consumer.close();
                told.add("closed");
            } catch (JMSException e) {
                told.add(e.toString());
            }
        });
        send("a", "b");
        assertThat(told()).isEqualTo("closed");
        session.close();
        assertThat(remaining()).containsExactly("b");
        assertThat(told).isEmpty();
    }

    @Test
    void closingAConsumerOrASessionEndsAReceiveThatWaits() throws Exception {
        MessageConsumer consumer = session.createConsumer(queue);
        Background<Message> receive = Background.start(consumer::receive).awaitBlocked();
        consumer.close();
        assertThat(receive.result()).isNull();
        MessageConsumer another = session.createConsumer(queue);
        Background<Message> timed =
                Background.start(() -> another.receive(60_000)).awaitBlocked();
        session.close();
        assertThat(timed.result()).isNull();
    }

    @Test
    void receiveInProgressIsEitherDoneOrNotWhenTheSessionIsClosed() throws Exception {
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        for (int round = 0; round < 60; round++) {
            for (int i = 0; i < 40; i++) {
                send("m" + i);
            }
            Session receiving = connection.createSession();
            MessageConsumer consumer = receiving.createConsumer(queue);
            List<String> received = Collections.synchronizedList(new ArrayList<>());
            AtomicInteger count = new AtomicInteger();
            AtomicBoolean ended = new AtomicBoolean();
            Background<Void> receiver = Background.run(() -> {
                try {
                    while (!ended.get()) {
                        Message message = consumer.receive(Jms.WAIT);
                        if (message == null) {
                            return;
                        }
                        received.add(Jms.seen(message));
                        count.incrementAndGet();
                    }
                } catch (IllegalStateException e) {
                    // closed between two receives
                }
            });
            int enough = round % 39 + 1;
            Jms.eventually("some messages were received", () -> count.get() >= enough);
            receiving.close();
            ended.set(true);
            receiver.result();
            List<String> all = new ArrayList<>(received);
            all.addAll(remaining());
            assertThat(all)
                    .as("round %d, closed after %d: each message once, none twice", round, received.size())
                    .hasSize(40)
                    .doesNotHaveDuplicates()
                    .allMatch(text -> !text.contains("*"));
        }
    }

    @Test
    void closingWhileListenersRunLosesAndRepeatsNothing() throws Exception {
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        for (int round = 0; round < 40; round++) {
            for (int i = 0; i < 40; i++) {
                send("m" + i);
            }
            Connection listening = BROKER.factory().createConnection();
            List<String> received = Collections.synchronizedList(new ArrayList<>());
            for (int mode : new int[] {Session.AUTO_ACKNOWLEDGE, Session.DUPS_OK_ACKNOWLEDGE}) {
                listening.createSession(mode).createConsumer(queue).setMessageListener(message -> {
                    received.add(Jms.seen(message));
                });
            }
            listening.start();
            int enough = round % 20 + 1;
            Jms.eventually("some messages were received", () -> received.size() >= enough);
            listening.close();
            List<String> all = new ArrayList<>(received);
            int seen = all.size();
            all.addAll(remaining());
            assertThat(all)
                    .as("round %d, closed after %d", round, seen)
                    .hasSize(40)
                    .doesNotHaveDuplicates()
                    .allMatch(text -> !text.contains("*"));
        }
    }
}
