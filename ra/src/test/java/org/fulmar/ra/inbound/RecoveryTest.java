package org.fulmar.ra.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSContext;
import jakarta.jms.XAJMSContext;
import jakarta.resource.spi.ActivationSpec;
import java.nio.file.Path;
import java.time.Duration;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.FulmarResourceAdapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What transaction managers recover with through the adapter. */
@Timeout(300)
class RecoveryTest {
    private record TestXid(byte number) implements Xid {
        @Override
        public int getFormatId() {
            return 1;
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

    @TempDir
    Path directory;

    private TestBroker broker;
    private InboundContainer container;
    private FulmarResourceAdapter adapter;

    @BeforeEach
    void startAll() throws Exception {
        broker = TestBroker.start(directory.resolve("store"));
        container = new InboundContainer(directory.resolve("transactions"));
        adapter = new FulmarResourceAdapter();
        // what waits for an answer that never comes takes longer than a machine that stands still for a while
        adapter.setUrl(broker.url() + "&requestTimeout=120000");
        adapter.start(container);
    }

    @AfterEach
    void stopAll() throws Exception {
        adapter.stop();
        container.close();
        broker.close();
    }

    private static FulmarActivationSpec spec(String clientId) {
        FulmarActivationSpec spec = new FulmarActivationSpec();
        spec.setDestination("orders");
        spec.setClientId(clientId);
        return spec;
    }

    private void prepare(int... numbers) throws Exception {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                XAJMSContext context = factory.createXAContext()) {
            XAResource resource = context.getXAResource();
            for (int number : numbers) {
                TestXid xid = new TestXid((byte) number);
                resource.start(xid, XAResource.TMNOFLAGS);
                context.createProducer().send(context.createQueue("orders"), "m" + number);
                resource.end(xid, XAResource.TMSUCCESS);
                assertThat(resource.prepare(xid)).isEqualTo(XAResource.XA_OK);
            }
        }
    }

    private XAResource resource() throws Exception {
        XAResource[] resources = adapter.getXAResources(new ActivationSpec[] {spec(null), spec("me"), spec(null)});
        assertThat(resources).as("one for each broker").hasSize(1);
        return resources[0];
    }

    @Test
    void everyBranchInDoubtIsListedWithEitherStyleOfScanAndEndedByIt() throws Exception {
        prepare(1, 2);
        XAResource resource = resource();
        assertThat(resource.recover(XAResource.TMSTARTRSCAN)).hasSize(2);
        assertThat(resource.recover(XAResource.TMENDRSCAN)).isEmpty();
        Xid[] both = resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN);
        assertThat(both).hasSize(2);
        resource.commit(new TestXid((byte) 1), false);
        resource.rollback(new TestXid((byte) 2));
        assertThat(resource().recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN))
                .isEmpty();
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext();
                var consumer = context.createConsumer(context.createQueue("orders"))) {
            assertThat(consumer.receiveBody(String.class, 40_000)).isEqualTo("m1");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void aBrokerThatIsAwayIsToldAtOnceAndFoundAgainLater() throws Exception {
        prepare(1);
        XAResource resource = resource();
        assertThat(resource.recover(XAResource.TMSTARTRSCAN)).hasSize(1);
        broker.stop();
        org.junit.jupiter.api.Assertions.assertTimeout(Duration.ofSeconds(60), () -> {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> resource.recover(XAResource.TMSTARTRSCAN))
                        .isInstanceOfSatisfying(
                                XAException.class, e -> assertThat(e.errorCode).isEqualTo(XAException.XAER_RMFAIL));
            }
        });
        broker.start();
        assertThat(resource.recover(XAResource.TMSTARTRSCAN)).hasSize(1);
        resource.rollback(new TestXid((byte) 1));
    }
}
