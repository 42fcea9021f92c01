package org.fulmar.ra.connection;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.XASession;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.container.RealBroker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two resources of one connection on one branch, ended in the order of GlassFish's and Payara's transaction manager. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class JoinedBranchTest {
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
                        connections.lease(new BrokerTarget(broker.url(), null, null, null), true, () -> {})) {
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

    private static void send(XASession session, String text) throws Exception {
        session.createProducer(null).send(session.createQueue("q"), session.createTextMessage(text));
    }

    private static void assertReceived(RealBroker broker, String text) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue("q"))) {
            assertThat(consumer.receiveBody(String.class, 10_000)).isEqualTo(text);
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }
}
