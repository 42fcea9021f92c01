package org.fulmar.bench;

import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.util.concurrent.TimeUnit;

/**
 * One pass over a queue that holds messages numbered from 0: throws where one is missing, comes twice or comes out of
 * turn. Used by one thread.
 */
final class NumberedQueue implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 20;
    private static final int FILL_BATCH = 100;

    private final String queue;
    private final MessageConsumer consumer;
    private final byte[] rest;
    private long next;

    NumberedQueue(Session session, BenchOptions options, String queue) throws JMSException {
        this.queue = queue;
        this.consumer = session.createConsumer(session.createQueue(queue));
        this.rest = new byte[options.size - Long.BYTES];
    }

    /** Sends {@code --backlog} messages to a queue, in transactions. */
    static void fill(Transactions transactions, BenchOptions options, String queue) throws Exception {
        MessageSender sender = new MessageSender(transactions.session(), options, queue);
        for (int sent = 0; sent < options.backlog; ) {
            transactions.begin();
            for (int end = Math.min(sent + FILL_BATCH, options.backlog); sent < end; sent++) {
                sender.send(sent, stamp -> {});
            }
            transactions.commit();
        }
        sender.close();
    }

    /** Receives the next message, reads its whole body and returns its number. */
    long receive() throws JMSException {
        Message message = consumer.receive(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        if (message == null) {
            throw new JMSException("message " + next + " of " + queue + " did not come in " + PATIENCE_SECONDS + " s");
        }
        BytesMessage bytes = (BytesMessage) message;
        long number = bytes.readLong();
        if (number != next || rest.length > 0 && bytes.readBytes(rest) != rest.length) {
            throw new JMSException("message " + number + " of " + queue + " came, and not whole or not in its turn: "
                    + next + " was due");
        }
        next++;
        return number;
    }

    @Override
    public void close() throws JMSException {
        consumer.close();
    }
}
