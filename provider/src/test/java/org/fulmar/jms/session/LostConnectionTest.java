package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.Topic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.BrokerMain;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.kill.BrokerProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A broker in a process of its own is killed once, under all clients here, and started again: nothing hangs, is lost,
 * or comes again unflagged. The clients do not reconnect. Before the kill it is frozen, so that what is sent to it then gets no answer for certain.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LostConnectionTest {
    private static final int MESSAGES = 20;

    @TempDir
    static Path directory;

    private static final List<Client> CLIENTS = new ArrayList<>();
    private static BrokerProcess broker;

    private static Waiting waiting;
    private static SentAhead sentAhead;
    private static Listening listening;
    private static Failing failing;
    private static Careful careful;
    private static Lazy lazy;
    private static Sending sending;
    private static Durable durable;

    @BeforeAll
    static void killUnderAll() throws Exception {
        broker = new BrokerProcess(BrokerMain.class.getName(), directory);
        broker.start();
        waiting = new Waiting();
        sentAhead = new SentAhead();
        listening = new Listening();
        failing = new Failing();
        careful = new Careful();
        lazy = new Lazy();
        sending = new Sending();
        durable = new Durable();
        broker.freeze();
        failing.whileFrozen();
        sending.whileFrozen();
        broker.kill();
        for (Client client : CLIENTS) {
            assertThat(client.lost.poll(Jms.WAIT, TimeUnit.MILLISECONDS))
                    .as("the exception listener is told")
                    .isNotNull();
        }
        broker.start();
    }

    @AfterAll
    static void close() throws JMSException {
        listening.release.countDown();
        for (Client client : CLIENTS) {
            client.connection.close();
            client.factory.close();
        }
        broker.close();
    }

    private static String url() {
        return "fulmar://127.0.0.1:" + broker.port() + "?reconnect=false";
    }

    private static String text(int number) {
        return "m" + number;
    }

    /** A connection that will be lost. */
    private static class Client {
        final BlockingQueue<JMSException> lost = new LinkedBlockingQueue<>();
        final BlockingQueue<String> told = new LinkedBlockingQueue<>();
        final FulmarConnectionFactory factory = new FulmarConnectionFactory(url());
        final Connection connection = factory.createConnection();
        final Session session;
        final Queue queue;

        Client(int mode) throws JMSException {
            CLIENTS.add(this);
            connection.setExceptionListener(lost::add);
            connection.setClientID(getClass().getSimpleName());
            connection.start();
            session = connection.createSession(mode);
            queue = session.createQueue(getClass().getSimpleName());
        }

        final void fill() throws JMSException {
            MessageProducer producer = session.createProducer(queue);
            for (int i = 0; i < MESSAGES; i++) {
                producer.send(session.createTextMessage(text(i)));
            }
        }

        /** Returns when a consumer that was made before has been sent all that is in the queue. */
        final void awaitAllSentAhead() throws JMSException {
            try (Session probing = connection.createSession();
                    MessageConsumer probe = probing.createConsumer(queue)) {
                assertThat(probe.receiveNoWait()).isNull();
            }
        }

        /** What the queue holds after the restart, with the count of deliveries where it is not the first. */
        final List<String> remaining() throws JMSException {
            try (FulmarConnectionFactory again = new FulmarConnectionFactory(url());
                    Connection other = again.createConnection()) {
                other.start();
                return Jms.drained(other.createSession(), queue);
            }
        }
    }

    /** All from a number on, in order; flagged, since they had left the broker. */
    private static List<String> flagged(int from) {
        List<String> texts = new ArrayList<>();
        for (int i = from; i < MESSAGES; i++) {
            texts.add(text(i) + "*2");
        }
        return texts;
    }

    private static final class Waiting extends Client {
        final MessageConsumer consumer = session.createConsumer(queue);
        final Background<Message> untimed =
                Background.start(() -> consumer.receive()).awaitBlocked();
        final MessageConsumer other =
                connection.createSession(Session.DUPS_OK_ACKNOWLEDGE).createConsumer(queue);
        final Background<Message> timed =
                Background.start(() -> other.receive(120_000)).awaitBlocked();
        final JMSContext context = factory.createContext(JMSContext.CLIENT_ACKNOWLEDGE);
        final JMSConsumer simple = context.createConsumer(queue);
        final Background<Message> simplified =
                Background.start(() -> simple.receive()).awaitBlocked();

        Waiting() throws JMSException {
            super(Session.AUTO_ACKNOWLEDGE);
        }
    }

    @Test
    void receivesThatWaitFailSoonAndCloseDoesNotHang() throws Exception {
        assertThatThrownBy(waiting.untimed::result).isInstanceOf(JMSException.class);
        assertThatThrownBy(waiting.timed::result).isInstanceOf(JMSException.class);
        assertThatThrownBy(waiting.simplified::result).isInstanceOf(JMSRuntimeException.class);
        assertThatThrownBy(() -> waiting.consumer.receive(100)).isInstanceOf(JMSException.class);
        assertThatThrownBy(waiting.consumer::receiveNoWait).isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> waiting.session.createProducer(waiting.queue).send(waiting.session.createMessage()))
                .isInstanceOf(JMSException.class);
        assertThatThrownBy(waiting.connection::createSession).isInstanceOf(JMSException.class);
        Background.run(waiting.consumer::close).result();
        Background.run(waiting.context::close).result();
        Background.run(waiting.session::close).result();
        Background.run(waiting.connection::close).result();
    }

    private static final class SentAhead extends Client {
        final MessageConsumer consumer = session.createConsumer(queue);

        SentAhead() throws JMSException {
            super(Session.AUTO_ACKNOWLEDGE);
            fill();
            assertThat(Jms.receive(consumer, 2)).containsExactly("m0", "m1");
            awaitAllSentAhead();
        }
    }

    @Test
    void whatWasSentAheadIsNotHandedOutAfterwards() throws JMSException {
        assertThatThrownBy(sentAhead.consumer::receiveNoWait).isInstanceOf(JMSException.class);
        assertThatThrownBy(sentAhead.consumer::receive).isInstanceOf(JMSException.class);
        assertThat(sentAhead.remaining()).as("m0 and m1 were acknowledged").isEqualTo(flagged(2));
    }

    private static final class Listening extends Client {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);

        Listening() throws JMSException {
            super(Session.AUTO_ACKNOWLEDGE);
            fill();
            session.createConsumer(queue).setMessageListener(message -> {
                told.add(Jms.seen(message));
                inside.countDown();
                // as long as other tests take
                awaitRelease();
                told.add("returned");
            });
            Jms.pass(inside);
            awaitAllSentAhead();
        }

        private void awaitRelease() {
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void listenerIsNotFedAfterwardsAndCloseWaitsForIt() throws Exception {
        Background<Void> close = Background.run(listening.connection::close).awaitBlocked();
        assertThat(close.isDone()).as("closed while the listener runs").isFalse();
        listening.release.countDown();
        close.result();
        assertThat(listening.told).containsExactly("m0", "returned");
        assertThat(listening.remaining()).isEqualTo(flagged(0));
    }

    private static final class Failing extends Client {
        final MessageConsumer consumer = session.createConsumer(queue);
        Background<Message> next;

        Failing() throws JMSException {
            super(Session.AUTO_ACKNOWLEDGE);
            fill();
            assertThat(Jms.receive(consumer, 3)).containsExactly("m0", "m1", "m2");
            awaitAllSentAhead();
        }

        void whileFrozen() throws JMSException {
            assertThat(Jms.text(consumer.receive(Jms.WAIT)))
                    .as("handed out before its acknowledgement can be known to have failed")
                    .isEqualTo("m3");
            next = Background.start(() -> consumer.receive()).awaitBlocked();
            assertThat(next.isDone()).as("m4 before m3 is acknowledged").isFalse();
        }
    }

    @Test
    void receiveWhoseAcknowledgementFailsLosesNothing() throws JMSException {
        assertThatThrownBy(failing.next::result).isInstanceOf(JMSException.class);
        assertThat(failing.remaining()).isEqualTo(flagged(3));
    }

    private static final class Careful extends Client {
        final MessageConsumer consumer = session.createConsumer(queue);
        final Message unacknowledged;

        Careful() throws JMSException {
            super(Session.CLIENT_ACKNOWLEDGE);
            fill();
            assertThat(Jms.receive(consumer, 4)).last().isEqualTo("m3");
            consumer.receive(Jms.WAIT).acknowledge();
            unacknowledged = consumer.receive(Jms.WAIT);
            awaitAllSentAhead();
        }
    }

    @Test
    void clientAcknowledgementThatReturnedSurvivesAndTheRestComesAgain() throws JMSException {
        assertThatThrownBy(careful.unacknowledged::acknowledge).isInstanceOf(JMSException.class);
        assertThatThrownBy(careful.session::recover).isInstanceOf(JMSException.class);
        assertThat(careful.remaining()).isEqualTo(flagged(5));
    }

    private static final class Lazy extends Client {
        final MessageConsumer consumer = session.createConsumer(queue);

        Lazy() throws JMSException {
            super(Session.DUPS_OK_ACKNOWLEDGE);
            fill();
            assertThat(Jms.receive(consumer, 10)).last().isEqualTo("m9");
            awaitAllSentAhead();
        }
    }

    @Test
    void lazyAcknowledgementsLoseNothing() throws JMSException {
        assertThatThrownBy(lazy.consumer::receive).isInstanceOf(JMSException.class);
        assertThat(lazy.remaining())
                .as("duplicates are allowed, but flagged; what was not received must be there")
                .endsWith(flagged(10).toArray(new String[0]))
                .doesNotHaveDuplicates()
                .allMatch(text -> text.endsWith("*2"));
    }

    private static final class Sending extends Client implements CompletionListener {
        final MessageProducer producer = session.createProducer(queue);
        final Session another = connection.createSession();
        final MessageProducer other = another.createProducer(queue);
        Background<Void> send;

        Sending() throws JMSException {
            super(Session.AUTO_ACKNOWLEDGE);
            producer.send(session.createTextMessage("kept"));
        }

        void whileFrozen() throws JMSException {
            for (int i = 0; i < 5; i++) {
                producer.send(session.createTextMessage(text(i)), this);
            }
            Message unanswered = another.createTextMessage("unanswered");
            send = Background.run(() -> other.send(unanswered)).awaitBlocked();
            assertThat(told).isEmpty();
        }

        @Override
        public void onCompletion(Message message) {
            told.add("completed " + Jms.text(message));
        }

        @Override
        public void onException(Message message, Exception e) {
            told.add((e instanceof JMSException ? "failed " : "strange ") + Jms.text(message));
        }
    }

    @Test
    void sendsWithoutAnAnswerFailAndTheirListenersAreTold() throws Exception {
        assertThatThrownBy(sending.send::result).isInstanceOf(JMSException.class);
        for (int i = 0; i < 5; i++) {
            assertThat(sending.told.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo("failed " + text(i));
        }
        Background.run(sending.connection::close).result();
        assertThat(sending.remaining()).as("what was answered is there").startsWith("kept");
    }

    private static final class Durable extends Client {
        final Topic topic = session.createTopic("topic");
        final TemporaryQueue temporary = session.createTemporaryQueue();

        Durable() throws JMSException {
            super(Session.CLIENT_ACKNOWLEDGE);
            MessageConsumer consumer = session.createDurableConsumer(topic, "s");
            MessageProducer producer = session.createProducer(topic);
            for (String text : List.of("a", "b", "c")) {
                producer.send(session.createTextMessage(text));
            }
            consumer.receive(Jms.WAIT).acknowledge();
            assertThat(Jms.receive(consumer, 1)).containsExactly("b");
            session.createProducer(temporary).send(session.createTextMessage("gone"));
            awaitAllSentAhead();
        }
    }

    @Test
    void durableSubscriptionGoesOnAndTemporaryDestinationsAreGone() throws JMSException {
        try (FulmarConnectionFactory again = new FulmarConnectionFactory(url() + "&clientId=Durable");
                Connection other = again.createConnection()) {
            other.start();
            Session anew = other.createSession();
            MessageConsumer same = anew.createDurableConsumer(durable.topic, "s");
            List<String> received = Jms.receive(same, 2);
            assertThat(received).as("b was received, c perhaps sent ahead").startsWith("b*2");
            assertThat(received.get(1)).startsWith("c");
            assertThat(same.receiveNoWait()).isNull();
            assertThatThrownBy(() -> anew.createProducer(durable.temporary))
                    .isInstanceOf(InvalidDestinationException.class);
        }
    }

    @Test
    void messagesOfAClientThatVanishesComeAgainAtOnce() throws JMSException {
        try (FulmarConnectionFactory vanishing = new FulmarConnectionFactory(url());
                FulmarConnectionFactory staying = new FulmarConnectionFactory(url());
                Connection connection = staying.createConnection()) {
            connection.start();
            Session session = connection.createSession();
            Queue queue = session.createQueue("vanishing");
            MessageProducer producer = session.createProducer(queue);
            for (String text : List.of("a", "b")) {
                producer.send(session.createTextMessage(text));
            }
            Connection other = vanishing.createConnection();
            other.start();
            Session held = other.createSession(Session.CLIENT_ACKNOWLEDGE);
            assertThat(Jms.receive(held.createConsumer(queue), 2)).containsExactly("a", "b");
            vanishing.close();
            MessageConsumer consumer = session.createConsumer(queue);
            assertThat(Jms.receive(consumer, 2)).containsExactly("a*2", "b*2");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }
}
