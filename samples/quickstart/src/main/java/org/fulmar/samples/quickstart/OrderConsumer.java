package org.fulmar.samples.quickstart;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;

/**
 * Takes orders and acknowledges each. That the broker dies and comes back is nothing to it: the connection is made again
 * by itself. Runs on a thread of its own.
 */
final class OrderConsumer implements Runnable {
    private static final long WAIT_MILLIS = 200;

    private final ConnectionFactory factory;
    private final Ledger ledger;

    OrderConsumer(ConnectionFactory factory, Ledger ledger) {
        this.factory = factory;
        this.ledger = ledger;
    }

    @Override
    public void run() {
        try (JMSContext context = factory.createContext()) {
            JMSConsumer consumer = context.createConsumer(context.createQueue("orders"));
            while (!ledger.ended()) {
                Message order = consumer.receive(WAIT_MILLIS);
                if (order != null) {
                    ledger.received(order.getIntProperty("number"), order.getJMSRedelivered());
                }
            }
        } catch (JMSException e) {
            throw new IllegalStateException("an order has no number", e);
        }
    }
}
