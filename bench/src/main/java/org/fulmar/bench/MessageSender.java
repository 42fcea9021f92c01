package org.fulmar.bench;

import jakarta.jms.BytesMessage;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.util.function.LongConsumer;

/**
 * Sends persistent messages of one size over a session of its own, each carrying a time in its first eight bytes.
 *
 * <p>This one is synchronous: when {@link #send} returns, the provider has confirmed the message, unless the session is
 * transacted. Used by one thread.
 */
class MessageSender {

    private final Session session;
    private final byte[] padding;
    protected final MessageProducer producer;

    MessageSender(Session session, BenchOptions options) throws JMSException {
        this(session, options, options.queue);
    }

    MessageSender(Session session, BenchOptions options, String queue) throws JMSException {
        this.session = session;
        this.padding = new byte[options.size - Long.BYTES];
        this.producer = session.createProducer(session.createQueue(queue));
        producer.setDeliveryMode(DeliveryMode.PERSISTENT);
    }

    /** Sends a message that carries {@code stamp}, which {@code confirmed} gets once the provider confirmed it. */
    void send(long stamp, LongConsumer confirmed) throws JMSException, InterruptedException {
        producer.send(message(stamp));
        confirmed.accept(stamp);
    }

    /** Returns when all that was sent is confirmed; throws if any of it was not. */
    void flush() throws JMSException, InterruptedException {
        // a synchronous send leaves nothing open
    }

    /** Closes the producer; the session stays open. */
    void close() throws JMSException {
        producer.close();
    }

    protected final BytesMessage message(long stamp) throws JMSException {
        BytesMessage message = session.createBytesMessage();
        message.writeLong(stamp);
        message.writeBytes(padding);
        return message;
    }
}
