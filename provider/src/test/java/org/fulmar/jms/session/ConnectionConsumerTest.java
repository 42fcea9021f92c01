package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionConsumer;
import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageListener;
import jakarta.jms.MessageProducer;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueSession;
import jakarta.jms.ServerSession;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connection consumers, which feed the sessions of an application server (JMS 3.1, section 11.2). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ConnectionConsumerTest extends ConnectionConsumerSetUp {
    @ParameterizedTest
    @ValueSource(ints = {Session.AUTO_ACKNOWLEDGE, Session.DUPS_OK_ACKNOWLEDGE})
    void everyMessageIsHandedToOneServerSessionAndAcknowledged(int mode) throws Exception {
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, telling(mode, 3), 5);
        send(0, 200);
        assertThat(told(200)).containsExactlyInAnyOrderElementsOf(texts(0, 200));
        consumer.close();
        consumer.close();
        assertThatThrownBy(consumer::getServerSessionPool).isInstanceOf(IllegalStateException.class);
        assertThat(remaining()).isEmpty();
        assertThat(told).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void smallPrefetchStarvesNobody(int prefetch) throws Exception {
        try (FulmarConnectionFactory small = new FulmarConnectionFactory("fulmar:embedded?prefetch=" + prefetch);
                Connection own = small.createConnection()) {
            own.start();
            Session session = own.createSession();
            MessageProducer to = session.createProducer(session.createQueue("small"));
            ServerSessions pool = new ServerSessions(
                    own, Session.AUTO_ACKNOWLEDGE, 2, each -> message -> told.add(Jms.seen(message)));
            open.add(pool);
            ConnectionConsumer consumer = own.createConnectionConsumer(session.createQueue("small"), null, pool, 2);
            for (int i = 0; i < 40; i++) {
                to.send(session.createTextMessage("m" + i));
            }
            assertThat(told(40)).containsExactlyInAnyOrderElementsOf(texts(0, 40));
            consumer.close();
        }
    }

    @Test
    void oneServerSessionGetsTheMessagesInOrder() throws Exception {
        ServerSessions pool = telling(Session.AUTO_ACKNOWLEDGE, 1);
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 7);
        assertThat(consumer.getServerSessionPool()).isSameAs(pool);
        send(0, 100);
        assertThat(told(100)).isEqualTo(texts(0, 100));
        Jms.eventually("the server session is back", pool::allIdle);
    }

    @Test
    void noMoreThanSoManyAreLoadedAtATime() throws Exception {
        send(0, 10);
        AtomicInteger inRun = new AtomicInteger();
        BlockingQueue<Integer> runs = new LinkedBlockingQueue<>();
        Session session = connection.createSession();
        session.setMessageListener(message -> inRun.incrementAndGet());
        ServerSessionPool pool = () -> new ServerSession() {
            @Override
            public Session getSession() {
                return session;
            }

            @Override
            public void start() {
                inRun.set(0);
                session.run();
                runs.add(inRun.get());
            }
        };
        connection.createConnectionConsumer(queue, null, pool, 3);
        int seen = 0;
        while (seen < 10) {
            Integer run = runs.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
            assertThat(run).isNotNull().isBetween(1, 3);
            seen += run;
        }
        assertThat(seen).isEqualTo(10);
    }

    @Test
    void serverSessionsWorkAtTheSameTime() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        ServerSessions pool = pool(Session.AUTO_ACKNOWLEDGE, 2, session -> message -> {
            both.countDown();
            Jms.pass(both);
            told.add(Jms.seen(message));
        });
        connection.createConnectionConsumer(queue, null, pool, 1);
        send(0, 2);
        assertThat(told(2)).containsExactlyInAnyOrder("m0", "m1");
    }

    @Test
    void clientAcknowledgesWhatItsSessionHasSeen() throws Exception {
        ServerSessions pool = pool(Session.CLIENT_ACKNOWLEDGE, 1, session -> message -> {
            if (Jms.text(message).equals("m2")) {
                try {
                    message.acknowledge();
                } catch (JMSException e) {
                    told.add(e.toString());
                }
            }
            told.add(Jms.seen(message));
        });
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 10);
        send(0, 5);
        assertThat(told(5)).isEqualTo(texts(0, 5));
        Jms.eventually("the server session is back", pool::allIdle);
        consumer.close();
        connection.close();
        assertThat(remaining()).containsExactly("m3*2", "m4*2");
    }

    @ParameterizedTest
    @ValueSource(ints = {Session.AUTO_ACKNOWLEDGE, Session.DUPS_OK_ACKNOWLEDGE})
    void messageWhoseListenerFailsComesAgainFlagged(int mode) throws Exception {
        ServerSessions pool = pool(mode, 2, session -> message -> {
            String seen = Jms.seen(message);
            told.add(seen);
            if (seen.equals("m1") || seen.equals("m1*2")) {
                throw new IllegalArgumentException("on purpose");
            }
        });
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 2);
        send(0, 4);
        assertThat(told(6)).containsExactlyInAnyOrder("m0", "m1", "m1*2", "m1*3", "m2", "m3");
        Jms.eventually("the server sessions are back", pool::allIdle);
        consumer.close();
        assertThat(remaining()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void failedListenersDoNotUseUpTheCredit(boolean interrupted) throws Exception {
        try (FulmarConnectionFactory small = new FulmarConnectionFactory("fulmar:embedded?prefetch=2");
                Connection own = small.createConnection()) {
            own.start();
            Session session = own.createSession();
            MessageProducer to = session.createProducer(session.createQueue("failing"));
            ServerSessions pool = new ServerSessions(own, Session.AUTO_ACKNOWLEDGE, 1, each -> message -> {
                String seen = Jms.seen(message);
                if (!seen.endsWith("*3")) {
                    if (interrupted) {
                        Thread.currentThread().interrupt();
                    }
                    throw new IllegalArgumentException("on purpose");
                }
                told.add(seen);
            });
            open.add(pool);
            own.createConnectionConsumer(session.createQueue("failing"), null, pool, 2);
            for (int i = 0; i < 10; i++) {
                to.send(session.createTextMessage("m" + i));
            }
            assertThat(told(10))
                    .containsExactlyInAnyOrderElementsOf(
                            texts(0, 10).stream().map(text -> text + "*3").toList());
        }
    }

    @Test
    void recoverInTheListenerGivesTheMessageBack() throws Exception {
        ServerSessions pool = pool(Session.AUTO_ACKNOWLEDGE, 1, session -> message -> {
            String seen = Jms.seen(message);
            told.add(seen);
            if (seen.equals("m0")) {
                try {
                    session.recover();
                } catch (JMSException e) {
                    told.add(e.toString());
                }
            }
        });
        connection.createConnectionConsumer(queue, null, pool, 1);
        send(0, 1);
        assertThat(told(2)).containsExactly("m0", "m0*2");
        Jms.eventually("the server session is back", pool::allIdle);
        connection.close();
        assertThat(remaining()).isEmpty();
    }

    @Test
    void nothingIsHandedOutBeforeTheConnectionIsStarted() throws Exception {
        connection.stop();
        ServerSessions pool = telling(Session.AUTO_ACKNOWLEDGE, 1);
        connection.createConnectionConsumer(queue, null, pool, 5);
        send(0, 2);
        assertThat(pool.allIdle()).isTrue();
        assertThat(told).isEmpty();
        connection.start();
        assertThat(told(2)).isEqualTo(texts(0, 2));
    }

    @Test
    void poolThatFailsIsToldAndAskedAgain() throws Exception {
        BlockingQueue<JMSException> problems = new LinkedBlockingQueue<>();
        connection.setExceptionListener(problems::add);
        ServerSessions good = telling(Session.AUTO_ACKNOWLEDGE, 1);
        AtomicInteger asked = new AtomicInteger();
        Session silent = connection.createSession();
        Session closed = connection.createSession();
        closed.setMessageListener(message -> {});
        closed.close();
        connection.createConnectionConsumer(
                queue,
                null,
                () -> switch (asked.getAndIncrement()) {
                    case 0 -> throw new JMSException("none today");
                    case 1 -> throw new IllegalArgumentException("nor ever");
                    case 2 -> null;
                    case 3 -> server(sending, () -> {});
                    case 4 -> server(silent, () -> {});
                    case 5 -> server(closed, () -> {});
                    case 6 ->
                        server(good.sessions().get(0), () -> {
                            throw new IllegalArgumentException("not started");
                        });
                    default -> good.getServerSession();
                },
                2);
        send(0, 3);
        assertThat(told(3)).isEqualTo(texts(0, 3));
        for (String words : List.of(
                "none today",
                "nor ever",
                "no server session",
                "of the connection",
                "listener",
                "closed",
                "not started")) {
            JMSException problem = problems.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
            assertThat(problem).hasMessageContaining(words);
        }
    }

    private static ServerSession server(Session session, Runnable start) {
        return server(session, start, false);
    }

    private static ServerSession server(Session session, Runnable start, boolean run) {
        return new ServerSession() {
            @Override
            public Session getSession() {
                return session;
            }

            @Override
            public void start() {
                start.run();
                if (run) {
                    session.run();
                }
            }
        };
    }

    @Test
    void topicsAndDurableSubscriptionsAreConsumedToo() throws Exception {
        Topic topic = sending.createTopic(name + ".topic");
        ConnectionConsumer plain =
                connection.createConnectionConsumer(topic, null, telling(Session.AUTO_ACKNOWLEDGE, 1), 1);
        sending.createProducer(topic).send(sending.createTextMessage("plain"));
        assertThat(told(1)).containsExactly("plain");
        plain.close();
        ConnectionConsumer durable =
                connection.createDurableConnectionConsumer(topic, "s", null, telling(Session.AUTO_ACKNOWLEDGE, 1), 1);
        sending.createProducer(topic).send(sending.createTextMessage("a"));
        assertThat(told(1)).containsExactly("a");
        durable.close();
        sending.createProducer(topic).send(sending.createTextMessage("b"));
        Session session = connection.createSession();
        MessageConsumer consumer = session.createDurableConsumer(topic, "s");
        assertThat(Jms.receive(consumer, 1)).containsExactly("b");
        consumer.close();
        session.unsubscribe("s");
    }

    @Test
    void sharedSubscriptionsAreConsumedToo() throws Exception {
        Topic topic = sending.createTopic(name + ".topic");
        ServerSessions pool = telling(Session.AUTO_ACKNOWLEDGE, 1);
        ConnectionConsumer one = connection.createSharedConnectionConsumer(topic, "s", null, pool, 1);
        ConnectionConsumer two = connection.createSharedConnectionConsumer(topic, "s", null, pool, 1);
        sending.createProducer(topic).send(sending.createTextMessage("a"));
        assertThat(told(1)).containsExactly("a");
        one.close();
        two.close();
        ConnectionConsumer durable = connection.createSharedDurableConnectionConsumer(topic, "d", null, pool, 1);
        sending.createProducer(topic).send(sending.createTextMessage("b"));
        assertThat(told(1)).containsExactly("b");
        durable.close();
        sending.createProducer(topic).send(sending.createTextMessage("c"));
        Session session = connection.createSession();
        MessageConsumer consumer = session.createSharedDurableConsumer(topic, "d");
        assertThat(Jms.receive(consumer, 1)).containsExactly("c");
        consumer.close();
        session.unsubscribe("d");
        assertThat(told).isEmpty();
    }

    @Test
    void sessionsOfTheDomainsServeTheirConnections() throws Exception {
        try (QueueConnection queues = BROKER.factory().createQueueConnection()) {
            queues.start();
            QueueSession session = queues.createQueueSession(false, Session.AUTO_ACKNOWLEDGE);
            session.setMessageListener(message -> told.add(Jms.seen(message)));
            queues.createConnectionConsumer(queue, null, () -> server(session, () -> {}, true), 1);
            send(0, 2);
            assertThat(told(2)).containsExactly("m0", "m1");
        }
    }

    @Test
    void mistakesAreRefusedAndLeaveNothingBehind() throws Exception {
        ServerSessions pool = telling(Session.AUTO_ACKNOWLEDGE, 1);
        Topic topic = sending.createTopic(name + ".topic");
        assertThatThrownBy(() -> connection.createConnectionConsumer(queue, null, null, 1))
                .isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> connection.createConnectionConsumer(queue, null, pool, 0))
                .isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> connection.createConnectionConsumer(null, null, pool, 1))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> connection.createDurableConnectionConsumer(topic, null, null, pool, 1))
                .isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> other.createDurableConnectionConsumer(topic, "s", null, pool, 1))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> connection.createSharedConnectionConsumer(null, "s", null, pool, 1))
                .isInstanceOf(InvalidDestinationException.class);
        connection.close();
        assertThatThrownBy(() -> connection.createConnectionConsumer(queue, null, pool, 1))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void sessionsOwnListenerExcludesOtherReceiving() throws Exception {
        Session session = connection.createSession();
        assertThat(session.getMessageListener()).isNull();
        assertThatThrownBy(session::run).isInstanceOf(IllegalStateRuntimeException.class);
        MessageListener listener = message -> {};
        session.setMessageListener(listener);
        assertThat(session.getMessageListener()).isSameAs(listener);
        session.run();
        assertThatThrownBy(() -> session.createConsumer(queue)).isInstanceOf(IllegalStateException.class);
        session.createProducer(queue).send(session.createTextMessage("a"));
        session.setMessageListener(null);
        try (MessageConsumer consumer = session.createConsumer(queue)) {
            assertThat(Jms.receive(consumer, 1)).containsExactly("a");
            assertThatThrownBy(() -> session.setMessageListener(listener)).isInstanceOf(IllegalStateException.class);
        }
        session.close();
        assertThatThrownBy(() -> session.setMessageListener(listener)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(session::getMessageListener).isInstanceOf(IllegalStateException.class);
    }
}
