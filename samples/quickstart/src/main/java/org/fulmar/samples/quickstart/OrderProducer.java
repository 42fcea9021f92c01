package org.fulmar.samples.quickstart;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import jakarta.jms.Queue;

/**
 * Sends orders, each persistent and confirmed. A send whose answer the broker's death has swallowed is repeated by itself,
 * and stored once. Runs on a thread of its own.
 */
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
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("orders");
            JMSProducer producer = context.createProducer();
            for (int order = ledger.nextOrder(); order >= 0; order = ledger.nextOrder()) {
                producer.setProperty("number", order).send(queue, "order " + order + " " + DETAILS);
                ledger.confirmed(order);
            }
        }
    }
}
