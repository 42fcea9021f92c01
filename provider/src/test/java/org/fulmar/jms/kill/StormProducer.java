package org.fulmar.jms.kill;

import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.kill.HistoryEvent.Kind;

/**
 * Sends numbered persistent messages over one session as long as it lives, at a bounded rate; each send waited for, or
 * each with a completion listener.
 *
 * <p>Works on its own thread; completions are written on the provider's. It holds back while more than {@value
 * #LARGEST_BACKLOG} messages of its destination have not been received.
 */
final class StormProducer extends StormWorker {
    private static final int LARGEST_BACKLOG = 400;

    private final StormTraffic traffic;
    private final boolean async;
    private final long intervalNanos;
    private final Random random;
    private final Progress progress;
    private final Session session;
    private final MessageProducer producer;
    private long next;

    StormProducer(
            String name,
            StormTraffic traffic,
            boolean async,
            int perSecond,
            long seed,
            Connection connection,
            Progress progress,
            StopSignal stop,
            Path histories)
            throws JMSException {
        super(name, stop, histories);
        this.traffic = traffic;
        this.async = async;
        this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.random = new Random(seed + name.hashCode());
        this.progress = progress;
        this.session = connection.createSession();
        this.producer = session.createProducer(
                traffic.isTopic()
                        ? session.createTopic(traffic.destination())
                        : session.createQueue(traffic.destination()));
    }

    @Override
    void work() throws JMSException {
        long due = System.nanoTime();
        while (!stopSignal().isSet()) {
            long early = due - System.nanoTime();
            if (early > 0 && stopSignal().awaitNanos(early)) {
                return;
            }
            if (progress.missing(traffic.destination()) < LARGEST_BACKLOG) {
                send();
            }
            due = Math.max(due + intervalNanos, System.nanoTime() - intervalNanos);
        }
    }

    private void send() throws JMSException {
        MessageId id = new MessageId(traffic.destination(), name(), next++);
        TextMessage message = session.createTextMessage(LoadMessage.text(id));
        long delay = traffic.delay(random);
        traffic.stamp(message, id, System.currentTimeMillis() + delay);
        producer.setDeliveryDelay(delay);
        long checksum = LoadMessage.checksum(message.getText());
        write(HistoryEvent.send(Kind.SEND_ATTEMPT, System.nanoTime(), id, checksum));
        if (async) {
            producer.send(message, new Outcome(id, checksum));
        } else {
            producer.send(message);
            sent(id, checksum);
        }
    }

    private void sent(MessageId id, long checksum) {
        write(HistoryEvent.send(Kind.SEND_OK, System.nanoTime(), id, checksum));
        progress.sent(id);
        succeeded();
    }

    private final class Outcome implements CompletionListener {
        private final MessageId id;
        private final long checksum;

        Outcome(MessageId id, long checksum) {
            this.id = id;
            this.checksum = checksum;
        }

        @Override
        public void onCompletion(Message message) {
            sent(id, checksum);
        }

        @Override
        public void onException(Message message, Exception e) {
            write(HistoryEvent.send(Kind.SEND_FAILED, System.nanoTime(), id, checksum));
            failed(e);
        }
    }
}
