package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Asynchronous sends and their completion listeners (JMS 3.1, section 7.3). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AsyncSendTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private Connection connection;
    private Session session;
    private Queue queue;
    private MessageProducer producer;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect();
        session = connection.createSession();
        queue = session.createQueue(BROKER.name());
        producer = session.createProducer(queue);
    }

    @AfterEach
    void release() {
        release.countDown();
    }

    /** Tells the test what it was told. */
    private CompletionListener teller() {
        return on(message -> told.add(Jms.text(message)));
    }

    private CompletionListener on(Consumer<Message> completion) {
        return new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                completion.accept(message);
            }

            @Override
            public void onException(Message message, Exception e) {
                told.add(Jms.text(message) + ": " + e.getClass().getSimpleName());
            }
        };
    }

    private CompletionListener blocking() {
        return on(message -> {
            inside.countDown();
            Jms.pass(release);
            told.add(Jms.text(message));
        });
    }

    private String told() throws InterruptedException {
        return told.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
    }

    private Message message(String text) throws JMSException {
        return session.createTextMessage(text);
    }

    @Test
    void callbacksComeInTheOrderOfTheSendsOneAtATimeOnAnotherThread() throws Exception {
        MessageProducer other = session.createProducer(null);
        AtomicInteger running = new AtomicInteger();
        Set<String> problems = ConcurrentHashMap.newKeySet();
        Thread caller = Thread.currentThread();
        CompletionListener listener = on(message -> {
            if (running.incrementAndGet() != 1) {
                problems.add("two at once");
            }
            if (Thread.currentThread() == caller) {
                problems.add("on the sending thread");
            }
            told.add(Jms.text(message));
            running.decrementAndGet();
        });
        for (int i = 0; i < 400; i++) {
            int mode = i % 3 == 0 ? DeliveryMode.NON_PERSISTENT : DeliveryMode.PERSISTENT;
            if (i % 2 == 0) {
                producer.send(message("m" + i), mode, 4, 0, listener);
            } else {
                other.send(queue, message("m" + i), mode, 4, 0, listener);
            }
        }
        for (int i = 0; i < 400; i++) {
            assertThat(told()).isEqualTo("m" + i);
        }
        assertThat(problems).isEmpty();
        MessageConsumer consumer = session.createConsumer(queue);
        for (int i = 0; i < 400; i++) {
            assertThat(Jms.receive(consumer, 1)).containsExactly("m" + i);
        }
    }

    @Test
    void messageIsThereWhenItsCallbackComes() throws Exception {
        Session receiving = connection.createSession();
        MessageConsumer consumer = receiving.createConsumer(queue);
        for (int i = 0; i < 20; i++) {
            producer.send(message("m" + i), on(message -> {
                try {
                    Message there = consumer.receiveNoWait();
                    told.add(there == null ? "nothing" : Jms.seen(there));
                } catch (JMSException e) {
                    told.add(e.toString());
                }
            }));
            assertThat(told()).isEqualTo("m" + i);
        }
    }

    @Test
    void headersAreSetWhenTheCallbackComes() throws Exception {
        BlockingQueue<Message> completed = new LinkedBlockingQueue<>();
        Message sent = message("a");
        producer.send(sent, DeliveryMode.PERSISTENT, 7, 60_000, on(completed::add));
        Message message = completed.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
        assertThat(message).isSameAs(sent);
        assertThat(message.getJMSPriority()).isEqualTo(7);
        assertThat(message.getJMSExpiration()).isEqualTo(message.getJMSTimestamp() + 60_000);
        Message received = session.createConsumer(queue).receive(Jms.WAIT);
        assertThat(received.getJMSMessageID()).isEqualTo(message.getJMSMessageID());
    }

    @Test
    void failureIsToldInItsPlaceAndTheOthersGoOn() throws Exception {
        try (Connection owner = BROKER.factory().createConnection()) {
            TemporaryQueue temporary = owner.createSession().createTemporaryQueue();
            MessageProducer toNowhere = session.createProducer(temporary);
            temporary.delete();
            producer.send(message("a"), teller());
            toNowhere.send(message("b"), teller());
            producer.send(message("c"), teller());
            assertThat(told()).isEqualTo("a");
            assertThat(told()).isEqualTo("b: InvalidDestinationException");
            assertThat(told()).isEqualTo("c");
        }
    }

    @Test
    void whatTheSendItselfThrowsIsNotToldToTheListener() throws Exception {
        assertThatThrownBy(() -> producer.send(null, teller())).isInstanceOf(MessageFormatException.class);
        MessageProducer anywhere = session.createProducer(null);
        assertThatThrownBy(() -> anywhere.send(null, message("a"), teller()))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> anywhere.send(message("a"), teller()))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> producer.send(queue, message("a"), teller()))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> producer.send(message("a"), (CompletionListener) null))
                .isInstanceOf(IllegalArgumentException.class);
        producer.send(message("b"), teller());
        assertThat(told()).isEqualTo("b");
        assertThat(told).isEmpty();
    }

    @Test
    void closingWaitsForTheCallbacks() throws Exception {
        JMSContext context = BROKER.factory().createContext();
        List<Background.Work> closings = List.of(producer::close, session::close, connection::close);
        producer.send(message("a"), blocking());
        producer.send(message("b"), teller());
        context.createProducer().setAsync(blocking()).send(queue, "in a context");
        Jms.pass(inside);
        List<Background<Void>> closing = new ArrayList<>();
        for (Background.Work work : closings) {
            closing.add(Background.run(work).awaitBlocked());
        }
        closing.add(Background.run(context::close).awaitBlocked());
        assertThat(closing).noneMatch(Background::isDone);
        release.countDown();
        for (Background<Void> each : closing) {
            each.result();
        }
        assertThat(told).containsExactlyInAnyOrder("a", "b", "in a context");
    }

    @Test
    void closingAProducerDoesNotWaitForTheCallbacksOfOthers() throws Exception {
        MessageProducer other = session.createProducer(queue);
        other.send(message("other's"), blocking());
        Jms.pass(inside);
        Background.run(producer::close).result();
        assertThat(told).isEmpty();
    }

    @Test
    void closingOrCommittingInTheCallbackIsRefused() throws Exception {
        List<Background.Work> refused =
                List.of(producer::close, session::close, connection::close, session::commit, session::rollback);
        producer.send(message("a"), on(message -> {
            for (Background.Work work : refused) {
                try {
                    work.run();
                    told.add("nothing thrown");
                } catch (Exception e) {
                    told.add(e.getClass().getSimpleName());
                }
            }
        }));
        for (int i = 0; i < refused.size(); i++) {
            assertThat(told()).as("refusal %d", i).isEqualTo("IllegalStateException");
        }
        producer.send(message("b"), teller());
        assertThat(told()).as("everything works on").isEqualTo("b");
        assertThat(Jms.receive(session.createConsumer(queue), 2)).containsExactly("a", "b");
    }

    @Test
    void closingTheContextInTheCallbackIsRefusedAndItCanBeClosedLater() throws Exception {
        try (FulmarConnectionFactory named = new FulmarConnectionFactory("fulmar:embedded?clientId=closing")) {
            JMSContext context = named.createContext();
            context.createProducer()
                    .setAsync(on(message -> {
                        try {
                            context.close();
                            told.add("nothing thrown");
                        } catch (RuntimeException e) {
                            told.add(e.getClass().getSimpleName());
                        }
                    }))
                    .send(context.createQueue("q"), "a");
            assertThat(told()).isEqualTo("IllegalStateRuntimeException");
            context.close();
            assertThatThrownBy(() -> context.createTextMessage("b"))
                    .isInstanceOf(jakarta.jms.IllegalStateRuntimeException.class);
            Jms.eventually("the connection is closed with it", () -> {
                try (JMSContext again = named.createContext()) {
                    return again.getClientID().equals("closing");
                } catch (jakarta.jms.InvalidClientIDRuntimeException e) {
                    return false;
                }
            });
        }
    }

    @Test
    void callbackMayCloseAnotherProducer() throws Exception {
        MessageProducer other = session.createProducer(queue);
        producer.send(message("a"), on(message -> {
            try {
                other.close();
                told.add("closed");
            } catch (JMSException e) {
                told.add(e.toString());
            }
        }));
        assertThat(told()).isEqualTo("closed");
    }

    @Test
    void callbackThatFailsStopsNeitherTheOthersNorTheClosing() throws Exception {
        producer.send(message("a"), on(message -> {
            throw new IllegalArgumentException("on purpose");
        }));
        producer.send(message("b"), on(message -> {
            throw new AssertionError("on purpose");
        }));
        producer.send(message("c"), on(message -> Thread.currentThread().interrupt()));
        producer.send(message("d"), teller());
        assertThat(told()).isEqualTo("d");
        Background.run(session::close).result();
        assertThat(told).isEmpty();
    }

    @Test
    void interruptedCallbackDoesNotMakeTheNextSendASuccess() throws Exception {
        try (Connection owner = BROKER.factory().createConnection()) {
            for (int i = 0; i < 30; i++) {
                TemporaryQueue temporary = owner.createSession().createTemporaryQueue();
                MessageProducer toNowhere = session.createProducer(temporary);
                temporary.delete();
                producer.send(
                        message("a"),
                        DeliveryMode.NON_PERSISTENT,
                        4,
                        0,
                        on(message -> Thread.currentThread().interrupt()));
                toNowhere.send(message("b"), teller());
                assertThat(told()).isEqualTo("b: InvalidDestinationException");
            }
        }
    }

    @Test
    void thousandsOfSendsOnTheirWayAreAllTold() throws Exception {
        AtomicInteger count = new AtomicInteger();
        CompletionListener listener = on(message -> count.incrementAndGet());
        for (int i = 0; i < 12_000; i++) {
            producer.send(message("m"), DeliveryMode.NON_PERSISTENT, 4, 0, listener);
        }
        producer.close();
        assertThat(count).hasValue(12_000);
        assertThat(told).isEmpty();
    }
}
