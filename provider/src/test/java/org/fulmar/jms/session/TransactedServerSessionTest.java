package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.ConnectionConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.ServerSession;
import jakarta.jms.Session;
import jakarta.jms.XAConnection;
import jakarta.jms.XASession;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connection consumers that feed sessions of transactions, local and global ones (JMS 3.1, section 11.2). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TransactedServerSessionTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker("maxRedeliveries=-1");

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private XAConnection connection;
    private Session sending;
    private Queue queue;
    private Queue out;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connectXa();
        sending = BROKER.connectXa().createSession(false, Session.AUTO_ACKNOWLEDGE);
        String name = BROKER.name();
        queue = sending.createQueue(name);
        out = sending.createQueue(name + ".out");
    }

    @AfterEach
    void disconnect() throws Exception {
        connection.close();
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private void send(int from, int to) throws JMSException {
        try (MessageProducer producer = sending.createProducer(queue)) {
            for (int i = from; i < to; i++) {
                producer.send(sending.createTextMessage("m" + i));
            }
        }
    }

    private List<String> told(int count) throws InterruptedException {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String next = told.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
            assertThat(next).as("after %s", texts).isNotNull();
            texts.add(next);
        }
        return texts;
    }

    private List<String> drained(Queue from) throws JMSException {
        return Jms.drained(sending, from);
    }

    /** Sessions that answer each message, and may end their transaction with it. */
    private ServerSessions pool(int size, Ending ending) throws JMSException {
        ServerSessions pool = new ServerSessions(connection, Session.SESSION_TRANSACTED, size, session -> message -> {
            String seen = Jms.seen(message);
            try {
                Jms.send(session, out, seen);
                ending.of(session, seen);
            } catch (JMSException e) {
                told.add(e.toString());
            }
            told.add(seen);
        });
        open.add(0, pool);
        return pool;
    }

    private interface Ending {
        void of(Session session, String seen) throws JMSException;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void listenersCommitAndRollBack(int size) throws Exception {
        ServerSessions pool = pool(size, (session, seen) -> {
            if (seen.endsWith("5")) {
                session.rollback();
            } else {
                session.commit();
            }
        });
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 2);
        send(0, 20);
        List<String> expected = new ArrayList<>(List.of("m5*2", "m15*2"));
        List<String> all = told(22);
        for (int i = 0; i < 20; i++) {
            expected.add("m" + i);
        }
        assertThat(all).containsExactlyInAnyOrderElementsOf(expected);
        consumer.close();
        assertThat(drained(queue)).isEmpty();
        expected.removeAll(List.of("m5", "m15"));
        assertThat(drained(out)).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void oneTransactionMayGoOverSeveralRuns() throws Exception {
        ServerSessions pool = pool(1, (session, seen) -> {
            if (seen.equals("m3")) {
                session.rollback();
            } else if (seen.equals("m3*2")) {
                session.commit();
            }
        });
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 2);
        send(0, 4);
        assertThat(told(8)).containsExactly("m0", "m1", "m2", "m3", "m0*2", "m1*2", "m2*2", "m3*2");
        consumer.close();
        assertThat(drained(queue)).isEmpty();
        assertThat(drained(out)).containsExactly("m0*2", "m1*2", "m2*2", "m3*2");
    }

    @Test
    void closingASessionRollsBackWhatItHas() throws Exception {
        ServerSessions pool = pool(1, (session, seen) -> {});
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 1);
        send(0, 3);
        told(3);
        Jms.eventually("the session is idle", pool::allIdle);
        pool.sessions().get(0).close();
        consumer.close();
        assertThat(drained(queue)).containsExactly("m0*2", "m1*2", "m2*2");
        assertThat(drained(out)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void transactionsOutliveTheConnectionConsumer(boolean commit) throws Exception {
        ServerSessions pool = pool(1, (session, seen) -> {});
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, pool, 1);
        send(0, 3);
        told(3);
        Jms.eventually("the session is idle", pool::allIdle);
        consumer.close();
        assertThat(drained(queue)).isEmpty();
        Session session = pool.sessions().get(0);
        if (commit) {
            session.commit();
        } else {
            session.rollback();
        }
        assertThat(drained(queue)).isEqualTo(commit ? List.of() : List.of("m0*2", "m1*2", "m2*2"));
        assertThat(drained(out)).isEqualTo(commit ? List.of("m0", "m1", "m2") : List.of());
    }

    /** As an application server does it: each run of a session is a branch. */
    private final class Server implements ServerSession {
        private final XASession session;
        /** Branches that have an outcome, and had a message. */
        private final AtomicInteger decided = new AtomicInteger();

        Server(XASession session) {
            this.session = session;
        }

        @Override
        public Session getSession() {
            return session;
        }

        @Override
        public void start() throws JMSException {
            TestXid xid = TestXid.next();
            XAResource resource = session.getXAResource();
            try {
                resource.start(xid, XAResource.TMNOFLAGS);
                int before = told.size();
                session.run();
                resource.end(xid, XAResource.TMSUCCESS);
                boolean rollback = told.stream().skip(before).anyMatch(seen -> seen.matches("m[258]"));
                if (told.size() == before) {
                    assertThat(resource.prepare(xid)).isEqualTo(XAResource.XA_RDONLY);
                } else if (rollback) {
                    resource.rollback(xid);
                    decided.incrementAndGet();
                } else {
                    resource.prepare(xid);
                    resource.commit(xid, false);
                    decided.incrementAndGet();
                }
            } catch (XAException e) {
                told.add(e.toString());
            }
        }
    }

    @Test
    void sessionsWorkInBranches() throws Exception {
        XASession session = connection.createXASession();
        session.setMessageListener(message -> {
            try {
                Jms.send(session, out, Jms.seen(message));
            } catch (JMSException e) {
                told.add(e.toString());
            }
            told.add(Jms.seen(message));
        });
        Server server = new Server(session);
        ConnectionConsumer consumer = connection.createConnectionConsumer(queue, null, () -> server, 1);
        send(0, 10);
        Jms.eventually("all were decided", () -> server.decided.get() == 13);
        assertThat(told)
                .containsExactlyInAnyOrder(
                        "m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m2*2", "m5*2", "m8*2");
        consumer.close();
        assertThat(drained(queue)).isEmpty();
        assertThat(drained(out))
                .containsExactlyInAnyOrder("m0", "m1", "m2*2", "m3", "m4", "m5*2", "m6", "m7", "m8*2", "m9");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void branchesOutliveTheConnectionConsumerAndTheSession(boolean commit) throws Exception {
        XASession session = connection.createXASession();
        session.setMessageListener(message -> told.add(Jms.seen(message)));
        XAResource resource = session.getXAResource();
        TestXid xid = TestXid.next();
        resource.start(xid, XAResource.TMNOFLAGS);
        ConnectionConsumer consumer = connection.createConnectionConsumer(
                queue,
                null,
                () -> new ServerSession() {
                    @Override
                    public Session getSession() {
                        return session;
                    }

                    @Override
                    public void start() {
                        session.run();
                    }
                },
                1);
        send(0, 2);
        told(2);
        consumer.close();
        resource.end(xid, XAResource.TMSUCCESS);
        session.close();
        assertThat(drained(queue)).isEmpty();
        if (commit) {
            resource.commit(xid, true);
        } else {
            resource.rollback(xid);
        }
        assertThat(drained(queue)).isEqualTo(commit ? List.of() : List.of("m0*2", "m1*2"));
    }
}
