package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.CompletionListener;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Listeners of transacted sessions: those of consumers, which may end the transaction, and of completions, which must not. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TransactedListenerTest extends TransactedSetUp {
    @Test
    void listenersMayCommitAndRollBack() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        session.createConsumer(queue).setMessageListener(message -> {
            String text = Jms.seen(message);
            heard.add(text);
            try {
                if (text.endsWith("!") || text.startsWith("fail")) {
                    sendInTransaction(other, "never");
                    session.rollback();
                } else {
                    sendInTransaction(other, text);
                    session.commit();
                }
            } catch (JMSException e) {
                heard.add(e.toString());
            }
        });
        send(queue, "a", "b!", "c");
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS));
        }
        assertThat(all).containsExactly("a", "b!", "b!*2", "c");
        Jms.eventually("the last is committed", () -> Jms.browsed(direct, other) == 3);
        assertThat(drained(other)).containsExactly("a", "b!*2", "c");
    }

    @Test
    void listenerThatFailsLeavesTheTransactionToTheClient() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        session.createConsumer(queue).setMessageListener(message -> {
            heard.add(Jms.seen(message));
            if (Jms.text(message).equals("a")) {
                throw new RuntimeException("on purpose");
            }
            try {
                if (Jms.seen(message).equals("b")) {
                    session.rollback();
                } else {
                    session.commit();
                }
            } catch (JMSException e) {
                heard.add(e.toString());
            }
        });
        send(queue, "a", "b");
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS));
        }
        assertThat(all).containsExactly("a", "b", "a*2", "b*2");
        session.close();
        assertThat(drained(queue)).isEmpty();
    }

    @Test
    void commitWaitsForCompletionListenersWhichMustNotCallIt() throws Exception {
        MessageProducer producer = session.createProducer(queue);
        CountDownLatch release = new CountDownLatch(1);
        List<String> told = new ArrayList<>();
        CompletionListener listener = new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                Jms.pass(release);
                for (Background.Work work : List.<Background.Work>of(session::commit, session::rollback)) {
                    try {
                        work.run();
                        told.add("done");
                    } catch (Exception e) {
                        told.add(e.getClass().getSimpleName());
                    }
                }
            }

            @Override
            public void onException(Message message, Exception e) {
                told.add(e.toString());
            }
        };
        producer.send(session.createTextMessage("a"), listener);
        Background<Void> commit = Background.run(session::commit).awaitBlocked();
        assertThat(commit.isDone()).isFalse();
        assertThat(drained(queue)).isEmpty();
        release.countDown();
        commit.result();
        assertThat(told).containsExactly("IllegalStateException", "IllegalStateException");
        assertThat(drained(queue)).containsExactly("a");
    }
}
