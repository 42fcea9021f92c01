package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.XAConnection;
import jakarta.jms.XASession;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The protocol between a transaction manager and an XA session's resource: what may be called when, and what it does. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class XaResourceTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private final Map<String, String> expected = new LinkedHashMap<>();
    private final Map<String, String> seen = new LinkedHashMap<>();
    private XAConnection connection;
    private XAConnection another;
    private XASession session;
    private XASession second;
    private XAResource resource;
    private XAResource joining;
    private XAResource elsewhere;
    private Session direct;
    private Queue queue;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connectXa();
        session = connection.createXASession();
        resource = session.getXAResource();
        second = connection.createXASession();
        joining = second.getXAResource();
        another = BROKER.connectXa();
        elsewhere = another.createXASession().getXAResource();
        direct = another.createSession(false, Session.AUTO_ACKNOWLEDGE);
        queue = direct.createQueue(BROKER.name());
    }

    /** What the call gives: the name of its XAException's code, or the result, or nothing. */
    private void row(String what, String outcome, java.util.concurrent.Callable<Object> call) {
        expected.put(what, outcome);
        seen.put(what, outcome(call));
    }

    private void row(String what, String outcome, Background.Work call) {
        row(what, outcome, () -> {
            call.run();
            return "nothing";
        });
    }

    private static String outcome(java.util.concurrent.Callable<Object> call) {
        try {
            return String.valueOf(call.call());
        } catch (XAException e) {
            return code(e.errorCode);
        } catch (Exception e) {
            return e.toString();
        }
    }

    static String code(int code) {
        return Arrays.stream(XAException.class.getFields())
                .filter(field -> java.lang.reflect.Modifier.isStatic(field.getModifiers())
                        && !field.getName().matches("XA_RB(BASE|END)"))
                .filter(field -> {
                    try {
                        return field.getType() == int.class && field.getInt(null) == code;
                    } catch (IllegalAccessException e) {
                        throw new AssertionError(e);
                    }
                })
                .map(java.lang.reflect.Field::getName)
                .findFirst()
                .orElse("code " + code);
    }

    private void check() {
        assertThat(seen).isEqualTo(expected);
    }

    private void send(XASession by, String... texts) throws JMSException {
        Jms.send(by, queue, texts);
    }

    private List<String> drained() throws JMSException {
        return Jms.drained(direct, queue);
    }

    private Xid ended(XASession by, String... texts) throws Exception {
        TestXid xid = TestXid.next();
        by.getXAResource().start(xid, XAResource.TMNOFLAGS);
        send(by, texts);
        by.getXAResource().end(xid, XAResource.TMSUCCESS);
        return xid;
    }

    @Test
    void starts() throws Exception {
        Xid xid = TestXid.next();
        Xid unknown = TestXid.next();
        row("no xid", "XAER_INVAL", () -> resource.start(null, XAResource.TMNOFLAGS));
        row("long xid", "XAER_INVAL", () -> {
            resource.start(new TestXid(1, new byte[65], new byte[1]), XAResource.TMNOFLAGS);
        });
        row("xid without a part", "XAER_INVAL", () -> {
            resource.start(new TestXid(1, null, new byte[1]), XAResource.TMNOFLAGS);
        });
        row("other flags", "XAER_INVAL", () -> resource.start(xid, XAResource.TMFAIL));
        row("two flags", "XAER_INVAL", () -> resource.start(xid, XAResource.TMJOIN | XAResource.TMRESUME));
        row("join unknown", "XAER_NOTA", () -> resource.start(unknown, XAResource.TMJOIN));
        row("resume unknown", "XAER_NOTA", () -> resource.start(unknown, XAResource.TMRESUME));
        row("start", "nothing", () -> resource.start(xid, XAResource.TMNOFLAGS));
        row("again", "XAER_PROTO", () -> resource.start(xid, XAResource.TMNOFLAGS));
        row("another inside", "XAER_PROTO", () -> resource.start(unknown, XAResource.TMNOFLAGS));
        row("start by another session", "XAER_DUPID", () -> joining.start(xid, XAResource.TMNOFLAGS));
        row("resume by another session", "XAER_PROTO", () -> joining.start(xid, XAResource.TMRESUME));
        row("join by another connection", "XAER_NOTA", () -> elsewhere.start(xid, XAResource.TMJOIN));
        row("join", "nothing", () -> joining.start(xid, XAResource.TMJOIN));
        joining.end(xid, XAResource.TMSUCCESS);
        resource.end(xid, XAResource.TMSUSPEND);
        row("join what it has suspended", "XAER_PROTO", () -> resource.start(xid, XAResource.TMJOIN));
        row("resume what another has suspended", "XAER_PROTO", () -> joining.start(xid, XAResource.TMRESUME));
        row("resume", "nothing", () -> resource.start(xid, XAResource.TMRESUME));
        resource.end(xid, XAResource.TMSUCCESS);
        row("join again", "nothing", () -> resource.start(xid, XAResource.TMJOIN));
        resource.end(xid, XAResource.TMFAIL);
        row("join what has failed", "XA_RBROLLBACK", () -> joining.start(xid, XAResource.TMJOIN));
        resource.rollback(xid);
        row("join what is over", "XAER_NOTA", () -> joining.start(xid, XAResource.TMJOIN));
        Xid prepared = ended(session, "a");
        resource.prepare(prepared);
        row("join what is prepared", "XAER_PROTO", () -> joining.start(prepared, XAResource.TMJOIN));
        row("start what is prepared", "XAER_DUPID", () -> joining.start(prepared, XAResource.TMNOFLAGS));
        resource.rollback(prepared);
        check();
    }

    @Test
    void ends() throws Exception {
        Xid xid = TestXid.next();
        row("no xid", "XAER_INVAL", () -> resource.end(null, XAResource.TMSUCCESS));
        row("unknown", "XAER_NOTA", () -> resource.end(xid, XAResource.TMSUCCESS));
        resource.start(xid, XAResource.TMNOFLAGS);
        row("other flags", "XAER_INVAL", () -> resource.end(xid, XAResource.TMNOFLAGS));
        row("two flags", "XAER_INVAL", () -> resource.end(xid, XAResource.TMSUCCESS | XAResource.TMSUSPEND));
        row("by another session", "XAER_PROTO", () -> joining.end(xid, XAResource.TMSUCCESS));
        row("suspend", "nothing", () -> resource.end(xid, XAResource.TMSUSPEND));
        row("suspend again", "XAER_PROTO", () -> resource.end(xid, XAResource.TMSUSPEND));
        row("end what is suspended", "nothing", () -> resource.end(xid, XAResource.TMSUCCESS));
        row("end again", "XAER_PROTO", () -> resource.end(xid, XAResource.TMSUCCESS));
        resource.rollback(xid);
        row("end what is over", "XAER_NOTA", () -> resource.end(xid, XAResource.TMSUCCESS));
        check();
    }

    @Test
    void preparesAndCommits() throws Exception {
        Xid active = TestXid.next();
        resource.start(active, XAResource.TMNOFLAGS);
        row("prepare active", "XAER_PROTO", () -> resource.prepare(active));
        row("prepare active, by another", "XAER_PROTO", () -> joining.prepare(active));
        row("commit active", "XAER_PROTO", () -> resource.commit(active, true));
        row("commit active, two phases", "XAER_PROTO", () -> resource.commit(active, false));
        row("roll active back", "XAER_PROTO", () -> resource.rollback(active));
        row("forget active", "XAER_PROTO", () -> resource.forget(active));
        resource.end(active, XAResource.TMSUSPEND);
        row("prepare suspended", "XAER_PROTO", () -> resource.prepare(active));
        resource.start(active, XAResource.TMRESUME);
        resource.end(active, XAResource.TMSUCCESS);
        row("commit what is not prepared", "XAER_PROTO", () -> resource.commit(active, false));
        row("nothing was done", XAResource.XA_RDONLY + "", () -> resource.prepare(active));
        row("it is over then", "XAER_NOTA", () -> resource.prepare(active));
        row("and cannot be committed", "XAER_NOTA", () -> resource.commit(active, false));

        Xid xid = ended(session, "a");
        row("prepare", XAResource.XA_OK + "", () -> resource.prepare(xid));
        row("prepare again", "XAER_PROTO", () -> resource.prepare(xid));
        row("commit in one phase", "XAER_PROTO", () -> resource.commit(xid, true));
        row("forget prepared", "XAER_PROTO", () -> resource.forget(xid));
        row("commit", "nothing", () -> resource.commit(xid, false));
        row("commit again", "XAER_NOTA", () -> resource.commit(xid, false));
        row("commit again in one phase", "XAER_NOTA", () -> resource.commit(xid, true));
        row("roll back after it", "XAER_NOTA", () -> resource.rollback(xid));
        row("forget after it", "XAER_NOTA", () -> resource.forget(xid));

        Xid one = ended(session, "b");
        row("one phase", "nothing", () -> joining.commit(one, true));
        row("one phase again", "XAER_NOTA", () -> joining.commit(one, true));
        Xid empty = ended(session);
        row("one phase of nothing", "nothing", () -> resource.commit(empty, true));
        for (Background.Work unknown : List.<Background.Work>of(
                () -> resource.prepare(TestXid.next()),
                () -> resource.commit(TestXid.next(), true),
                () -> resource.commit(TestXid.next(), false),
                () -> resource.rollback(TestXid.next()),
                () -> resource.forget(TestXid.next()))) {
            row("unknown " + seen.size(), "XAER_NOTA", unknown);
        }
        row("prepare null", "XAER_INVAL", () -> resource.prepare(null));
        row("commit null", "XAER_INVAL", () -> resource.commit(null, true));
        row("rollback null", "XAER_INVAL", () -> resource.rollback(null));
        row("forget null", "XAER_INVAL", () -> resource.forget(null));
        check();
        assertThat(drained()).containsExactly("a", "b");
    }

    @Test
    void rollsBack() throws Exception {
        Xid failed = TestXid.next();
        resource.start(failed, XAResource.TMNOFLAGS);
        send(session, "never");
        row("fail", "nothing", () -> resource.end(failed, XAResource.TMFAIL));
        row("prepare what has failed", "XA_RBROLLBACK", () -> resource.prepare(failed));
        row("it is over then", "XAER_NOTA", () -> resource.rollback(failed));
        Xid failedToo = TestXid.next();
        resource.start(failedToo, XAResource.TMNOFLAGS);
        send(session, "never");
        resource.end(failedToo, XAResource.TMFAIL);
        row("commit what has failed", "XA_RBROLLBACK", () -> resource.commit(failedToo, true));
        Xid third = TestXid.next();
        resource.start(third, XAResource.TMNOFLAGS);
        resource.end(third, XAResource.TMFAIL);
        row("roll back what has failed", "nothing", () -> resource.rollback(third));
        Xid xid = ended(session, "never");
        row("roll back", "nothing", () -> joining.rollback(xid));
        row("again", "XAER_NOTA", () -> joining.rollback(xid));
        Xid prepared = ended(session, "never");
        resource.prepare(prepared);
        row("roll prepared back", "nothing", () -> resource.rollback(prepared));
        row("roll prepared back again", "XAER_NOTA", () -> resource.rollback(prepared));
        check();
        assertThat(drained()).isEmpty();
    }

    @Test
    void preparedBranchesAreEndedOverAnyConnection() throws Exception {
        Xid committed = ended(session, "a");
        Xid rolledBack = ended(session, "never");
        resource.prepare(committed);
        resource.prepare(rolledBack);
        row("another begins it", "nothing", () -> elsewhere.start(committed, XAResource.TMNOFLAGS));
        send((XASession) session, "outside");
        elsewhere.end(committed, XAResource.TMSUCCESS);
        row("nothing is done", XAResource.XA_RDONLY + "", () -> elsewhere.prepare(committed));
        row("commit", "nothing", () -> elsewhere.commit(committed, false));
        row("rollback", "nothing", () -> elsewhere.rollback(rolledBack));
        row("then it is over for the first", "XAER_NOTA", () -> resource.commit(committed, false));
        row("and so is the other", "XAER_NOTA", () -> resource.rollback(rolledBack));
        check();
        assertThat(drained()).containsExactlyInAnyOrder("outside", "a");
    }

    @Test
    void aNameThatIsPreparedElsewhereCannotBePreparedAgain() throws Exception {
        TestXid xid = TestXid.next();
        resource.start(xid, XAResource.TMNOFLAGS);
        send(session, "a");
        resource.end(xid, XAResource.TMSUCCESS);
        resource.prepare(xid);
        send(session, "in");
        try (XASession other = another.createXASession()) {
            XAResource its = other.getXAResource();
            MessageConsumer consumer = other.createConsumer(queue);
            its.start(xid, XAResource.TMNOFLAGS);
            assertThat(Jms.receive(consumer, 1)).containsExactly("in");
            its.end(xid, XAResource.TMSUCCESS);
            row("prepare", "XA_RBPROTO", () -> its.prepare(xid));
            assertThat(Jms.receive(consumer, 1)).containsExactly("in*2");
        }
        resource.commit(xid, false);
        check();
        assertThat(drained()).containsExactly("a");
    }

    @Test
    void recoveryListsAllAtTheStartOfAScan() throws Exception {
        for (Xid left : resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN)) {
            resource.rollback(left);
        }
        Xid one = ended(session, "a");
        Xid two = ended(second, "b");
        Xid open = ended(session, "c");
        resource.prepare(one);
        joining.prepare(two);
        row("go on without a start", "XAER_INVAL", () -> elsewhere.recover(XAResource.TMNOFLAGS));
        row("end without a start", "XAER_INVAL", () -> elsewhere.recover(XAResource.TMENDRSCAN));
        row("other flags", "XAER_INVAL", () -> elsewhere.recover(XAResource.TMJOIN));
        row("both", "2", () -> elsewhere.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN).length);
        row("it has ended", "XAER_INVAL", () -> elsewhere.recover(XAResource.TMNOFLAGS));
        row("start", "2", () -> elsewhere.recover(XAResource.TMSTARTRSCAN).length);
        row("go on", "0", () -> elsewhere.recover(XAResource.TMNOFLAGS).length);
        row("go on again", "0", () -> elsewhere.recover(XAResource.TMNOFLAGS).length);
        row("start again", "2", () -> elsewhere.recover(XAResource.TMSTARTRSCAN).length);
        row("end", "0", () -> elsewhere.recover(XAResource.TMENDRSCAN).length);
        check();
        Xid[] listed = elsewhere.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN);
        assertThat(((TestXid) one).is(listed[0])).isTrue();
        assertThat(((TestXid) two).is(listed[1])).isTrue();
        elsewhere.commit(listed[0], false);
        elsewhere.rollback(listed[1]);
        assertThat(elsewhere.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN))
                .isEmpty();
        resource.rollback(open);
        assertThat(drained()).containsExactly("a");
    }

    @Test
    void xidsOfEveryFormAreCopied() throws Exception {
        List<TestXid> xids = List.of(
                new TestXid(0, new byte[0], new byte[0]),
                new TestXid(-1, new byte[64], new byte[0]),
                new TestXid(Integer.MIN_VALUE, new byte[] {1}, new byte[64]),
                TestXid.named("full"));
        for (TestXid xid : xids) {
            TestXid copy = new TestXid(
                    xid.getFormatId(),
                    xid.getGlobalTransactionId().clone(),
                    xid.getBranchQualifier().clone());
            resource.start(xid, XAResource.TMNOFLAGS);
            xid.spoil();
            send(session, "a");
            resource.end(copy, XAResource.TMSUCCESS);
            assertThat(resource.prepare(copy)).isEqualTo(XAResource.XA_OK);
            assertThat(Arrays.stream(elsewhere.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN))
                            .anyMatch(copy::is))
                    .isTrue();
            resource.commit(copy, false);
        }
        assertThat(drained()).containsExactly("a", "a", "a", "a");
    }

    @Test
    void timeoutsAreOfBranchesThatBeginBehindThem() throws Exception {
        row("negative", "XAER_INVAL", () -> resource.setTransactionTimeout(-1));
        row("default", "0", () -> resource.getTransactionTimeout());
        Xid unlimited = TestXid.next();
        resource.start(unlimited, XAResource.TMNOFLAGS);
        send(session, "a");
        row("set", "true", () -> resource.setTransactionTimeout(5));
        row("get", "5", () -> resource.getTransactionTimeout());
        row("of another", "0", () -> joining.getTransactionTimeout());
        resource.end(unlimited, XAResource.TMSUCCESS);
        Xid late = ended(session, "never");
        Xid lateToo = ended(session, "never");
        Xid later = TestXid.next();
        resource.start(later, XAResource.TMNOFLAGS);
        send(session, "never");
        long start = System.nanoTime();
        Jms.eventually("five seconds have passed", () -> System.nanoTime() - start > 5_050_000_000L);
        row("late end", "XA_RBTIMEOUT", () -> resource.end(later, XAResource.TMSUCCESS));
        row("late prepare", "XA_RBTIMEOUT", () -> resource.prepare(late));
        row("late commit", "XA_RBTIMEOUT", () -> resource.commit(lateToo, true));
        row("roll late back", "nothing", () -> resource.rollback(later));
        row("it is over", "XAER_NOTA", () -> resource.rollback(late));
        row("unlimited", "nothing", () -> resource.commit(unlimited, true));
        row("reset", "true", () -> resource.setTransactionTimeout(0));
        check();
        assertThat(drained()).containsExactly("a");
    }

    @Test
    void resourcesOfOneConnectionAreTheSame() throws Exception {
        assertThat(resource.isSameRM(resource)).isTrue();
        assertThat(resource.isSameRM(joining)).isTrue();
        assertThat(resource.isSameRM(elsewhere)).isFalse();
        assertThat(resource.isSameRM(null)).isFalse();
        assertThat(session.getXAResource()).isSameAs(resource);
    }

    @Test
    void exceptionsNameTheBranch() {
        TestXid xid = TestXid.named("told");
        XAException told = catchThrowableOfType(XAException.class, () -> resource.start(xid, XAResource.TMJOIN));
        assertThat(told)
                .hasMessageContaining(new InDoubtXid(new org.fulmar.protocol.jms.BranchXid(
                                xid.getFormatId(), xid.getGlobalTransactionId(), xid.getBranchQualifier()))
                        .toString());
    }

    @Test
    void closedConnectionsAreNotReached() throws Exception {
        Xid xid = ended(session, "never");
        Xid prepared = ended(session, "a");
        resource.prepare(prepared);
        session.close();
        row("start on a closed session", "XAER_RMFAIL", () -> resource.start(TestXid.next(), XAResource.TMNOFLAGS));
        connection.close();
        row("start", "XAER_RMFAIL", () -> joining.start(TestXid.next(), XAResource.TMNOFLAGS));
        row("prepare", "XA_RBCOMMFAIL", () -> resource.prepare(xid));
        row("commit", "XAER_RMFAIL", () -> resource.commit(prepared, false));
        row("recover", "XAER_RMFAIL", () -> resource.recover(XAResource.TMSTARTRSCAN));
        row("forget", "XAER_RMFAIL", () -> resource.forget(TestXid.next()));
        row("by another", "nothing", () -> elsewhere.commit(prepared, false));
        check();
        assertThat(drained()).containsExactly("a");
    }
}
