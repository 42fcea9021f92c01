package org.fulmar.samples.quickstart;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;

/** Takes orders and acknowledges each; connects again when the broker is gone. Runs on a thread of its own. */
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
        while (!ledger.ended()) {
            try (JMSContext context = factory.createContext()) {
                receive(context.createConsumer(context.createQueue("orders")));
            } catch (JMSRuntimeException | JMSException e) {
                Retry.later(ledger);
            }
        }
    }

    private void receive(JMSConsumer consumer) throws JMSException {
        while (!ledger.ended()) {
            Message order = consumer.receive(WAIT_MILLIS);
            if (order != null) {
                ledger.received(order.getIntProperty("number"), order.getJMSRedelivered());
            }
        }
    }
}
