package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The broker stays, the way to it is cut or falls silent; another client goes to the broker directly. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class CutConnectionTest extends CutLinkSetUp {
    private static final String IMPATIENT = "?requestTimeout=1000&connectTimeout=1000";

    private interface SetUp<T> {
        T over(Connection connection) throws JMSException;
    }

    /** Over a connection whose requests wait so short that a machine that stalls may need another. */
    private <T> T overImpatient(String options, SetUp<T> setUp) {
        return await("it is set up")
                .ignoreExceptionsInstanceOf(JMSException.class)
                .atMost(Duration.ofMillis(Jms.WAIT))
                .until(
                        () -> {
                            Connection connection = connect(proxy.url() + options);
                            try {
                                return setUp.over(connection);
                            } catch (JMSException e) {
                                connection.close();
                                told.clear();
                                throw e;
                            }
                        },
                        made -> true);
    }

    private void awaitLoss() throws InterruptedException {
        assertThat(told.poll(Jms.WAIT, TimeUnit.MILLISECONDS))
                .as("the listener is told")
                .hasMessageContaining("made again");
    }

    @Test
    void sendsWhoseAnswersAreLostOverAndOverAreStoredOnce() throws Exception {
        Session session = connect(proxy.url()).createSession();
        Queue queue = session.createQueue("over-and-over");
        MessageProducer producer = session.createProducer(queue);
        List<String> all = new ArrayList<>();
        List<String> ended = new ArrayList<>();
        CompletionListener listener = new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                ended.add(Jms.text(message));
            }

            @Override
            public void onException(Message message, Exception e) {
                ended.add(e.toString());
            }
        };
        for (int round = 0; round < 5; round++) {
            awaitLink(session);
            proxy.holdAnswers();
            for (int i = 0; i < 50; i++) {
                all.add(round + "-" + i);
                producer.send(session.createTextMessage(round + "-" + i), listener);
            }
            proxy.cut();
            awaitLoss();
            // the next link falls silent while everything is restored, and is cut too
            proxy.cut();
            proxy.passAnswers();
        }
        session.close();
        assertThat(ended).isEqualTo(all);
        assertThat(drained(queue)).isEqualTo(all);
    }

    @Test
    void aConsumerThatGetsOneMessageAtATimeIsNotStarvedByCuts() throws Exception {
        Session session = connect(proxy.url() + "?prefetch=0&reconnectDelay=1&reconnectMaxDelay=5")
                .createSession();
        Queue queue = session.createQueue("singly");
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        session.createConsumer(queue).setMessageListener(message -> heard.add(Jms.text(message)));
        MessageProducer producer = direct.createProducer(queue);
        for (int i = 0; i < 150; i++) {
            producer.send(direct.createTextMessage("m" + i));
            proxy.cut();
            String next = heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
            while (next != null && !next.equals("m" + i)) {
                // one whose acknowledgement was lost comes again
                next = heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
            }
            assertThat(next).as("after %d cuts", i + 1).isEqualTo("m" + i);
        }
    }

    @Test
    void anIdleConsumerThatGetsOneMessageAtATimeHoldsNothingBackAfterACut() throws Exception {
        Session session = connect(proxy.url() + "?prefetch=0").createSession();
        Queue queue = session.createQueue("idle");
        MessageConsumer idle = session.createConsumer(queue);
        assertThat(idle.receive(20)).isNull();
        proxy.cut();
        awaitLoss();
        session.createProducer(queue).send(session.createTextMessage("for another"));
        assertThat(drained(queue)).containsExactly("for another");
    }

    @Test
    void whatIsClosedWhileItIsMadeAgainHoldsNoMessages() throws Exception {
        Queue queue = direct.createQueue("closed");
        for (int round = 0; round < 20; round++) {
            Connection connection = connect(proxy.url() + "?reconnectDelay=1&reconnectMaxDelay=5");
            Session session = connection.createSession();
            MessageConsumer one = session.createConsumer(queue);
            Session other = connection.createSession();
            other.createConsumer(queue);
            proxy.cut();
            awaitLoss();
            one.close();
            other.close();
            awaitLink(session);
            Jms.send(direct, queue, "m" + round);
            assertThat(drained(queue)).as("round %d", round).containsExactly("m" + round);
            connection.close();
        }
    }

    @Test
    void aSendThatWaitsForTheBrokerEndsWithItsConnection() throws Exception {
        Connection connection = connect(proxy.url());
        Session session = connection.createSession();
        MessageProducer producer = session.createProducer(session.createQueue("waiting"));
        proxy.holdAnswers();
        Background<Void> sending = Background.run(() -> producer.send(session.createTextMessage("m")))
                .awaitBlocked();
        proxy.refuse(true);
        proxy.cut();
        awaitLoss();
        Background.run(connection::close).result();
        assertThatThrownBy(sending::result).isInstanceOf(JMSException.class).hasMessageContaining("may have");
        proxy.refuse(false);
    }

    @Test
    void aSendWaitsNoLongerThanARequestMay() throws Exception {
        record Made(Session session, MessageProducer producer) {}
        Made made = overImpatient("?requestTimeout=1500&reconnectDelay=60000&reconnectMaxDelay=60000", connection -> {
            Session session = connection.createSession();
            return new Made(session, session.createProducer(session.createQueue("expiring")));
        });
        Message message = made.session.createTextMessage("m");
        proxy.refuse(true);
        proxy.holdAnswers();
        Background<Void> sending =
                Background.run(() -> made.producer.send(message)).awaitBlocked();
        proxy.cut();
        assertThatThrownBy(sending::result).isInstanceOf(JMSException.class).hasMessageContaining("in time");
    }

    @Test
    void aListenerWhoseAcknowledgementIsNotAnsweredGoesOn() throws Exception {
        Queue queue = direct.createQueue("silent");
        MessageConsumer consumer = overImpatient(
                IMPATIENT, connection -> connection.createSession().createConsumer(queue));
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        consumer.setMessageListener(message -> {
            if (heard.isEmpty()) {
                proxy.holdAnswers();
            }
            heard.add(Jms.seen(message));
        });
        Jms.send(direct, queue, "a", "b");
        assertThat(heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo("a");
        awaitLoss();
        proxy.passAnswers();
        List<String> rest = new ArrayList<>();
        while (!rest.contains("b*2") && !rest.contains("b")) {
            rest.add(heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS));
            assertThat(rest).doesNotContainNull().doesNotContain("a");
        }
    }

    @Test
    void consumersOutliveABrokerThatFallsSilentWhileTheyAreMadeAgain() throws Exception {
        record Made(Session session, MessageConsumer consumer, TemporaryQueue temporary) {}
        Queue queue = direct.createQueue("outlive");
        Made made = overImpatient(IMPATIENT, connection -> {
            Session session = connection.createSession();
            return new Made(session, session.createConsumer(queue), session.createTemporaryQueue());
        });
        for (int i = 0; i < 3; i++) {
            proxy.holdAnswersAfter(i + 2);
            proxy.cut();
            awaitLoss();
            proxy.awaitHeld();
            // longer than requests wait
            proxy.awaitNextConnection();
            proxy.passAnswers();
            awaitLink(made.session);
        }
        await("a send is answered in time")
                .atMost(Duration.ofMillis(Jms.WAIT))
                .ignoreExceptionsInstanceOf(JMSException.class)
                .untilAsserted(() -> Jms.send(made.session, made.temporary, "t"));
        MessageConsumer answers = await("a consumer is made in time")
                .atMost(Duration.ofMillis(Jms.WAIT))
                .ignoreExceptionsInstanceOf(JMSException.class)
                .until(() -> made.session.createConsumer(made.temporary), consumer -> true);
        assertThat(Jms.text(answers.receive(Jms.WAIT))).isEqualTo("t");
        Jms.send(direct, queue, "m");
        assertThat(Jms.text(made.consumer.receive(Jms.WAIT))).isEqualTo("m");
    }
}
