package org.fulmar.samples.quickstart;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Queue;

/** Sends orders, each persistent and confirmed; connects again when the broker is gone. Runs on a thread of its own. */
final class OrderProducer implements Runnable {
    private static final String DETAILS = "x".repeat(200);

    private final ConnectionFactory factory;
    private final Ledger ledger;

    OrderProducer(ConnectionFactory factory, Ledger ledger) {
        this.factory = factory;
        this.ledger = ledger;
    }

    @Override
    public void run() {
        boolean more = true;
        while (more) {
            try (JMSContext context = factory.createContext()) {
                more = send(context);
            } catch (JMSRuntimeException e) {
                more = Retry.later(ledger);
            }
        }
    }

    /** Whether there is more to send when the connection has ended. */
    private boolean send(JMSContext context) {
        Queue queue = context.createQueue("orders");
        JMSProducer producer = context.createProducer();
        int order = ledger.nextOrder();
        while (order >= 0) {
            try {
                producer.setProperty("number", order).send(queue, "order " + order + " " + DETAILS);
            } catch (JMSRuntimeException e) {
                ledger.inDoubt(order);
                return Retry.later(ledger);
            }
            ledger.confirmed(order);
            order = ledger.nextOrder();
        }
        return false;
    }
}
