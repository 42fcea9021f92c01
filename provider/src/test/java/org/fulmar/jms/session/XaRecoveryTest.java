package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.XAConnection;
import jakarta.jms.XASession;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Branches whose client, connection or broker is lost: what is prepared stays, what is not is rolled back. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class XaRecoveryTest extends XaCutLinkSetUp {
    @Test
    void preparedBranchesOutliveTheirClientAndTheBroker() throws Exception {
        send("a", "b", "c", "d");
        XAConnection client = connectXa(broker.url());
        XASession session = client.createXASession();
        TestXid one = worked(session, "a", "b");
        TestXid two = worked(session, "c");
        session.getXAResource().prepare(one);
        session.getXAResource().prepare(two);
        client.close();
        assertThat(drained(in)).containsExactly("d");
        assertThat(inDoubt()).hasSize(2);
        disconnect();
        broker.close();
        startBroker();
        connectDirectly();
        assertThat(drained(in)).isEmpty();
        Xid[] found = inDoubt();
        assertThat(found).hasSize(2);
        assertThat(one.is(found[0])).isTrue();
        assertThat(two.is(found[1])).isTrue();
        XAResource resource = connectXa(broker.url()).createXASession().getXAResource();
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
    @Timeout(300)
    void scansListMoreBranchesThanOnePageHolds() throws Exception {
        XASession session = connectXa(broker.url()).createXASession();
        XAResource resource = session.getXAResource();
        int count = 1001;
        for (int i = 0; i < count; i++) {
            resource.prepare(sent(session, "m"));
        }
        XAResource recovering = connectXa(broker.url()).createXASession().getXAResource();
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
            Jms.send(session, out, Jms.text(next));
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
