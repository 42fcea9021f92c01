package org.fulmar.ra.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.XASession;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.container.RealBroker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What servers do that are not as the others: GlassFish and Payara with ends, WildFly with wrappers. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class AdapterXaResourceTest {
    private record Branch(int number) implements Xid {
        @Override
        public int getFormatId() {
            return 1;
        }

        @Override
        public byte[] getGlobalTransactionId() {
            return new byte[] {(byte) number};
        }

        @Override
        public byte[] getBranchQualifier() {
            return new byte[] {1};
        }
    }

    @TempDir
    Path directory;

    @Test
    void rollbackEndsTheWorkOfResourcesThatAreEndedAfterIt() throws Exception {
        try (RealBroker broker = RealBroker.start(directory);
                SharedConnections connections = new SharedConnections();
                SharedConnections.Lease lease =
                        connections.lease(new BrokerTarget(broker.url(), null, null, null), true, lost -> {})) {
            XASession session = lease.connection().createXASession(1);
            AdapterXaResource first = new AdapterXaResource(lease.connection().createXASession(1), lease);
            AdapterXaResource joined = new AdapterXaResource(session, lease);
            first.start(new Branch(1), XAResource.TMNOFLAGS);
            joined.start(new Branch(1), XAResource.TMJOIN);
            send(session, "undone");

            first.end(new Branch(1), XAResource.TMSUCCESS);
            first.rollback(new Branch(1));
            joined.end(new Branch(1), XAResource.TMSUCCESS);

            assertThat(joined.takeRolledBack()).isTrue();
            joined.start(new Branch(2), XAResource.TMNOFLAGS);
            send(session, "committed");
            joined.end(new Branch(2), XAResource.TMSUCCESS);
            joined.commit(new Branch(2), true);
            assertReceived(broker, "committed");
        }
    }

    /** Of the codes for it, the one that no server takes for a reason to try the commit again. */
    @Test
    void branchThatWentWithItsConnectionIsSaidToBeRolledBack() throws Exception {
        try (RealBroker broker = RealBroker.start(directory);
                SharedConnections connections = new SharedConnections();
                SharedConnections.Lease lease =
                        connections.lease(new BrokerTarget(broker.url(), null, null, null), true, lost -> {})) {
            send(lease.connection().createXASession(1), "received");
            XASession session = lease.connection().createXASession(1);
            AdapterXaResource resource = new AdapterXaResource(session, lease);
            MessageConsumer consumer = session.createConsumer(session.createQueue("q"));
            resource.start(new Branch(1), XAResource.TMNOFLAGS);
            assertThat(consumer.receive(40_000)).isNotNull();
            resource.end(new Branch(1), XAResource.TMSUCCESS);
            broker.stop();
            broker.start();

            assertThatExceptionOfType(XAException.class)
                    .isThrownBy(() -> resource.commit(new Branch(1), true))
                    .satisfies(failure -> assertThat(failure.errorCode).isEqualTo(XAException.XA_RBROLLBACK));
            assertThat(resource.takeRolledBack()).isTrue();
        }
    }

    /** As IronJacamar's pools do with what they enlist; it is asked in the name of the one inside. */
    private static XAResource wrapped(XAResource inside) {
        return (XAResource) Proxy.newProxyInstance(
                XAResource.class.getClassLoader(), new Class<?>[] {XAResource.class}, (self, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("isSameRM");
                    return inside.isSameRM((XAResource) arguments[0]);
                });
    }

    @Test
    void resourcesOfOneConnectionAreOneResourceManagerAlsoInAWrapper() throws Exception {
        try (RealBroker broker = RealBroker.start(directory);
                SharedConnections connections = new SharedConnections();
                SharedConnections.Lease lease = lease(connections, broker, true);
                SharedConnections.Lease same = lease(connections, broker, true);
                SharedConnections.Lease own = lease(connections, broker, false)) {
            AdapterXaResource inbound = resource(lease);
            AdapterXaResource outbound = resource(same);
            AdapterXaResource other = resource(own);
            assertThat(inbound.isSameRM(outbound)).isTrue();
            assertThat(inbound.isSameRM(wrapped(outbound))).isTrue();
            assertThat(wrapped(outbound).isSameRM(inbound)).isTrue();
            assertThat(wrapped(inbound).isSameRM(wrapped(outbound))).isTrue();
            assertThat(inbound.isSameRM(other)).isFalse();
            assertThat(inbound.isSameRM(wrapped(other))).isFalse();
            assertThat(wrapped(inbound).isSameRM(wrapped(other))).isFalse();
            assertThat(inbound.isSameRM(null)).isFalse();
        }
    }

    private static SharedConnections.Lease lease(SharedConnections connections, RealBroker broker, boolean share)
            throws JMSException {
        return connections.lease(new BrokerTarget(broker.url(), null, null, null), share, lost -> {});
    }

    private static AdapterXaResource resource(SharedConnections.Lease lease) throws JMSException {
        return new AdapterXaResource(lease.connection().createXASession(1), lease);
    }

    private static void send(XASession session, String text) throws Exception {
        session.createProducer(null).send(session.createQueue("q"), session.createTextMessage(text));
    }

    private static void assertReceived(RealBroker broker, String text) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue("q"))) {
            assertThat(consumer.receiveBody(String.class, 40_000)).isEqualTo(text);
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }
}
