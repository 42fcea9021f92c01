package org.fulmar.jms.kill;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.util.Random;

/**
 * On one connection that it keeps, makes and closes sessions and consumers at random, recovers, stops and starts, while
 * the broker comes and goes. One thread, its own. The order of what it gets is not judged.
 */
final class StormWanderer extends StormWorker {
    private static final int MOST_CALLS = 40;
    private static final long RECEIVE_MILLIS = 20;

    private final Random random;
    private final Connection connection;
    private final boolean client;
    private final StormReceipts receipts;

    StormWanderer(
            String name,
            boolean client,
            long seed,
            Connection connection,
            Progress progress,
            StormLife life,
            StopSignal stop,
            Path histories) {
        super(name, stop, histories);
        this.client = client;
        this.random = new Random(seed + name.hashCode());
        this.connection = connection;
        this.receipts = new StormReceipts(
                this, StormTraffic.WANDERERS, StormTraffic.WANDERERS.queue(), "", false, progress, life);
    }

    @Override
    void work() throws JMSException {
        while (!stopSignal().isSet()) {
            Session session = connection.createSession(client ? Session.CLIENT_ACKNOWLEDGE : Session.AUTO_ACKNOWLEDGE);
            for (int i = random.nextInt(3); i >= 0 && !stopSignal().isSet(); i--) {
                wander(session);
            }
            session.close();
        }
    }

    private void wander(Session session) throws JMSException {
        MessageConsumer consumer = session.createConsumer(session.createQueue(StormTraffic.WANDERERS.destination()));
        receipts.opened();
        for (int i = random.nextInt(MOST_CALLS); i >= 0 && !stopSignal().isSet(); i--) {
            Message message = random.nextInt(4) == 0 ? consumer.receiveNoWait() : consumer.receive(RECEIVE_MILLIS);
            if (message != null) {
                receipts.received(message, 1);
                afterwards(session, message);
            }
        }
        consumer.close();
    }

    private void afterwards(Session session, Message message) throws JMSException {
        int dice = random.nextInt(20);
        if (client && dice < 8) {
            acknowledge(message);
        } else if (dice == 8) {
            receipts.forget();
            session.recover();
        } else if (dice == 9) {
            connection.stop();
            connection.start();
        }
    }

    private void acknowledge(Message message) {
        try {
            message.acknowledge();
            receipts.confirmAll();
        } catch (JMSException e) {
            receipts.forget();
            if (!String.valueOf(e.getMessage()).contains("lost")) {
                failed(e);
            }
        }
    }
}
