package org.fulmar.jms.kill;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.kill.HistoryEvent.Kind;

/**
 * Sends persistent, numbered messages to one destination, one after the other, at a bounded rate.
 *
 * <p>Works on its own thread alone. The attempt is in the history before {@code send} is called. A send that throws
 * is recorded as unknown and never tried again; the next message has the next number. It holds back while more than
 * {@value #LARGEST_BACKLOG} messages of its destination have not been received, so that the final drain is short.
 */
final class ProducerWorker extends LoadWorker {

    private static final int LARGEST_BACKLOG = 500;

    private final String name;
    private final Channel target;
    private final boolean topic;
    private final long intervalNanos;
    private final StopSignal stop;
    private long next;

    ProducerWorker(
            String name,
            Channel target,
            boolean topic,
            int perSecond,
            StopSignal stop,
            ConnectionFactory factory,
            Path directory,
            Progress progress) {
        super(name, factory, directory, progress);
        this.name = name;
        this.target = target;
        this.topic = topic;
        this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.stop = stop;
    }

    @Override
    protected StopSignal stopSignal() {
        return stop;
    }

    @Override
    protected void workOnOneConnection(StopSignal stop) throws JMSException {
        try (Connection connection = factory.createConnection()) {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            MessageProducer producer = session.createProducer(
                    topic ? session.createTopic(target.destination()) : session.createQueue(target.destination()));
            producer.setDeliveryMode(DeliveryMode.PERSISTENT);
            connected();
            long due = System.nanoTime();
            while (!stop.isSet()) {
                long early = due - System.nanoTime();
                if (early > 0 && stop.awaitNanos(early)) {
                    return;
                }
                if (progress.missing(target.destination()) < LARGEST_BACKLOG) {
                    send(session, producer);
                }
                due = Math.max(due + intervalNanos, System.nanoTime() - intervalNanos);
            }
        }
    }

    private void send(Session session, MessageProducer producer) throws JMSException {
        MessageId id = new MessageId(target.destination(), name, next++);
        TextMessage message = session.createTextMessage(LoadMessage.text(id));
        LoadMessage.stamp(message, id);
        long checksum = LoadMessage.checksum(message.getText());
        history.write(HistoryEvent.send(Kind.SEND_ATTEMPT, System.nanoTime(), id, checksum));
        try {
            producer.send(message);
        } catch (JMSException | RuntimeException e) {
            history.write(HistoryEvent.send(Kind.SEND_FAILED, System.nanoTime(), id, checksum));
            throw e;
        }
        history.write(HistoryEvent.send(Kind.SEND_OK, System.nanoTime(), id, checksum));
        progress.sent(id);
    }
}
