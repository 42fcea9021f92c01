package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.XAConnection;
import jakarta.jms.XASession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Branches whose client, connection or broker is lost: what is prepared stays, and what is in doubt is found out. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class XaRecoveryTest {
    @TempDir
    private Path directory;

    private RealBroker broker;
    private Proxy proxy;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final BlockingQueue<JMSException> told = new LinkedBlockingQueue<>();
    private Session direct;
    private XAResource asking;
    private Queue in;
    private Queue out;

    @BeforeEach
    void open() throws Exception {
        broker = RealBroker.start(directory, "maxRedeliveries=-1");
        proxy = new Proxy(broker.port());
        connectDirectly();
    }

    private void connectDirectly() throws JMSException {
        XAConnection connection = connect(broker.url());
        direct = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        asking = connection.createXASession().getXAResource();
        in = direct.createQueue("in");
        out = direct.createQueue("out");
    }

    @AfterEach
    void close() throws Exception {
        proxy.passAnswers();
        proxy.passRequests();
        proxy.refuse(false);
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        proxy.close();
        broker.close();
    }

    private XAConnection connect(String url) throws JMSException {
        FulmarConnectionFactory factory = new FulmarConnectionFactory(url);
        open.add(factory);
        XAConnection connection = factory.createXAConnection();
        open.add(connection);
        connection.setExceptionListener(told::add);
        connection.start();
        return connection;
    }

    private XASession session(String options) throws JMSException {
        return connect(proxy.url() + options).createXASession();
    }

    private void send(String... texts) throws JMSException {
        try (MessageProducer producer = direct.createProducer(in)) {
            for (String text : texts) {
                producer.send(direct.createTextMessage(text));
            }
        }
    }

    private void sendOut(Session session, String... texts) throws JMSException {
        try (MessageProducer producer = session.createProducer(out)) {
            for (String text : texts) {
                producer.send(session.createTextMessage(text));
            }
        }
    }

    private List<String> drained(Queue queue) throws JMSException {
        List<String> there = new ArrayList<>();
        try (MessageConsumer consumer = direct.createConsumer(queue)) {
            for (Message next = consumer.receiveNoWait(); next != null; next = consumer.receiveNoWait()) {
                there.add(Jms.text(next));
            }
        }
        return there;
    }

    private int browsed(Queue queue) throws JMSException {
        return java.util.Collections.list(direct.createBrowser(queue).getEnumeration())
                .size();
    }

    private Xid[] inDoubt() throws Exception {
        return asking.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN);
    }

    private boolean isInDoubt(TestXid xid) throws Exception {
        return Arrays.stream(inDoubt()).anyMatch(xid::is);
    }

    private void cut() throws InterruptedException {
        told.clear();
        proxy.cut();
        proxy.passAnswers();
        proxy.passRequests();
        assertThat(told.poll(Jms.WAIT, TimeUnit.MILLISECONDS))
                .as("the listener is told")
                .isNotNull();
    }

    private static void awaitLink(Session session) throws JMSException {
        session.createTemporaryQueue().delete();
    }

    /** A branch that has received these and answered each, and that has ended. */
    private TestXid worked(XASession session, String... texts) throws Exception {
        TestXid xid = TestXid.next();
        session.getXAResource().start(xid, XAResource.TMNOFLAGS);
        try (MessageConsumer consumer = session.createConsumer(in)) {
            for (String text : texts) {
                assertThat(Jms.text(consumer.receive(Jms.WAIT))).isEqualTo(text);
                sendOut(session, "of " + text);
            }
        }
        session.getXAResource().end(xid, XAResource.TMSUCCESS);
        return xid;
    }

    /** A branch that has sent these, and that has ended. */
    private TestXid sent(XASession session, String... texts) throws Exception {
        TestXid xid = TestXid.next();
        session.getXAResource().start(xid, XAResource.TMNOFLAGS);
        sendOut(session, texts);
        session.getXAResource().end(xid, XAResource.TMSUCCESS);
        return xid;
    }

    private static void assertThrows(int code, Background.Work work) {
        assertThatThrownBy(work::run)
                .isInstanceOfSatisfying(
                        XAException.class,
                        e -> assertThat(XaResourceTest.code(e.errorCode))
                                .as(e.getMessage())
                                .isEqualTo(XaResourceTest.code(code)));
    }

    @Test
    void preparedBranchesOutliveTheirClientAndTheBroker() throws Exception {
        send("a", "b", "c", "d");
        XAConnection client = connect(broker.url());
        XASession session = client.createXASession();
        TestXid one = worked(session, "a", "b");
        TestXid two = worked(session, "c");
        session.getXAResource().prepare(one);
        session.getXAResource().prepare(two);
        client.close();
        assertThat(drained(in)).containsExactly("d");
        assertThat(inDoubt()).hasSize(2);
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        open.clear();
        broker.close();
        broker = RealBroker.start(directory, "maxRedeliveries=-1");
        connectDirectly();
        assertThat(drained(in)).isEmpty();
        Xid[] found = inDoubt();
        assertThat(found).hasSize(2);
        assertThat(one.is(found[0])).isTrue();
        assertThat(two.is(found[1])).isTrue();
        XAResource resource = connect(broker.url()).createXASession().getXAResource();
        resource.commit(found[0], false);
        resource.rollback(found[1]);
        assertThat(inDoubt()).isEmpty();
        assertThat(drained(out)).containsExactly("of a", "of b");
        assertThat(drained(in)).containsExactly("c");
    }

    @Test
    void preparedBranchesOutliveTheirConnection() throws Exception {
        send("a", "b");
        XASession session = session("");
        XAResource resource = session.getXAResource();
        TestXid one = worked(session, "a");
        TestXid two = worked(session, "b");
        resource.prepare(one);
        resource.prepare(two);
        cut();
        resource.commit(one, false);
        cut();
        resource.rollback(two);
        assertThat(drained(out)).containsExactly("of a");
        session.close();
        assertThat(drained(in)).containsExactly("b");
    }

    @Test
    void branchThatHasReceivedOverALostConnectionIsRolledBack() throws Exception {
        send("a", "b");
        XASession session = session("");
        XAResource resource = session.getXAResource();
        TestXid one = worked(session, "a");
        cut();
        awaitLink(session);
        assertThrows(XAException.XA_RBCOMMFAIL, () -> resource.prepare(one));
        assertThrows(XAException.XAER_NOTA, () -> resource.rollback(one));
        TestXid two = worked(session, "a");
        cut();
        assertThrows(XAException.XA_RBCOMMFAIL, () -> resource.commit(two, true));
        TestXid three = worked(session, "a");
        cut();
        resource.rollback(three);
        TestXid four = worked(session, "a", "b");
        resource.commit(four, true);
        session.close();
        assertThat(drained(in)).isEmpty();
        assertThat(drained(out)).containsExactly("of a", "of b");
    }

    @Test
    void branchThatHasOnlySentOutlivesItsConnection() throws Exception {
        XASession session = session("");
        XAResource resource = session.getXAResource();
        TestXid one = sent(session, "a");
        TestXid two = sent(session, "b");
        cut();
        assertThat(resource.prepare(one)).isEqualTo(XAResource.XA_OK);
        cut();
        resource.commit(one, false);
        resource.commit(two, true);
        assertThat(drained(out)).containsExactly("a", "b");
        XASession shipping = session("?transactionBuffer=0");
        TestXid three = sent(shipping, "never");
        cut();
        awaitLink(shipping);
        assertThrows(XAException.XA_RBCOMMFAIL, () -> shipping.getXAResource().prepare(three));
        assertThat(drained(out)).isEmpty();
    }

    @Test
    void prepareWhoseAnswerIsLostIsKnownToBeDone() throws Exception {
        send("a", "b");
        for (String options : List.of("", "?transactionBuffer=0")) {
            for (boolean received : new boolean[] {false, true}) {
                XASession session = session(options);
                XAResource resource = session.getXAResource();
                TestXid xid = received ? worked(session, options.isEmpty() ? "a" : "b") : sent(session, "x" + options);
                // behind the answers to its parts
                awaitLink(session);
                proxy.holdAnswers();
                Background<Integer> prepare = Background.start(() -> resource.prepare(xid));
                Jms.eventually("the broker has done it", () -> isInDoubt(xid));
                cut();
                assertThat(prepare.result()).isEqualTo(XAResource.XA_OK);
                resource.commit(xid, false);
                session.close();
            }
        }
        assertThat(drained(in)).isEmpty();
        assertThat(drained(out)).containsExactly("x", "of a", "x?transactionBuffer=0", "of b");
    }

    @Test
    void prepareThatDidNotArriveIsSentAgainOrRolledBack() throws Exception {
        send("a");
        XASession session = session("");
        XAResource resource = session.getXAResource();
        TestXid sent = sent(session, "x");
        awaitLink(session);
        proxy.holdRequests();
        Background<Integer> prepare = Background.start(() -> resource.prepare(sent));
        proxy.awaitRequest();
        cut();
        assertThat(prepare.result()).isEqualTo(XAResource.XA_OK);
        resource.commit(sent, false);
        TestXid received = worked(session, "a");
        awaitLink(session);
        proxy.holdRequests();
        Background<Integer> second = Background.start(() -> resource.prepare(received));
        proxy.awaitRequest();
        cut();
        assertThrows(XAException.XA_RBCOMMFAIL, second::result);
        assertThat(inDoubt()).isEmpty();
        session.close();
        assertThat(drained(in)).containsExactly("a");
        assertThat(drained(out)).containsExactly("x");
    }

    @Test
    void onePhaseCommitsInDoubtAreFoundOut() throws Exception {
        send("a", "b");
        XASession session = session("");
        XAResource resource = session.getXAResource();
        TestXid done = worked(session, "a");
        awaitLink(session);
        proxy.holdAnswers();
        Background<Void> commit = Background.run(() -> resource.commit(done, true));
        Jms.eventually("the broker has done it", () -> browsed(out) == 1);
        cut();
        commit.result();
        TestXid lost = worked(session, "b");
        awaitLink(session);
        proxy.holdRequests();
        Background<Void> second = Background.run(() -> resource.commit(lost, true));
        proxy.awaitRequest();
        cut();
        assertThrows(XAException.XA_RBCOMMFAIL, second::result);
        session.close();
        assertThat(drained(in)).containsExactly("b");
        assertThat(drained(out)).containsExactly("of a");
    }

    @Test
    void onePhaseCommitThatStaysInDoubtIsFoundOutWhenAskedAgain() throws Exception {
        XASession session = session("?requestTimeout=1000&reconnectMaxDelay=50");
        XAResource resource = session.getXAResource();
        for (boolean commitAgain : new boolean[] {true, false}) {
            TestXid xid = sent(session, "a");
            awaitLink(session);
            proxy.holdAnswers();
            Background<Void> commit = Background.run(() -> resource.commit(xid, true));
            Jms.eventually("the broker has done it", () -> browsed(out) == 1);
            proxy.refuse(true);
            cut();
            assertThrows(XAException.XAER_RMFAIL, commit::result);
            assertThrows(XAException.XAER_RMFAIL, () -> resource.commit(xid, true));
            assertThrows(XAException.XAER_RMFAIL, () -> resource.rollback(xid));
            proxy.refuse(false);
            awaitLink(session);
            resource.commit(sent(session, "b"), true);
            if (commitAgain) {
                resource.commit(xid, true);
            } else {
                assertThrows(XAException.XA_HEURCOM, () -> resource.rollback(xid));
            }
            assertThrows(XAException.XAER_NOTA, () -> resource.commit(xid, true));
            assertThat(drained(out)).containsExactly("a", "b");
        }
    }

    @Test
    void prepareThatStaysInDoubtIsRolledBack() throws Exception {
        send("a");
        XASession session = session("?requestTimeout=1000&reconnectMaxDelay=50");
        XAResource resource = session.getXAResource();
        for (boolean arrives : new boolean[] {true, false}) {
            TestXid xid = worked(session, "a");
            awaitLink(session);
            if (arrives) {
                proxy.holdAnswers();
            } else {
                proxy.holdRequests();
            }
            Background<Integer> prepare = Background.start(() -> resource.prepare(xid));
            if (arrives) {
                Jms.eventually("the broker has done it", () -> isInDoubt(xid));
            } else {
                proxy.awaitRequest();
            }
            proxy.refuse(true);
            cut();
            assertThrows(XAException.XAER_RMFAIL, prepare::result);
            assertThrows(XAException.XAER_RMFAIL, () -> resource.rollback(xid));
            proxy.refuse(false);
            awaitLink(session);
            resource.rollback(xid);
            assertThrows(XAException.XAER_NOTA, () -> resource.rollback(xid));
            assertThat(inDoubt()).isEmpty();
        }
        resource.commit(worked(session, "a"), true);
        assertThat(drained(out)).containsExactly("of a");
    }

    @Test
    void decisionWhoseAnswerIsLostIsMadeOnce() throws Exception {
        send("a", "b");
        XASession session = session("");
        XAResource resource = session.getXAResource();
        TestXid committed = worked(session, "a");
        TestXid rolledBack = worked(session, "b");
        resource.prepare(committed);
        resource.prepare(rolledBack);
        proxy.holdAnswers();
        Background<Void> commit = Background.run(() -> resource.commit(committed, false));
        Jms.eventually("the broker has done it", () -> inDoubt().length == 1);
        cut();
        commit.result();
        proxy.holdAnswers();
        Background<Void> rollback = Background.run(() -> resource.rollback(rolledBack));
        Jms.eventually("the broker has done it", () -> inDoubt().length == 0);
        cut();
        rollback.result();
        assertThrows(XAException.XAER_NOTA, () -> resource.commit(committed, false));
        session.close();
        assertThat(drained(in)).containsExactly("b");
        assertThat(drained(out)).containsExactly("of a");
    }

    @Test
    void decisionThatStaysInDoubtIsDoneWhenItIsAskedAgain() throws Exception {
        XASession session = session("?requestTimeout=1000&reconnectMaxDelay=50");
        XAResource resource = session.getXAResource();
        TestXid xid = sent(session, "a");
        resource.prepare(xid);
        proxy.holdAnswers();
        Background<Void> commit = Background.run(() -> resource.commit(xid, false));
        Jms.eventually("the broker has done it", () -> browsed(out) == 1);
        proxy.refuse(true);
        cut();
        assertThrows(XAException.XAER_RMFAIL, commit::result);
        proxy.refuse(false);
        awaitLink(session);
        resource.commit(xid, false);
        assertThrows(XAException.XAER_NOTA, () -> resource.commit(xid, false));
        assertThat(drained(out)).containsExactly("a");
    }

    @Test
    void administratorsDecisionsAreToldUntilTheyAreForgotten() throws Exception {
        send("a", "b");
        XASession session = session("");
        XAResource resource = session.getXAResource();
        for (boolean commit : new boolean[] {true, false}) {
            TestXid xid = worked(session, commit ? "a" : "b");
            resource.prepare(xid);
            assertThrows(XAException.XAER_PROTO, () -> resource.forget(xid));
            Admin.endTransaction(broker.port(), xid, commit);
            int told = commit ? XAException.XA_HEURCOM : XAException.XA_HEURRB;
            assertThrows(told, () -> resource.commit(xid, false));
            assertThrows(told, () -> resource.rollback(xid));
            assertThat(isInDoubt(xid)).isTrue();
            cut();
            resource.forget(xid);
            assertThrows(XAException.XAER_NOTA, () -> resource.forget(xid));
            assertThrows(XAException.XAER_NOTA, () -> resource.commit(xid, false));
            assertThat(inDoubt()).isEmpty();
        }
        session.close();
        assertThat(drained(in)).containsExactly("b");
        assertThat(drained(out)).containsExactly("of a");
    }

    @Test
    void scansListMoreBranchesThanOnePageHolds() throws Exception {
        XASession session = connect(broker.url()).createXASession();
        XAResource resource = session.getXAResource();
        int count = 1001;
        for (int i = 0; i < count; i++) {
            resource.prepare(sent(session, "m"));
        }
        Connection other = connect(broker.url());
        XAResource recovering = ((XAConnection) other).createXASession().getXAResource();
        Xid[] found = recovering.recover(XAResource.TMSTARTRSCAN);
        assertThat(found).hasSize(count).doesNotHaveDuplicates();
        assertThat(recovering.recover(XAResource.TMENDRSCAN)).isEmpty();
        for (Xid xid : found) {
            recovering.rollback(xid);
        }
        assertThat(recovering.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN))
                .isEmpty();
        assertThat(drained(out)).isEmpty();
    }

    @Test
    void whateverIsCutEachMessageIsTakenAndAnsweredOnce() throws Exception {
        long seed = Long.getLong("fulmar.seed", 4711);
        Random random = new Random(seed);
        XASession session = session("?reconnectDelay=1&reconnectMaxDelay=5&transactionBuffer=" + random.nextInt(600));
        XAResource resource = session.getXAResource();
        MessageConsumer consumer = session.createConsumer(in);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            expected.add("m" + i);
            send("m" + i);
        }
        int committed = 0;
        Background<Void> cutting = Background.run(() -> {
            Random pauses = new Random(seed);
            for (int i = 0; i < 30; i++) {
                TimeUnit.MICROSECONDS.sleep(pauses.nextInt(30_000));
                proxy.cut();
            }
        });
        while (committed < expected.size()) {
            TestXid xid = TestXid.next();
            resource.start(xid, XAResource.TMNOFLAGS);
            Message next = consumer.receive(Jms.WAIT);
            assertThat(next).as("seed %d, after %d", seed, committed).isNotNull();
            sendOut(session, Jms.text(next));
            resource.end(xid, XAResource.TMSUCCESS);
            try {
                if (random.nextBoolean()) {
                    resource.commit(xid, true);
                } else {
                    resource.prepare(xid);
                    if (random.nextInt(4) == 0) {
                        resource.rollback(xid);
                        continue;
                    }
                    resource.commit(xid, false);
                }
                committed++;
            } catch (XAException e) {
                assertThat(e.errorCode)
                        .as("seed %d: %s", seed, e.getMessage())
                        .isIn(XAException.XA_RBCOMMFAIL, XAException.XA_RBROLLBACK);
            }
        }
        cutting.result();
        awaitLink(session);
        assertThat(consumer.receive(100)).as("seed %d", seed).isNull();
        session.close();
        assertThat(drained(in)).as("seed %d", seed).isEmpty();
        assertThat(drained(out)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
    }
}
