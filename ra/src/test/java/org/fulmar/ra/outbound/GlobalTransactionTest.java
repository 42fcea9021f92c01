package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.arjuna.ats.arjuna.coordinator.BasicAction;
import com.arjuna.ats.arjuna.coordinator.Reapable;
import com.arjuna.ats.arjuna.coordinator.TransactionReaper;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TransactionRolledBackRuntimeException;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.fulmar.ra.container.Relay;
import org.junit.jupiter.api.Test;

/** What is sent and received inside of the server's transactions. */
class GlobalTransactionTest extends OutboundTest {
    @Test
    void whatIsSentIsThereAfterTheCommitAlone() throws Exception {
        container.begin();
        try (Connection connection = connections().createConnection()) {
            Session session = connection.createSession();
            assertThat(session.getTransacted()).isTrue();
            assertThat(session.getAcknowledgeMode()).isEqualTo(Session.SESSION_TRANSACTED);
            MessageProducer producer = session.createProducer(session.createQueue(queue));
            producer.send(session.createTextMessage("a"));
            assertThat(drain(queue)).isEmpty();
        }
        assertThat(container.inUse()).as("until the transaction is over").isEqualTo(1);
        container.commit();
        assertThat(container.inUse()).isZero();
        assertThat(container.idle()).hasSize(1);
        assertThat(drain(queue)).containsExactly("a");
        assertThat(container.events()).containsExactly("closed");
    }

    @Test
    void whatIsReceivedComesAgainAfterARollback() throws Exception {
        send(queue, "a");
        container.begin();
        try (JMSContext context = connections().createContext()) {
            assertThat(context.createConsumer(context.createQueue(queue)).receiveBody(String.class, WAIT))
                    .isEqualTo("a");
            context.createProducer().send(context.createQueue(queue + "/out"), "b");
        }
        container.rollback();
        container.begin();
        try (Connection connection = connections().createConnection()) {
            connection.start();
            Session session = connection.createSession();
            MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
            Message again = consumer.receive(WAIT);
            assertThat(again.getBody(String.class)).isEqualTo("a");
            assertThat(again.getIntProperty("JMSXDeliveryCount")).isEqualTo(2);
        }
        container.commit();
        assertThat(drain(queue)).isEmpty();
        assertThat(drain(queue + "/out")).isEmpty();
        assertThat(container.made()).as("both in turn used one").isEqualTo(1);
    }

    @Test
    void handlesOfOneFactoryShareAManagedConnectionInATransaction() throws Exception {
        container.begin();
        try (JMSContext one = connections().createContext();
                JMSContext two = connections().createContext()) {
            assertThat(container.inUse()).isEqualTo(1);
            one.createProducer().send(one.createQueue(queue), "a");
            two.createProducer().send(two.createQueue(queue), "b");
        }
        container.commit();
        assertThat(drain(queue)).containsExactly("a", "b");
    }

    @Test
    void aSessionTakesPartInOneTransactionAfterTheOther() throws Exception {
        try (JMSContext context = connections().createContext()) {
            for (String text : new String[] {"a", "b"}) {
                container.begin();
                context.createProducer().send(context.createQueue(queue), text);
                container.commit();
                container.begin();
                context.createProducer().send(context.createQueue(queue), "never");
                container.rollback();
            }
            assertThat(context.getTransacted()).isFalse();
        }
        assertThat(drain(queue)).containsExactly("a", "b");
        assertThat(container.events()).containsExactly("closed");
    }

    /** The server rolls back on a thread of its own; what the application does then must not become effective. */
    @Test
    void afterATimeoutNothingIsSentOutsideOfTheTransaction() throws Exception {
        FulmarManagedConnectionFactory other = new FulmarManagedConnectionFactory();
        other.setResourceAdapter(adapter);
        other.setPrefetch(1);
        try (JMSContext context = connections().createContext();
                JMSContext joined = ((ConnectionFactory) other.createConnectionFactory(container)).createContext()) {
            container.begin();
            context.createProducer().send(context.createQueue(queue), "a");
            joined.createProducer().send(joined.createQueue(queue), "a");
            CompletableFuture<Integer> end = new CompletableFuture<>();
            transactions.getTransaction().registerSynchronization(new Synchronization() {
                @Override
                public void beforeCompletion() {
                    throw new AssertionError("nobody commits");
                }

                @Override
                public void afterCompletion(int status) {
                    end.complete(status);
                }
            });
            // from now on, so that all of the above is done in time
            Reapable running = (Reapable) BasicAction.Current();
            TransactionReaper.transactionReaper().remove(running);
            TransactionReaper.transactionReaper().insert(running, 1);
            assertThat(end.get(WAIT, TimeUnit.MILLISECONDS)).isEqualTo(Status.STATUS_ROLLEDBACK);
            // who has begun later to take part is told earlier
            await().atMost(WAIT, TimeUnit.MILLISECONDS).until(() -> container.enlisted() == 0);
            for (JMSContext each : new JMSContext[] {context, joined}) {
                assertThatThrownBy(() -> each.createProducer().send(each.createQueue(queue), "b"))
                        .isInstanceOf(TransactionRolledBackRuntimeException.class);
            }
            transactions.rollback();
            container.begin();
            context.createProducer().send(context.createQueue(queue), "c");
            container.commit();
        }
        assertThat(drain(queue)).containsExactly("c");
        try (JMSContext next = connections().createContext()) {
            next.createProducer().send(next.createQueue(queue), "d");
        }
        assertThat(container.made()).isEqualTo(2);
    }

    /** Also after a rollback. */
    @Test
    void oneBranchOfTwoManagedConnectionsIsCommittedInOnePhase() throws Exception {
        try (Relay relay = new Relay(broker.port())) {
            adapter.setUrl(relay.url());
            FulmarManagedConnectionFactory other = new FulmarManagedConnectionFactory();
            other.setResourceAdapter(adapter);
            other.setPrefetch(1);
            ConnectionFactory first = connections();
            ConnectionFactory second = (ConnectionFactory) other.createConnectionFactory(container);
            inOneTransaction(first, second, true);
            inOneTransaction(second, first, false);
            inOneTransaction(second, first, true);
            int before = relay.frames();
            inOneTransaction(first, second, true);
            assertThat(relay.frames() - before).as("the commit alone").isEqualTo(1);
            assertThat(container.made()).as("both are used again").isEqualTo(2);
        }
        assertThat(drain(queue)).hasSize(6);
    }

    private void inOneTransaction(ConnectionFactory first, ConnectionFactory second, boolean commit) throws Exception {
        container.begin();
        try (JMSContext one = first.createContext();
                JMSContext two = second.createContext()) {
            one.createProducer().send(one.createQueue(queue), "a");
            two.createProducer().send(two.createQueue(queue), "b");
        }
        if (commit) {
            container.commit();
        } else {
            container.rollback();
        }
    }

    @Test
    void twoFactoriesOfOneBrokerWorkOnOneBranch() throws Exception {
        FulmarManagedConnectionFactory other = new FulmarManagedConnectionFactory();
        other.setResourceAdapter(adapter);
        other.setPrefetch(1);
        container.begin();
        try (JMSContext one = connections().createContext();
                JMSContext two =
                        ((jakarta.jms.ConnectionFactory) other.createConnectionFactory(container)).createContext()) {
            one.createProducer().send(one.createQueue(queue), "a");
            two.createProducer().send(two.createQueue(queue), "b");
        }
        assertThat(container.inUse()).isEqualTo(2);
        container.commit();
        assertThat(container.events()).containsExactly("closed", "closed");
        assertThat(drain(queue)).containsExactly("a", "b");
        container.begin();
        try (JMSContext two =
                ((jakarta.jms.ConnectionFactory) other.createConnectionFactory(container)).createContext()) {
            two.createProducer().send(two.createQueue(queue), "c");
        }
        container.commit();
        assertThat(drain(queue)).containsExactly("c");
        assertThat(container.made()).isEqualTo(2);
    }
}
