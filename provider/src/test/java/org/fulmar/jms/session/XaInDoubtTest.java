package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.XAConnection;
import jakarta.jms.XASession;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests of transaction managers whose answers are lost: what became of them is found out. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class XaInDoubtTest extends XaCutLinkSetUp {
    /** Gives up after longer than a machine stalls; each step that is to run into it takes so long, or twice that. */
    private static final String IMPATIENT = "?requestTimeout=5000&reconnectMaxDelay=50";

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
                holdAnswers();
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
        holdRequests();
        Background<Integer> prepare = Background.start(() -> resource.prepare(sent));
        proxy.awaitRequest();
        cut();
        assertThat(prepare.result()).isEqualTo(XAResource.XA_OK);
        resource.commit(sent, false);
        TestXid received = worked(session, "a");
        awaitLink(session);
        holdRequests();
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
        holdAnswers();
        Background<Void> commit = Background.run(() -> resource.commit(done, true));
        Jms.eventually("the broker has done it", () -> browsed(out) == 1);
        cut();
        commit.result();
        TestXid lost = worked(session, "b");
        awaitLink(session);
        holdRequests();
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
        XAConnection connection = connectXa(proxy.url() + IMPATIENT);
        XASession session = connection.createXASession();
        XAResource resource = session.getXAResource();
        XAResource other = connection.createXASession().getXAResource();
        TestXid committed = sent(session, "a");
        TestXid rolledBack = sent(session, "a");
        awaitLink(session);
        holdAnswers();
        Background<Void> one = Background.run(() -> resource.commit(committed, true));
        Background<Void> two = Background.run(() -> other.commit(rolledBack, true));
        Jms.eventually("the broker has done it", () -> browsed(out) == 2);
        proxy.refuse(true);
        cut();
        assertBothUnreachable(one, two);
        assertBothUnreachable(
                Background.run(() -> resource.commit(committed, true)),
                Background.run(() -> other.commit(rolledBack, true)));
        assertBothUnreachable(
                Background.run(() -> resource.rollback(committed)), Background.run(() -> other.rollback(rolledBack)));
        proxy.refuse(false);
        awaitLink(session);
        resource.commit(sent(session, "b"), true);
        resource.commit(committed, true);
        assertThrows(XAException.XA_HEURCOM, () -> resource.rollback(rolledBack));
        for (TestXid xid : List.of(committed, rolledBack)) {
            assertThrows(XAException.XAER_NOTA, () -> resource.commit(xid, true));
        }
        assertThat(drained(out)).containsExactly("a", "a", "b");
    }

    /** They wait until their time is over, both at once. */
    private static void assertBothUnreachable(Background<?> one, Background<?> two) {
        assertThrows(XAException.XAER_RMFAIL, one::result);
        assertThrows(XAException.XAER_RMFAIL, two::result);
    }

    @Test
    void prepareThatStaysInDoubtIsRolledBack() throws Exception {
        send("a", "b");
        XAConnection connection = connectXa(proxy.url() + IMPATIENT);
        XASession session = connection.createXASession();
        XASession other = connection.createXASession();
        XAResource resource = session.getXAResource();
        XAResource otherResource = other.getXAResource();
        TestXid arrives = worked(session, "a");
        TestXid doesNot = worked(other, "b");
        awaitLink(session);
        holdAnswers();
        Background<Integer> one = Background.start(() -> resource.prepare(arrives));
        Jms.eventually("the broker has done it", () -> isInDoubt(arrives));
        proxy.holdRequests();
        Background<Integer> two = Background.start(() -> otherResource.prepare(doesNot));
        proxy.awaitRequest();
        proxy.refuse(true);
        cut();
        assertBothUnreachable(one, two);
        assertBothUnreachable(
                Background.run(() -> resource.rollback(arrives)),
                Background.run(() -> otherResource.rollback(doesNot)));
        proxy.refuse(false);
        awaitLink(session);
        for (TestXid xid : List.of(arrives, doesNot)) {
            resource.rollback(xid);
            assertThrows(XAException.XAER_NOTA, () -> resource.rollback(xid));
        }
        assertThat(inDoubt()).isEmpty();
        resource.commit(worked(session, "a", "b"), true);
        assertThat(drained(out)).containsExactly("of a", "of b");
    }

    @Test
    void recoveryDoesNotWaitForABrokerThatIsAway() throws Exception {
        XASession preparing = session("");
        TestXid first = sent(preparing, "a");
        TestXid second = sent(preparing, "b");
        preparing.getXAResource().prepare(first);
        preparing.getXAResource().prepare(second);
        // who waits for that long does not come back in time
        XASession session = session("?requestTimeout=600000");
        XAResource recovery = session.getXAResource();
        proxy.refuse(true);
        cut();
        assertThrows(XAException.XAER_RMFAIL, () -> recovery.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN));
        assertThrows(XAException.XAER_RMFAIL, () -> recovery.commit(first, false));
        assertThrows(XAException.XAER_RMFAIL, () -> recovery.rollback(second));
        proxy.refuse(false);
        awaitLink(session);
        assertThat(recovery.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN))
                .hasSize(2);
        recovery.commit(first, false);
        recovery.rollback(second);
        assertThat(inDoubt()).isEmpty();
        assertThat(drained(out)).containsExactly("a");
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
        holdAnswers();
        Background<Void> commit = Background.run(() -> resource.commit(committed, false));
        Jms.eventually("the broker has done it", () -> inDoubt().length == 1);
        cut();
        commit.result();
        holdAnswers();
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
        XASession session = session(IMPATIENT);
        XAResource resource = session.getXAResource();
        TestXid xid = sent(session, "a");
        resource.prepare(xid);
        holdAnswers();
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
}
