package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionEvent;
import jakarta.resource.spi.ConnectionEventListener;
import jakarta.resource.spi.IllegalStateException;
import jakarta.resource.spi.LocalTransaction;
import java.util.ArrayList;
import java.util.List;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every state of a managed connection, every event, and calls that are wrong in its state. */
class ManagedConnectionTest extends OutboundTest {
    /** A branch of a transaction of the test's own. */
    record Branch(byte number) implements Xid {
        @Override
        public int getFormatId() {
            return 7;
        }

        @Override
        public byte[] getGlobalTransactionId() {
            return new byte[] {number};
        }

        @Override
        public byte[] getBranchQualifier() {
            return new byte[] {1};
        }
    }

    /** Writes down what it is told. */
    private static final class Told implements ConnectionEventListener {
        final List<ConnectionEvent> events = new ArrayList<>();

        @Override
        public void connectionClosed(ConnectionEvent event) {
            events.add(event);
        }

        @Override
        public void localTransactionStarted(ConnectionEvent event) {
            events.add(event);
        }

        @Override
        public void localTransactionCommitted(ConnectionEvent event) {
            events.add(event);
        }

        @Override
        public void localTransactionRolledback(ConnectionEvent event) {
            events.add(event);
        }

        @Override
        public void connectionErrorOccurred(ConnectionEvent event) {
            events.add(event);
        }

        List<Integer> ids() {
            return events.stream().map(ConnectionEvent::getId).toList();
        }
    }

    private final Told told = new Told();
    private FulmarManagedConnection managed;

    @BeforeEach
    void make() throws Exception {
        managed = (FulmarManagedConnection) factory.createManagedConnection(null, null);
        managed.addConnectionEventListener(told);
    }

    @AfterEach
    void destroy() throws Exception {
        managed.destroy();
    }

    private static void illegal(ThrowingCallable... calls) {
        for (ThrowingCallable call : calls) {
            assertThatThrownBy(call).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aHandleThatIsClosedIsToldWithItself() throws Exception {
        Session one = (Session) managed.getConnection(null, null);
        Session two = (Session) managed.getConnection(null, null);
        assertThat(one).isNotSameAs(two);
        one.close();
        one.close();
        assertThat(told.ids()).containsExactly(ConnectionEvent.CONNECTION_CLOSED);
        assertThat(told.events.get(0).getConnectionHandle()).isSameAs(one);
        assertThat(told.events.get(0).getSource()).isSameAs(managed);
        assertThat(two.createTextMessage("m").getText())
                .as("the other's is open")
                .isEqualTo("m");
        managed.removeConnectionEventListener(told);
        two.close();
        assertThat(told.events).hasSize(1);
    }

    @Test
    void cleaningUpClosesHandlesWithoutAnEventAndGivesItToOthers() throws Exception {
        Session first = (Session) managed.getConnection(null, null);
        var consumer = first.createConsumer(first.createQueue(queue));
        managed.cleanup();
        assertThat(told.events).isEmpty();
        assertThatThrownBy(first::createMessage).isInstanceOf(jakarta.jms.IllegalStateException.class);
        assertThatThrownBy(consumer::receiveNoWait).isInstanceOf(jakarta.jms.IllegalStateException.class);
        first.close();
        assertThat(told.events).isEmpty();
        Session second = (Session) managed.getConnection(null, null);
        second.createProducer(second.createQueue(queue)).send(second.createTextMessage("m"));
        assertThat(drain(queue)).as("nothing is sent ahead to who had it").containsExactly("m");
    }

    @Test
    void destroyedItIsOfNoUse() throws Exception {
        Session session = (Session) managed.getConnection(null, null);
        managed.destroy();
        managed.destroy();
        illegal(
                () -> managed.getConnection(null, null),
                () -> managed.associateConnection(session),
                () -> managed.dissociateConnections(),
                () -> managed.cleanup(),
                () -> managed.getXAResource(),
                () -> managed.getLocalTransaction(),
                () -> managed.getMetaData());
        assertThatThrownBy(session::createMessage).isInstanceOf(jakarta.jms.IllegalStateException.class);
        assertThat(managed.isLost()).isTrue();
    }

    @Test
    void itsResourceIsAlwaysTheSame() throws Exception {
        XAResource resource = managed.getXAResource();
        managed.getConnection(null, null);
        managed.cleanup();
        assertThat(managed.getXAResource()).isSameAs(resource);
        var other = factory.createManagedConnection(null, null);
        assertThat(other.getXAResource()).isNotSameAs(resource);
        assertThat(other.getXAResource().isSameRM(resource)).isTrue();
        assertThat(resource.isSameRM(other.getXAResource())).isTrue();
        other.destroy();
        FulmarManagedConnectionFactory alone = new FulmarManagedConnectionFactory();
        alone.setResourceAdapter(adapter);
        alone.setShareConnection(false);
        var lone = alone.createManagedConnection(null, null);
        assertThat(lone.getXAResource().isSameRM(resource)).isFalse();
        lone.destroy();
    }

    @Test
    void itsMetaDataSaysWhatItIs() throws Exception {
        var data = managed.getMetaData();
        assertThat(data.getEISProductName()).isEqualTo("Fulmar");
        assertThat(data.getEISProductVersion()).isEqualTo("0.1");
        assertThat(data.getMaxConnections()).isZero();
        assertThat(data.getUserName()).isEmpty();
    }

    @Test
    void aHandleMovesBetweenManagedConnections() throws Exception {
        Session session = (Session) managed.getConnection(null, null);
        var producer = session.createProducer(session.createQueue(queue));
        producer.setPriority(7);
        FulmarManagedConnection other = (FulmarManagedConnection) factory.createManagedConnection(null, null);
        Told others = new Told();
        other.addConnectionEventListener(others);
        other.associateConnection(session);
        other.associateConnection(session);
        managed.cleanup();
        producer.send(session.createTextMessage("m"));
        assertThat(producer.getPriority()).isEqualTo(7);
        session.close();
        assertThat(told.events).isEmpty();
        assertThat(others.ids()).containsExactly(ConnectionEvent.CONNECTION_CLOSED);
        assertThat(drain(queue)).containsExactly("m");
        illegal(() -> other.associateConnection(session));
        assertThatThrownBy(() -> other.associateConnection("a handle")).isInstanceOf(ResourceException.class);
        other.destroy();
    }

    @Test
    void aBranchForbidsALocalTransactionAndCleaningUp() throws Exception {
        XAResource resource = managed.getXAResource();
        LocalTransaction local = managed.getLocalTransaction();
        Branch branch = new Branch((byte) 1);
        resource.start(branch, XAResource.TMNOFLAGS);
        illegal(local::begin, managed::cleanup);
        resource.end(branch, XAResource.TMSUCCESS);
        resource.rollback(branch);
        managed.cleanup();
    }

    @Test
    void localTransactionsAreBegunAndEndedOnce() throws Exception {
        LocalTransaction local = managed.getLocalTransaction();
        assertThat(managed.getLocalTransaction()).isSameAs(local);
        illegal(local::commit, local::rollback);
        Session session = (Session) managed.getConnection(null, null);
        var producer = session.createProducer(session.createQueue(queue));
        producer.setPriority(8);
        local.begin();
        illegal(local::begin);
        assertThat(session.getTransacted()).isTrue();
        assertThatThrownBy(session::commit).isInstanceOf(jakarta.jms.TransactionInProgressException.class);
        producer.send(session.createTextMessage("a"));
        assertThat(producer.getPriority()).isEqualTo(8);
        local.rollback();
        local.begin();
        producer.send(session.createTextMessage("b"));
        assertThat(drain(queue)).isEmpty();
        local.commit();
        illegal(local::commit);
        assertThat(session.getTransacted()).isFalse();
        producer.send(session.createTextMessage("c"));
        assertThat(drain(queue)).containsExactly("b", "c");
        assertThat(told.events).as("it is the server's own").isEmpty();
    }

    @Test
    void cleaningUpRollsALocalTransactionBack() throws Exception {
        send(queue, "m");
        managed.getLocalTransaction().begin();
        Session session = (Session) managed.getConnection(null, null);
        assertThat(session.createConsumer(session.createQueue(queue)).receive(WAIT))
                .isNotNull();
        session.createProducer(session.createQueue(queue)).send(session.createTextMessage("never"));
        managed.cleanup();
        assertThat(drain(queue)).containsExactly("m");
        managed.getLocalTransaction().begin();
        managed.getLocalTransaction().rollback();
    }

    @Test
    void whereNoServerLendsItAgainADissociatedHandleSaysSo() throws Exception {
        Session session = (Session) managed.getConnection(null, null);
        managed.dissociateConnections();
        assertThatThrownBy(session::createMessage)
                .isInstanceOf(JMSException.class)
                .hasMessageContaining("managed connection");
        session.close();
        assertThat(told.events).isEmpty();
    }
}
