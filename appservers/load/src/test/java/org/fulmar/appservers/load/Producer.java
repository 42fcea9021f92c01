package org.fulmar.appservers.load;

import static org.awaitility.Awaitility.await;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import jakarta.jms.Queue;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.fulmar.appservers.load.app.LedgerBean;

/**
 * Sends the numbers from 0 on, each once, in transactions of a session, and stays ahead of those who receive by some. A
 * commit returns only when it is certain, also over a kill of the broker. Its thread is its own.
 */
final class Producer implements Runnable {
    private static final int BATCH = 500;
    private static final int AHEAD = 20_000;
    /** A kill of the server and its recovery are shorter. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final ConnectionFactory factory;
    private final int count;
    private final LongSupplier received;
    private final AtomicLong sent = new AtomicLong();

    Producer(ConnectionFactory factory, int count, LongSupplier received) {
        this.factory = factory;
        this.count = count;
        this.received = received;
    }

    @Override
    public void run() {
        try (JMSContext context = factory.createContext(JMSContext.SESSION_TRANSACTED)) {
            Queue queue = context.createQueue(LedgerBean.QUEUE);
            JMSProducer producer = context.createProducer();
            byte[] body = new byte[256];
            for (int number = 0; number < count; ) {
                long before = sent.get();
                await("receivers to follow")
                        .atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> before - received.getAsLong() < AHEAD);
                int end = Math.min(count, number + BATCH);
                for (; number < end; number++) {
                    producer.setProperty(LedgerBean.NUMBER, number).send(queue, body);
                }
                context.commit();
                sent.set(number);
            }
        }
    }

    /** Messages whose commit has returned. */
    long sent() {
        return sent.get();
    }
}
