package org.fulmar.appservers.others;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSContext;
import org.fulmar.protocol.jms.JmsCode;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What has to work besides in servers that take applications while they run, and recover transactions. */
abstract class RecoveringServerTest extends ServerTest {
    @Test
    @Order(2)
    void undeployedApplicationGetsNothingAndAllOfItWhenItIsBack() throws Exception {
        server.undeploy();
        ask("orders", "waiting", "send", "late");
        try (JMSContext context = factory.createContext()) {
            producer(context, "send", "late").send(context.createTopic("news"), "published");
        }
        assertThat(take("late", 0, 3_000)).isEmpty();
        server.deploy();

        assertThat(take("late", 2, PATIENCE)).containsExactly("published", "waiting");
    }

    /** With two branches, of the delivery and of a connection of its own. */
    @Test
    @Order(3)
    void transactionIsWholeWhenTheServerIsKilledAfterItsDecision() throws Exception {
        killAt(JmsCode.TRANSACTION_DECIDE, 0, "decided");
        assertThat(broker.inDoubt()).isEqualTo(2);
        assertThat(takeNow("decided")).as("before the end").isEmpty();

        server.start();

        assertThat(take("decided", 1, PATIENCE)).containsExactly("decided");
        assertNothingIsLeft("orders");
        assertAnswers("after-decision");
    }

    @Test
    @Order(4)
    void transactionIsWholeWhenTheServerIsKilledBetweenItsCommits() throws Exception {
        killAt(JmsCode.TRANSACTION_DECIDE, 1, "between");
        assertThat(broker.inDoubt()).isEqualTo(1);

        server.start();

        assertThat(take("between", 1, PATIENCE)).containsExactly("between");
        assertNothingIsLeft("orders");
    }

    /** The message comes again, as nothing was decided. */
    @Test
    @Order(5)
    void transactionIsUndoneWhenTheServerIsKilledBeforeItsDecision() throws Exception {
        killAt(JmsCode.TRANSACTION_PREPARE, 1, "undecided");
        assertThat(broker.inDoubt()).isEqualTo(1);

        server.start();

        assertThat(take("undecided", 1, PATIENCE)).containsExactly("undecided");
        assertNothingIsLeft("orders");
    }

    private void killAt(int code, int passed, String text) throws Exception {
        gate.stopAt(code, passed);
        ask("orders", text, "own", text);
        gate.awaitStopped();
        server.kill();
        gate.open();
    }
}
