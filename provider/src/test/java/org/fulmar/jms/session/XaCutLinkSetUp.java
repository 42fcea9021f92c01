package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.XAConnection;
import jakarta.jms.XASession;
import java.util.Arrays;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;

/** As {@link CutLinkSetUp}, with branches of global transactions that move messages from a queue to a queue. */
abstract class XaCutLinkSetUp extends CutLinkSetUp {
    /** For what is in doubt at the broker. */
    XAResource asking;

    Queue in;
    Queue out;

    XaCutLinkSetUp() {
        super("maxRedeliveries=-1");
    }

    @Override
    final void connectDirectly() throws JMSException {
        XAConnection connection = connectXa(broker.url());
        direct = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        asking = connection.createXASession().getXAResource();
        in = direct.createQueue("in");
        out = direct.createQueue("out");
    }

    /** A started connection. */
    final XAConnection connectXa(String url) throws JMSException {
        return started(factory(url).createXAConnection());
    }

    /** Of a connection that can be cut. */
    final XASession session(String options) throws JMSException {
        return connectXa(proxy.url() + options).createXASession();
    }

    final void send(String... texts) throws JMSException {
        Jms.send(direct, in, texts);
    }

    final Xid[] inDoubt() throws Exception {
        return asking.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN);
    }

    final boolean isInDoubt(TestXid xid) throws Exception {
        return Arrays.stream(inDoubt()).anyMatch(xid::is);
    }

    /** A branch that has received these and answered each, and that has ended. */
    final TestXid worked(XASession session, String... texts) throws Exception {
        TestXid xid = TestXid.next();
        session.getXAResource().start(xid, XAResource.TMNOFLAGS);
        try (MessageConsumer consumer = session.createConsumer(in)) {
            for (String text : texts) {
                assertThat(Jms.text(consumer.receive(Jms.WAIT))).isEqualTo(text);
                Jms.send(session, out, "of " + text);
            }
        }
        session.getXAResource().end(xid, XAResource.TMSUCCESS);
        return xid;
    }

    /** A branch that has sent these, and that has ended. */
    final TestXid sent(XASession session, String... texts) throws Exception {
        TestXid xid = TestXid.next();
        session.getXAResource().start(xid, XAResource.TMNOFLAGS);
        Jms.send(session, out, texts);
        session.getXAResource().end(xid, XAResource.TMSUCCESS);
        return xid;
    }

    static void assertThrows(int code, Background.Work work) {
        assertThatThrownBy(work::run)
                .isInstanceOfSatisfying(
                        XAException.class,
                        e -> assertThat(XaResourceTest.code(e.errorCode))
                                .as(e.getMessage())
                                .isEqualTo(XaResourceTest.code(code)));
    }
}
