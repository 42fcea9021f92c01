package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TransactionRolledBackException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions whose connection is lost: what was done is known, and done once; what was not is rolled back. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class CommitInDoubtTest extends CutLinkSetUp {
    private Queue in;
    private Queue out;

    CommitInDoubtTest() {
        super("maxRedeliveries=-1");
    }

    @BeforeEach
    void queues() throws JMSException {
        in = direct.createQueue("in");
        out = direct.createQueue("out");
    }

    private Session transacted(String options) throws JMSException {
        return connect(proxy.url() + options).createSession(Session.SESSION_TRANSACTED);
    }

    private void send(String... texts) throws JMSException {
        Jms.send(direct, in, texts);
    }

    @Test
    void commitWhoseAnswerIsLostIsKnownToBeDone() throws Exception {
        Session session = transacted("");
        send("a", "b");
        MessageConsumer consumer = session.createConsumer(in);
        for (String text : List.of("a", "b")) {
            // what was sent ahead over a lost link is flagged
            assertThat(Jms.text(consumer.receive(Jms.WAIT))).isEqualTo(text);
            Jms.send(session, out, "of " + text);
            holdAnswers();
            Background<Void> commit = Background.run(session::commit);
            int done = text.equals("a") ? 1 : 2;
            Jms.eventually("the broker has done it", () -> browsed(out) == done);
            cut();
            commit.result();
        }
        session.rollback();
        assertThat(consumer.receive(200)).isNull();
        session.close();
        assertThat(Jms.drained(direct, in)).isEmpty();
        assertThat(Jms.drained(direct, out)).containsExactly("of a", "of b");
    }

    @Test
    void commitOfMessagesThatDidNotArriveIsSentAgain() throws Exception {
        Session session = transacted("");
        Jms.send(session, out, "a", "b");
        awaitLink(session);
        for (int i = 0; i < 3; i++) {
            holdRequests();
            Background<Void> commit = Background.run(session::commit);
            proxy.awaitRequest();
            cut();
            commit.result();
            assertThat(Jms.drained(direct, out)).containsExactly("a", "b");
            Jms.send(session, out, "a", "b");
        }
    }

    @Test
    void commitOfReceivedMessagesThatDidNotArriveIsRolledBack() throws Exception {
        Session session = transacted("");
        send("a", "b");
        MessageConsumer consumer = session.createConsumer(in);
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        Jms.send(session, out, "never");
        holdRequests();
        Background<Void> commit = Background.run(session::commit);
        proxy.awaitRequest();
        cut();
        assertThatThrownBy(commit::result).isInstanceOf(TransactionRolledBackException.class);
        assertThat(Jms.text(consumer.receive(Jms.WAIT))).isEqualTo("a");
        Jms.send(session, out, "of a");
        session.commit();
        session.close();
        assertThat(Jms.drained(direct, in)).hasSize(1).allMatch(text -> text.startsWith("b"));
        assertThat(Jms.drained(direct, out)).containsExactly("of a");
    }

    @Test
    void transactionThatHasOnlySentOutlivesItsConnection() throws Exception {
        Session session = transacted("");
        Jms.send(session, out, "a");
        cut();
        awaitLink(session);
        Jms.send(session, out, "b");
        cut();
        session.commit();
        assertThat(Jms.drained(direct, out)).containsExactly("a", "b");
    }

    @Test
    void transactionThatHasReceivedOverALostConnectionIsRolledBack() throws Exception {
        Session session = transacted("");
        send("a", "b", "c");
        MessageConsumer consumer = session.createConsumer(in);
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        Jms.send(session, out, "never");
        cut();
        awaitLink(session);
        Message again = consumer.receive(Jms.WAIT);
        assertThat(Jms.text(again)).isEqualTo("a");
        assertThat(again.getJMSRedelivered()).isTrue();
        Jms.send(session, out, "nor this");
        assertThatThrownBy(session::commit)
                .isInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("lost");
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Message next = consumer.receive(Jms.WAIT);
            seen.add(Jms.text(next));
            assertThat(i > 0 || next.getIntProperty("JMSXDeliveryCount") == 3).isTrue();
        }
        assertThat(seen).containsExactly("a", "b", "c");
        session.commit();
        session.close();
        assertThat(Jms.drained(direct, in)).isEmpty();
        assertThat(Jms.drained(direct, out)).isEmpty();
    }

    @Test
    void transactionThatWasShippedInPartIsRolledBack() throws Exception {
        Session session = transacted("?transactionBuffer=0");
        Jms.send(session, out, "a", "b");
        cut();
        awaitLink(session);
        Jms.send(session, out, "c");
        assertThatThrownBy(session::commit).isInstanceOf(TransactionRolledBackException.class);
        Jms.send(session, out, "d", "e");
        session.commit();
        assertThat(Jms.drained(direct, out)).containsExactly("d", "e");
    }

    @Test
    void commitOfShippedPartsWhoseAnswerIsLostIsKnownToBeDone() throws Exception {
        Session session = transacted("?transactionBuffer=0");
        Jms.send(session, out, "a", "b");
        // behind the answers to its parts
        awaitLink(session);
        holdAnswers();
        Background<Void> commit = Background.run(session::commit);
        Jms.eventually("the broker has done it", () -> browsed(out) == 2);
        cut();
        commit.result();
        assertThat(Jms.drained(direct, out)).containsExactly("a", "b");
    }

    @Test
    void rollbackNeedsNoConnection() throws Exception {
        Session session = transacted("");
        send("a");
        MessageConsumer consumer = session.createConsumer(in);
        Jms.receive(consumer, 1);
        proxy.refuse(true);
        cut();
        session.rollback();
        proxy.refuse(false);
        Message again = consumer.receive(Jms.WAIT);
        assertThat(Jms.text(again)).isEqualTo("a");
        session.commit();
        session.close();
        assertThat(Jms.drained(direct, in)).isEmpty();
    }

    @Test
    void outcomeThatCannotBeFoundOutIsSaidToBeUnknown() throws Exception {
        Session session = transacted("?requestTimeout=5000&reconnectMaxDelay=100");
        Jms.send(session, out, "a");
        holdAnswers();
        Background<Void> commit = Background.run(session::commit);
        Jms.eventually("the broker has done it", () -> browsed(out) == 1);
        proxy.refuse(true);
        cut();
        assertThatThrownBy(commit::result)
                .isInstanceOf(JMSException.class)
                .isNotInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("not known");
        proxy.refuse(false);
        awaitLink(session);
        Jms.send(session, out, "b");
        session.commit();
        assertThat(Jms.drained(direct, out)).containsExactly("a", "b");
    }

    @Test
    void outcomeIsUnknownWhereNoConnectionFollows() throws Exception {
        Session session = transacted("?reconnect=false");
        Jms.send(session, out, "a");
        holdAnswers();
        Background<Void> commit = Background.run(session::commit);
        Jms.eventually("the broker has done it", () -> browsed(out) == 1);
        cut();
        assertThatThrownBy(commit::result)
                .isInstanceOf(JMSException.class)
                .isNotInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("not known");
    }

    @Test
    void commitThatABrokerDoesNotAnswerInTimeIsAskedForOverAnotherConnection() throws Exception {
        Session session = transacted("?requestTimeout=5000");
        Jms.send(session, out, "a");
        holdAnswers();
        Background<Void> commit = Background.run(session::commit);
        assertThat(told.poll(Jms.WAIT, TimeUnit.MILLISECONDS))
                .as("it gives its connection up")
                .isNotNull();
        proxy.passAnswers();
        commit.result();
        assertThat(Jms.drained(direct, out)).containsExactly("a");
    }

    @Test
    void whateverIsCutEachMessageIsTakenAndAnsweredOnce() throws Exception {
        long seed = Long.getLong("fulmar.seed", 4711);
        Random random = new Random(seed);
        Session session = transacted("?reconnectDelay=1&reconnectMaxDelay=5&transactionBuffer=" + random.nextInt(600));
        MessageConsumer consumer = session.createConsumer(in);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            expected.add("m" + i);
            send("m" + i);
        }
        int committed = 0;
        Background<Void> cutting = Background.run(() -> {
            Random pauses = new Random(seed);
            for (int i = 0; i < 40; i++) {
                TimeUnit.MICROSECONDS.sleep(pauses.nextInt(30_000));
                proxy.cut();
            }
        });
        while (committed < 100) {
            int batch = 1 + random.nextInt(3);
            List<String> got = new ArrayList<>();
            for (int i = 0; i < batch && committed + got.size() < 100; i++) {
                Message next = consumer.receive(Jms.WAIT);
                assertThat(next).as("seed %d, after %d", seed, committed).isNotNull();
                got.add(Jms.text(next));
                Jms.send(session, out, Jms.text(next));
            }
            try {
                session.commit();
                committed += got.size();
            } catch (TransactionRolledBackException e) {
                // all of it comes again
            }
        }
        cutting.result();
        awaitLink(session);
        assertThat(consumer.receive(100)).as("seed %d", seed).isNull();
        session.close();
        assertThat(Jms.drained(direct, in)).as("seed %d", seed).isEmpty();
        assertThat(drained(out)).as("seed %d", seed).isEqualTo(expected);
    }
}
