package org.fulmar.jms.kill;

import jakarta.jms.Connection;
import jakarta.jms.Destination;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TextMessage;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.kill.HistoryEvent.Kind;

/** Requests whose answers come through one temporary queue, which is made once. */
final class StormDialogue {
    private static final long ANSWER_MILLIS = 100;

    private StormDialogue() {}

    /**
     * Asks, and asks anew when no answer comes soon: what was in the temporary queue goes with the broker. One thread,
     * its own.
     */
    static final class Requester extends StormWorker {
        private final Progress progress;
        private final Session session;
        private final MessageProducer producer;
        private final TemporaryQueue answers;
        private final MessageConsumer consumer;
        private final long pauseNanos;
        private long next;

        Requester(String name, int perSecond, Connection connection, Progress progress, StopSignal stop, Path histories)
                throws JMSException {
            super(name, stop, histories);
            this.progress = progress;
            this.pauseNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
            this.session = connection.createSession();
            this.producer = session.createProducer(session.createQueue(StormTraffic.REQUESTS.destination()));
            this.answers = session.createTemporaryQueue();
            this.consumer = session.createConsumer(answers);
        }

        @Override
        void work() throws JMSException {
            while (!stopSignal().awaitNanos(pauseNanos)) {
                MessageId id = new MessageId(StormTraffic.REQUESTS.destination(), name(), next++);
                TextMessage request = session.createTextMessage(LoadMessage.text(id));
                StormTraffic.REQUESTS.stamp(request, id, 0);
                request.setJMSReplyTo(answers);
                long checksum = LoadMessage.checksum(request.getText());
                write(HistoryEvent.send(Kind.SEND_ATTEMPT, System.nanoTime(), id, checksum));
                producer.send(request);
                write(HistoryEvent.send(Kind.SEND_OK, System.nanoTime(), id, checksum));
                progress.sent(id);
                Message answer = consumer.receive(ANSWER_MILLIS);
                if (answer != null) {
                    if (!name().equals(answer.getStringProperty("asker"))) {
                        failed("an answer to another: " + answer);
                    }
                    succeeded();
                }
            }
        }
    }

    /**
     * Answers inside its listener, over the session that it is called by. That the queue of an asker who is not back yet
     * is not there is the one thing that may fail.
     */
    static final class Responder extends StormWorker {
        private final Session session;
        private final MessageProducer producer;
        private final StormReceipts receipts;

        Responder(
                String name, Connection connection, Progress progress, StormLife life, StopSignal stop, Path histories)
                throws JMSException {
            super(name, stop, histories);
            this.session = connection.createSession();
            this.producer = session.createProducer(null);
            this.receipts = new StormReceipts(
                    this, StormTraffic.REQUESTS, StormTraffic.REQUESTS.queue(), "", true, progress, life);
            session.createConsumer(session.createQueue(StormTraffic.REQUESTS.destination()))
                    .setMessageListener(this::onMessage);
        }

        @Override
        void work() {
            while (!stopSignal().awaitMillis(ANSWER_MILLIS)) {
                // the listener does it
            }
        }

        private void onMessage(Message request) {
            try {
                receipts.received(request, 0);
                Destination to = request.getJMSReplyTo();
                Message answer = session.createMessage();
                answer.setJMSCorrelationID(request.getJMSMessageID());
                answer.setStringProperty("asker", request.getStringProperty("producer"));
                producer.send(to, answer);
            } catch (InvalidDestinationException e) {
                // its asker asks again
            } catch (JMSException | RuntimeException e) {
                failed(e);
            }
        }
    }
}
