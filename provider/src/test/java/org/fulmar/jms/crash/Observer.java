package org.fulmar.jms.crash;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.XAConnection;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.fulmar.jms.FulmarConnectionFactory;

/** Puts the messages of a cell where they are to be moved from, and finds where they are in the end. Used by one thread. */
final class Observer implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final String NOBODY = "nobody";

    private final FulmarConnectionFactory factory;

    Observer(int port) {
        factory = new FulmarConnectionFactory("fulmar://127.0.0.1:" + port + "?reconnect=false");
    }

    private Connection connect(String cell) throws JMSException {
        Connection connection = factory.createConnection();
        connection.setClientID(Places.clientId(cell));
        connection.start();
        return connection;
    }

    void seed(String cell, int queued, int events, CellHistory history) throws JMSException {
        try (Connection connection = connect(cell)) {
            Session session = connection.createSession(Session.SESSION_TRANSACTED);
            Places.FROM_SUBSCRIPTION.consumer(session, cell).close();
            Places.TO_SUBSCRIPTION.consumer(session, cell).close();
            Places.TO_QUEUE.consumer(session, cell).close();
            seed(session, Places.FROM_QUEUE, cell, queued, history);
            seed(session, Places.FROM_SUBSCRIPTION, cell, events, history);
            session.commit();
        }
    }

    private static void seed(Session session, Places place, String cell, int count, CellHistory history)
            throws JMSException {
        try (MessageProducer producer = session.createProducer(place.destination(session, cell))) {
            for (int i = 0; i < count; i++) {
                String token = (place == Places.FROM_QUEUE ? "m" : "e") + i;
                Message message = session.createMessage();
                message.setStringProperty(Places.TOKEN, token);
                producer.send(message);
                history.seed(place, token);
            }
        }
    }

    /** Takes all that is there; waits until it is as much as is expected, and looks whether it is more. */
    void drain(String cell, CellHistory history, int expected) throws JMSException {
        try (Connection connection = connect(cell)) {
            Session session = connection.createSession(Session.AUTO_ACKNOWLEDGE);
            Map<Places, MessageConsumer> consumers = new EnumMap<>(Places.class);
            for (Places place : Places.values()) {
                consumers.put(place, place.consumer(session, cell));
            }
            long begun = System.nanoTime();
            int count = 0;
            while (count < expected && System.nanoTime() - begun < PATIENCE_NANOS) {
                count += receiveAll(consumers, history);
            }
            receiveAll(consumers, history);
        }
    }

    private static int receiveAll(Map<Places, MessageConsumer> consumers, CellHistory history) throws JMSException {
        int count = 0;
        for (Map.Entry<Places, MessageConsumer> entry : consumers.entrySet()) {
            for (Message message = entry.getValue().receiveNoWait();
                    message != null;
                    message = entry.getValue().receiveNoWait()) {
                count++;
                history.add(new CellHistory.Found(
                        Receipt.of(entry.getKey(), message, NOBODY),
                        message.getStringProperty(Places.TRANSACTION),
                        message.propertyExists(Places.OF) ? message.getIntProperty(Places.OF) : 0));
            }
        }
        return count;
    }

    /** What is there though all was taken. */
    List<String> left(String cell) throws JMSException {
        CellHistory history = new CellHistory();
        drain(cell, history, 0);
        List<String> left = new ArrayList<>();
        history.all(CellHistory.Found.class).forEach(found -> left.add(cell + ": " + found));
        return left;
    }

    /** Branches in doubt, of whatever manager. */
    int inDoubt() throws JMSException, XAException {
        try (XAConnection connection = factory.createXAConnection()) {
            XAResource resource = connection.createXASession().getXAResource();
            return resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN).length;
        }
    }

    @Override
    public void close() {
        factory.close();
    }
}
