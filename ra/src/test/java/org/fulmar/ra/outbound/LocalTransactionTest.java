package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import jakarta.resource.spi.ManagedConnection;
import org.fulmar.ra.container.Container;
import org.junit.jupiter.api.Test;

/** Local transactions: those that the server drives in place of global ones, and the application's own. */
class LocalTransactionTest extends OutboundTest {
    @Test
    void aServerWithoutXaCommitsAndRollsBack() throws Exception {
        container = new Container(transactions, Container.Support.LOCAL);
        send(queue, "in");
        for (boolean commit : new boolean[] {false, true}) {
            container.begin();
            try (JMSContext context = connections().createContext()) {
                assertThat(context.getTransacted()).isTrue();
                assertThat(context.createConsumer(context.createQueue(queue)).receiveBody(String.class, WAIT))
                        .isEqualTo("in");
                context.createProducer().send(context.createQueue(queue + "/out"), "out");
            }
            if (commit) {
                container.commit();
            } else {
                container.rollback();
            }
        }
        assertThat(drain(queue)).isEmpty();
        assertThat(drain(queue + "/out")).containsExactly("out");
        assertThat(container.made()).isEqualTo(1);
        assertThat(container.events()).containsExactly("closed", "closed");
    }

    @Test
    void anApplicationCommitsItsOwnWhereThatIsAllowed() throws Exception {
        factory.setAllowLocalTransactions(true);
        send(queue, "in");
        try (Connection connection = connections().createConnection()) {
            connection.start();
            Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
            assertThat(session.getTransacted()).isTrue();
            assertThat(container.events()).as("nothing is done yet").isEmpty();
            session.commit();
            MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
            assertThat(consumer.receive(WAIT).getBody(String.class)).isEqualTo("in");
            session.rollback();
            assertThat(consumer.receive(WAIT).getJMSRedelivered()).isTrue();
            session.commit();
            session.createProducer(session.createQueue(queue)).send(session.createTextMessage("never"));
        }
        assertThat(container.events())
                .containsExactly("started", "rolledback", "started", "committed", "started", "rolledback", "closed");
        assertThat(drain(queue)).isEmpty();
        try (Connection connection = connections().createConnection()) {
            assertThat(connection.createSession().getTransacted())
                    .as("not for who did not ask for it")
                    .isFalse();
        }
        assertThat(container.made()).isEqualTo(1);
    }

    @Test
    void aTransactionOfTheServerComesBeforeTheApplications() throws Exception {
        factory.setAllowLocalTransactions(true);
        container.begin();
        try (JMSContext context = connections().createContext(JMSContext.SESSION_TRANSACTED)) {
            assertThatThrownBy(context::commit).isInstanceOf(jakarta.jms.TransactionInProgressRuntimeException.class);
            context.createProducer().send(context.createQueue(queue), "m");
        }
        container.commit();
        assertThat(drain(queue)).containsExactly("m");
        assertThat(container.events()).containsExactly("closed");
    }

    @Test
    void theApplicationsTransactionForbidsTheServersAndDissociation() throws Exception {
        factory.setAllowLocalTransactions(true);
        ManagedConnection[] made = new ManagedConnection[1];
        ConnectionFactory connections = (ConnectionFactory) factory.createConnectionFactory((from, request) -> {
            made[0] = from.createManagedConnection(null, request);
            return made[0].getConnection(null, request);
        });
        try (JMSContext context = connections.createContext(JMSContext.SESSION_TRANSACTED)) {
            context.createProducer().send(context.createQueue(queue), "m");
            FulmarManagedConnection managed = (FulmarManagedConnection) made[0];
            assertThatThrownBy(() -> managed.getLocalTransaction().begin())
                    .isInstanceOf(jakarta.resource.spi.IllegalStateException.class);
            assertThatThrownBy(managed::dissociateConnections)
                    .isInstanceOf(jakarta.resource.spi.IllegalStateException.class);
            context.commit();
            managed.getLocalTransaction().begin();
            managed.getLocalTransaction().rollback();
        } finally {
            made[0].destroy();
        }
        assertThat(drain(queue)).containsExactly("m");
    }
}
