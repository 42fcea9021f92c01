package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionConsumer;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.ServerSession;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of messages and listeners when connection consumers, server sessions or connections are closed or stopped. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ConnectionConsumerCloseTest extends ConnectionConsumerSetUp {
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void release() {
        release.countDown();
    }

    /** Its sessions wait inside the listener for the release. */
    private ServerSessions blocking(int mode, int size) throws JMSException {
        return pool(mode, size, session -> message -> {
            inside.countDown();
            Jms.pass(release);
            told.add(Jms.seen(message));
        });
    }

    @Test
    void messageCanBeAcknowledgedAfterTheConnectionConsumerIsClosed() throws Exception {
        BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
        ServerSessions pool = pool(Session.CLIENT_ACKNOWLEDGE, 1, session -> messages::add);
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 1);
        send(0, 1);
        Message message = messages.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
        Jms.eventually("the server session is back", pool::allIdle);
        consumer.close();
        message.acknowledge();
        connection.close();
        assertThat(remaining()).isEmpty();
        assertThatThrownBy(message::acknowledge).isInstanceOf(IllegalStateException.class);
    }

    /** Else a message would be a dead letter after some closes, though no listener ever got it. */
    @Test
    void whatAClosedServerSessionHasNotSeenIsGivenBackUncountedThoughAnotherHoldsALaterMessage() throws Exception {
        BlockingQueue<Session> free = new LinkedBlockingQueue<>();
        BlockingQueue<Session> loaded = new LinkedBlockingQueue<>();
        for (int i = 0; i < 2; i++) {
            Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
            session.setMessageListener(message -> told.add(Jms.seen(message)));
            free.add(session);
        }
        ConnectionConsumer consumer = loading(free, loaded);
        send(0, 2);
        Session first = loaded.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
        Session second = loaded.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
        second.run();
        assertThat(told(1)).containsExactly("m1");
        first.close();
        consumer.close();
        assertThat(remaining()).containsExactly("m0");
        second.close();
        assertThat(remaining()).containsExactly("m1*2");
    }

    /** Its server sessions are not run by themselves. */
    private ConnectionConsumer loading(BlockingQueue<Session> free, BlockingQueue<Session> loaded) throws JMSException {
        return connection.createConnectionConsumer(queue, null, () -> next(free, loaded), 1);
    }

    private static ServerSession next(BlockingQueue<Session> free, BlockingQueue<Session> loaded) throws JMSException {
        Session session;
        try {
            session = free.take();
        } catch (InterruptedException e) {
            throw new JMSException("the connection consumer ends");
        }
        return new ServerSession() {
            @Override
            public Session getSession() {
                return session;
            }

            @Override
            public void start() {
                loaded.add(session);
            }
        };
    }

    @Test
    void closeWithdrawsWhatIsLoadedBeforeItWaitsForAListener() throws Exception {
        BlockingQueue<Session> free = new LinkedBlockingQueue<>();
        BlockingQueue<Session> loaded = new LinkedBlockingQueue<>();
        for (int i = 0; i < 12; i++) {
            Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
            session.setMessageListener(message -> {
                inside.countDown();
                Jms.pass(release);
                told.add(Jms.seen(message));
            });
            free.add(session);
        }
        ConnectionConsumer consumer = loading(free, loaded);
        send(0, 12);
        Jms.eventually("all are loaded", () -> loaded.size() == 12);
        List<Session> all = List.copyOf(loaded);
        Background<Void> listening = Background.run(() -> all.get(5).run());
        Jms.pass(inside);
        Background<Void> close = Background.run(consumer::close).awaitBlocked();
        for (Session session : all) {
            if (session != all.get(5)) {
                session.run();
            }
        }
        assertThat(close.isDone()).isFalse();
        release.countDown();
        listening.result();
        close.result();
        assertThat(told).containsExactly("m5");
        assertThat(remaining())
                .containsExactlyInAnyOrder("m0", "m1", "m2", "m3", "m4", "m6", "m7", "m8", "m9", "m10", "m11");
    }

    @Test
    void withdrawGivesBackWhatNobodyHasSeenWhileAListenerHangs() throws Exception {
        ServerSessions pool = blocking(Session.AUTO_ACKNOWLEDGE, 1);
        FulmarConnectionConsumer consumer =
                (FulmarConnectionConsumer) connection.createConnectionConsumer(queue, null, pool, 3);
        send(0, 8);
        Jms.pass(inside);
        consumer.withdraw();
        assertThat(remaining()).containsExactlyInAnyOrderElementsOf(texts(1, 8));
        release.countDown();
        consumer.close();
        assertThat(told).containsExactly("m0");
        assertThat(remaining()).isEmpty();
    }

    @Test
    void whatIsProcessedLazilyIsAcknowledgedThoughTheRestIsTakenAway() throws Exception {
        ServerSessions pool = blocking(Session.DUPS_OK_ACKNOWLEDGE, 1);
        connection.stop();
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 3);
        send(0, 3);
        connection.start();
        Jms.pass(inside);
        Background<Void> stop = Background.run(connection::stop).awaitBlocked();
        release.countDown();
        stop.result();
        consumer.close();
        assertThat(told).containsExactly("m0");
        assertThat(remaining()).containsExactly("m1", "m2");
    }

    @Test
    void whoeverClosesTooWaitsForTheListener() throws Exception {
        ServerSessions pool = blocking(Session.AUTO_ACKNOWLEDGE, 1);
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 1);
        send(0, 1);
        Jms.pass(inside);
        Background<Void> close = Background.run(consumer::close).awaitBlocked();
        Background<Void> again = Background.run(consumer::close).awaitBlocked();
        Background<Void> all = Background.run(connection::close).awaitBlocked();
        assertThat(again.isDone()).isFalse();
        assertThat(all.isDone()).isFalse();
        assertThat(remaining()).as("what a listener has is nobody else's").isEmpty();
        release.countDown();
        close.result();
        again.result();
        all.result();
        assertThat(told).containsExactly("m0");
        assertThat(remaining()).isEmpty();
    }

    @Test
    void interruptedThreadGivesBackUncountedToo() throws Exception {
        BlockingQueue<Session> free = new LinkedBlockingQueue<>();
        BlockingQueue<Session> loaded = new LinkedBlockingQueue<>();
        for (int i = 0; i < 2; i++) {
            Session session = connection.createSession(Session.AUTO_ACKNOWLEDGE);
            session.setMessageListener(message -> told.add(Jms.seen(message)));
            free.add(session);
        }
        ConnectionConsumer consumer = loading(free, loaded);
        send(0, 2);
        Jms.eventually("both are loaded", () -> loaded.size() == 2);
        loaded.remove();
        loaded.remove().run();
        boolean interrupted = Background.start(() -> {
                    Thread.currentThread().interrupt();
                    consumer.close();
                    return Thread.interrupted();
                })
                .result();
        assertThat(interrupted).isTrue();
        assertThat(told).containsExactly("m1");
        assertThat(remaining()).containsExactly("m0");
    }

    @Test
    void closedServerSessionGivesBackWhatItHasNotAcknowledged() throws Exception {
        ServerSessions pool = telling(Session.CLIENT_ACKNOWLEDGE, 1);
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 2);
        send(0, 2);
        assertThat(told(2)).containsExactly("m0", "m1");
        Jms.eventually("the server session is back", pool::allIdle);
        consumer.close();
        assertThat(remaining()).isEmpty();
        pool.sessions().get(0).close();
        assertThat(remaining()).containsExactly("m0*2", "m1*2");
    }

    @Test
    void closedConnectionConsumerGivesBackWhatNobodyHasSeen() throws Exception {
        ServerSessions pool = blocking(Session.AUTO_ACKNOWLEDGE, 1);
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 3);
        send(0, 1);
        Jms.pass(inside);
        send(1, 8);
        Background<Void> close = Background.run(consumer::close).awaitBlocked();
        assertThat(close.isDone()).isFalse();
        release.countDown();
        close.result();
        assertThat(told).containsExactly("m0");
        assertThat(remaining()).isEqualTo(texts(1, 8));
        assertThat(told).containsExactly("m0");
        Jms.eventually("the server session is back", pool::allIdle);
    }

    @Test
    void listenerMayCloseItsConnectionConsumerAndItsMessageCounts() throws Exception {
        BlockingQueue<ConnectionConsumer> consumers = new LinkedBlockingQueue<>();
        ServerSessions pool = pool(Session.AUTO_ACKNOWLEDGE, 1, session -> message -> {
            try {
                consumers.take().close();
                told.add("closed in " + Jms.seen(message));
            } catch (JMSException | InterruptedException e) {
                told.add(e.toString());
            }
        });
        consumers.add(connection.createConnectionConsumer(queue, null, pool, 3));
        send(0, 3);
        assertThat(told(1)).containsExactly("closed in m0");
        Jms.eventually("the server session is back", pool::allIdle);
        assertThat(remaining()).containsExactly("m1", "m2");
    }

    @Test
    void closingTheConnectionWaitsForTheListenerWhoseMessageCounts() throws Exception {
        ServerSessions pool = blocking(Session.AUTO_ACKNOWLEDGE, 1);
        connection.createConnectionConsumer(queue, null, pool, 3);
        send(0, 3);
        Jms.pass(inside);
        Background<Void> close = Background.run(connection::close).awaitBlocked();
        assertThat(close.isDone()).isFalse();
        release.countDown();
        close.result();
        assertThat(told).containsExactly("m0");
        assertThat(remaining()).containsExactly("m1", "m2");
    }

    @Test
    void stopWaitsForTheListenerAndHoldsBackTheNext() throws Exception {
        ServerSessions pool = blocking(Session.AUTO_ACKNOWLEDGE, 1);
        connection.createConnectionConsumer(queue, null, pool, 5);
        send(0, 3);
        Jms.pass(inside);
        Background<Void> stop = Background.run(connection::stop).awaitBlocked();
        assertThat(stop.isDone()).isFalse();
        release.countDown();
        stop.result();
        assertThat(told).containsExactly("m0");
        send(3, 4);
        assertThat(told).containsExactly("m0");
        connection.start();
        assertThat(told(4)).isEqualTo(texts(0, 4));
    }

    @Test
    void closedServerSessionLeavesItsMessagesToTheOthers() throws Exception {
        ServerSessions pool = blocking(Session.AUTO_ACKNOWLEDGE, 2);
        connection.createConnectionConsumer(queue, null, pool, 3);
        send(0, 1);
        Jms.pass(inside);
        send(1, 6);
        Background<Void> close = Background.run(pool.sessions().get(0)::close).awaitBlocked();
        release.countDown();
        close.result();
        List<String> all = told(6);
        assertThat(all).containsExactlyInAnyOrderElementsOf(texts(0, 6));
    }

    @Test
    void listenerMustNotCloseOrStopItsConnectionNorCloseItsSession() throws Exception {
        ServerSessions pool = pool(Session.AUTO_ACKNOWLEDGE, 1, session -> message -> {
            for (Background.Work work : List.<Background.Work>of(connection::close, connection::stop, session::close)) {
                try {
                    work.run();
                    told.add("done");
                } catch (Exception e) {
                    told.add(e.getClass().getSimpleName());
                }
            }
        });
        connection.createConnectionConsumer(queue, null, pool, 1);
        send(0, 1);
        assertThat(told(3)).containsExactly("IllegalStateException", "IllegalStateException", "IllegalStateException");
        connection.close();
        assertThat(remaining()).isEmpty();
    }

    @Test
    void poolThatNeverAnswersDoesNotHoldUpTheClose() throws Exception {
        ServerSessions pool = blocking(Session.AUTO_ACKNOWLEDGE, 1);
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 1);
        send(0, 3);
        Jms.pass(inside);
        release.countDown();
        told(1);
        consumer.close();
        Jms.eventually(
                "its thread has ended",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("fulmar-connection-consumer")));
    }

    @Test
    void closingAtAnyMomentLosesAndRepeatsNothing() throws Exception {
        for (int round = 0; round < 30; round++) {
            send(0, 40);
            try (Connection own = BROKER.factory().createConnection()) {
                own.start();
                List<String> received = Collections.synchronizedList(new ArrayList<>());
                int mode = round % 2 == 0 ? Session.AUTO_ACKNOWLEDGE : Session.DUPS_OK_ACKNOWLEDGE;
                ServerSessions pool =
                        new ServerSessions(own, mode, 3, session -> message -> received.add(Jms.seen(message)));
                open.add(pool);
                ConnectionConsumer consumer = own.createConnectionConsumer(queue, null, pool, 1 + round % 4);
                int enough = round % 20 + 1;
                Jms.eventually("some messages were received", () -> received.size() >= enough);
                consumer.close();
                List<String> all = new ArrayList<>(received);
                int seen = all.size();
                all.addAll(remaining());
                assertThat(all)
                        .as("round %d, closed after %d", round, seen)
                        .containsExactlyInAnyOrderElementsOf(texts(0, 40));
            }
        }
    }
}
