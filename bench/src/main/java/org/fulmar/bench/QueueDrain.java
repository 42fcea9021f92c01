package org.fulmar.bench;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.util.concurrent.TimeUnit;

/** Empties a run's queue with one consumer after the run, on the calling thread. */
final class QueueDrain {

    private static final long FIRST_MILLIS = 5_000;
    private static final long NEXT_MILLIS = 500;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

    private QueueDrain() {}

    /** Receives up to {@code expected} messages, fewer if none is left or a minute is over; returns how many. */
    static long drain(ConnectionFactory factory, String queue, long expected) throws JMSException {
        try (Connection connection = factory.createConnection();
                Session session = connection.createSession(false, Session.DUPS_OK_ACKNOWLEDGE);
                MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
            connection.start();
            long started = System.nanoTime();
            long drained = 0;
            while (drained < expected
                    && System.nanoTime() - started < LONGEST_NANOS
                    && consumer.receive(drained == 0 ? FIRST_MILLIS : NEXT_MILLIS) != null) {
                drained++;
            }
            return drained;
        }
    }
}
