package org.fulmar.appservers.wildfly;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import java.util.List;
import org.fulmar.appservers.wildfly.app.RuleBean;
import org.fulmar.appservers.wildfly.app.SenderBean;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.shrinkwrap.api.Archive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The adapter's connection factories, looked up by an application. */
class OutboundTest extends WildflyTest {
    @Deployment(name = "ra", order = 1, testable = false)
    static Archive<?> adapter() {
        return Wildfly.adapter();
    }

    @Deployment(name = "app", order = 2, testable = false)
    static Archive<?> application() {
        return Wildfly.application(SenderBean.class, RuleBean.class);
    }

    @AfterEach
    void nothingIsInDoubt() throws Exception {
        Await.until("branches in doubt", BrokerExtension.broker()::inDoubt, count -> count == 0);
    }

    @Test
    void withoutTransactionASendIsSent() {
        app.call("SenderBean", "send", "out.free", "a");

        assertThat(take("out.free", 1)).containsExactly("a");
    }

    @Test
    void committedTransactionHasSentWithEachFactory() {
        try (JMSContext context = factory.createContext();
                JMSConsumer subscriber = context.createConsumer(context.createTopic("out.news"))) {
            app.call(
                    "SenderBean",
                    "transaction",
                    "commit",
                    "send=out.committed=a",
                    "classic=out.committed=b",
                    "publish=out.news=c");

            assertThat(take("out.committed", 2)).containsExactlyInAnyOrder("a", "b");
            assertThat(subscriber.receiveBody(String.class, WAIT)).isEqualTo("c");
        }
    }

    @Test
    void rolledBackTransactionHasSentNothing() {
        app.call("SenderBean", "transaction", "rollback", "send=out.dropped=a", "classic=out.dropped=b");
        app.call("SenderBean", "transaction", "commit", "send=out.dropped=c");

        assertThat(take("out.dropped", 1)).containsExactly("c");
        assertEmpty("out.dropped");
    }

    @Test
    void sendIsOneWithTheOtherResource() {
        app.call("SenderBean", "transaction", "commit", "witness=two", "send=out.two=a");

        assertThat(app.journal("witness two")).containsExactly("witness two prepare", "witness two commit");
        assertThat(take("out.two", 1)).containsExactly("a");
    }

    @Test
    void receiptInATransactionIsUndoneByItsRollback() {
        send("out.in", "a");

        assertThat(app.call("SenderBean", "transaction", "rollback", "receive=out.in"))
                .isEqualTo("a");
        assertThat(app.call("SenderBean", "transaction", "commit", "receive=out.in", "send=out.on=b"))
                .isEqualTo("a");

        assertThat(take("out.on", 1)).containsExactly("b");
        assertEmpty("out.in");
    }

    @Test
    void connectionsAreUsedAgain() {
        for (int i = 0; i < 200; i++) {
            app.call("SenderBean", "transaction", i % 2 == 0 ? "commit" : "rollback", "send=out.many=a" + i);
        }

        assertThat(take("out.many", 100)).hasSize(100).doesNotHaveDuplicates();
        assertEmpty("out.many");
    }

    @Test
    void whatAnApplicationInAContainerMustNotDoIsRefused() {
        List<String> classic = app.call("RuleBean", "classic").lines().toList();
        List<String> simplified = app.call("RuleBean", "context").lines().toList();

        assertThat(classic).hasSize(13).allMatch(answer -> answer.endsWith("Exception"));
        assertThat(simplified).hasSize(7).allMatch(answer -> answer.endsWith("RuntimeException"));
    }

    @Test
    void transactionOfTheContainerIsNotEndedThroughASession() {
        List<String> answers = app.call("RuleBean", "in-transaction").lines().toList();

        assertThat(answers)
                .contains(
                        "JMSContext.commit: TransactionInProgressRuntimeException",
                        "JMSContext.rollback: TransactionInProgressRuntimeException",
                        "Session.commit: TransactionInProgressException",
                        "Session.rollback: TransactionInProgressException");
    }
}
