package org.fulmar.appservers.wildfly;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.util.List;
import java.util.stream.IntStream;
import org.fulmar.appservers.wildfly.app.OwnBean;
import org.fulmar.appservers.wildfly.app.PlainBean;
import org.fulmar.appservers.wildfly.app.QueueBean;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.shrinkwrap.api.Archive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A delivery and its transaction: with the container's, with none, with the bean's own, and what its failures do. */
class DeliveryTest extends WildflyTest {
    @Deployment(name = "ra", order = 1, testable = false)
    static Archive<?> adapter() {
        return Wildfly.adapter();
    }

    @Deployment(name = "app", order = 2, testable = false)
    static Archive<?> application() {
        return Wildfly.application(QueueBean.class, PlainBean.class, OwnBean.class);
    }

    @AfterEach
    void nothingIsInDoubt() throws Exception {
        Await.until("branches in doubt", BrokerExtension.broker()::inDoubt, count -> count == 0);
    }

    @Test
    void committedDeliveryIsOneWithTheOtherResource() {
        order("work", "both", "witness send=copies");

        assertThat(app.await("witness both", 2)).containsExactly("witness both prepare", "witness both commit");
        assertThat(take("copies", 1)).containsExactly("both");
        assertThat(app.journal("queue both")).containsExactly("queue both in a transaction");
        assertEmpty("work");
    }

    @Test
    void rolledBackDeliveryTakesTheOtherResourceAndWhatWasSentAlongAndComesAgainFlagged() {
        order("work", "again", "witness send=dropped rollback", 2);

        assertThat(app.await("queue again", 3))
                .containsExactly(
                        "queue again in a transaction",
                        "queue again*2 in a transaction",
                        "queue again*3 in a transaction");
        // the message comes again as soon as its own branch is rolled back
        assertThat(app.await("witness again", 2)).containsExactly("witness again rollback", "witness again rollback");
        assertEmpty("dropped");
    }

    @Test
    void messageThatFailsMoreOftenThanAllowedGoesToTheDeadLetterQueue() throws JMSException {
        order("work", "dead", "runtime");

        try (JMSContext context = factory.createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue("%DLQ%work"))) {
            Message dead = consumer.receive(WAIT);
            assertThat(dead).isNotNull();
            assertThat(dead.getBody(String.class)).isEqualTo("dead");
            assertThat(dead.getStringProperty("JMS_FULMAR_Destination")).isEqualTo("work");
        }
        assertThat(app.journal("queue dead"))
                .containsExactly(
                        "queue dead in a transaction",
                        "queue dead*2 in a transaction",
                        "queue dead*3 in a transaction",
                        "queue dead*4 in a transaction");
        assertEmpty("work");
    }

    /** So that it commits in one phase. */
    @Test
    void beanAndTheConnectionThatItSendsByAreOneBranch() {
        order("work", "joined", "send=answers branches");

        assertThat(take("answers", 1)).containsExactly("joined");
        assertThat(app.await("branches", 1)).containsExactly("branches 1");
    }

    @Test
    void systemExceptionsRollBack() {
        for (String exception : List.of("runtime", "system", "harmful")) {
            order("work", exception, "send=dropped " + exception, 1);

            assertThat(app.await("queue " + exception, 2))
                    .containsExactly(
                            "queue " + exception + " in a transaction", "queue " + exception + "*2 in a transaction");
        }
        assertEmpty("dropped");
    }

    @Test
    void applicationExceptionThatDoesNotRollBackCommits() {
        order("work", "harmless", "send=kept harmless");

        assertThat(take("kept", 1)).containsExactly("harmless");
        assertThat(app.await("queue harmless", 1)).containsExactly("queue harmless in a transaction");
        assertEmpty("work");
    }

    @Test
    void beanWithoutTransactionIsNotInOneAndItsFailureBringsTheMessageAgain() {
        order("plain", "free", "runtime", 1);
        send("plain", "fine");

        assertThat(app.await("plain free", 2)).containsExactly("plain free", "plain free*2");
        assertThat(app.await("plain fine", 1)).containsExactly("plain fine");
        assertEmpty("plain");
    }

    @Test
    void beanWithItsOwnTransactionsHasThem() {
        send("own", "a");

        assertThat(app.await("own done", 1)).containsExactly("own done");
        assertThat(app.journal("own a")).containsExactly("own a");
        assertThat(take("own.kept", 1)).containsExactly("a");
        assertEmpty("own.dropped");
        assertEmpty("own");
    }

    @Test
    void receivingAndSendingIsAllOrNothingForManyMessages() {
        int count = 60;
        for (int i = 0; i < count; i++) {
            // each third fails once, after it has sent
            order("work", "moved" + i, i % 3 == 0 ? "send=moved flaky" : "send=moved");
        }

        assertThat(take("moved", count))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, count).mapToObj(i -> "moved" + i).toList());
        assertThat(app.await("queue moved", count + count / 3)).hasSize(count + count / 3);
        assertEmpty("moved");
        assertEmpty("work");
    }
}
