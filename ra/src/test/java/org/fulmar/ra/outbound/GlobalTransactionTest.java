package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
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
