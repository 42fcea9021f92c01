package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.XASession;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests of transaction managers whose answers are lost: what became of them is found out. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class XaInDoubtTest extends XaCutLinkSetUp {
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
}
