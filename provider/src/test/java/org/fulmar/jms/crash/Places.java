package org.fulmar.jms.crash;

import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;

/**
 * Where the messages of one cell are: they are moved from a queue to another, and from a durable subscription to another
 * one, by the same transactions. Stateless.
 */
enum Places {
    FROM_QUEUE("from"),
    FROM_SUBSCRIPTION("from-events"),
    TO_QUEUE("to"),
    TO_SUBSCRIPTION("to-events");

    /** What a message is called, in the log of the matrix; unique in its cell. */
    static final String TOKEN = "token";
    /** The transaction that has put a message where it is. */
    static final String TRANSACTION = "moved";
    /** How many messages that transaction has put anywhere. */
    static final String OF = "ofMoved";

    private final String prefix;

    Places(String prefix) {
        this.prefix = prefix;
    }

    private boolean isQueue() {
        return this == FROM_QUEUE || this == TO_QUEUE;
    }

    /** Whether messages are here before they are moved. */
    boolean isSource() {
        return this == FROM_QUEUE || this == FROM_SUBSCRIPTION;
    }

    /** The name of the queue or topic, which is also its RocketMQ topic. */
    String in(String cell) {
        return prefix + "-" + cell;
    }

    Destination destination(Session session, String cell) throws JMSException {
        return isQueue() ? session.createQueue(in(cell)) : session.createTopic(in(cell));
    }

    /** A consumer of the queue or the durable subscription, which is made if it is not there. */
    MessageConsumer consumer(Session session, String cell) throws JMSException {
        return isQueue()
                ? session.createConsumer(session.createQueue(in(cell)))
                : session.createDurableConsumer(session.createTopic(in(cell)), in(cell));
    }

    /** The client identifier that a cell's subscriptions belong to. */
    static String clientId(String cell) {
        return "mover-" + cell;
    }
}
