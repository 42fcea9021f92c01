package org.fulmar.jms.kill;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.util.Random;

/**
 * What goes to one destination of the storm: how its messages look beyond their text, and what their order must be.
 *
 * <p>Immutable; used by any thread and by the checker process. What a message carries is a function of its number, so
 * that the checker knows it too; only its delay is random, and its due time stands in it.
 */
enum StormTraffic {
    /** A queue with competing consumers of every kind. */
    ORDERS(false),
    /** A topic with a durable subscription, and a shared durable one of several consumers. */
    EVENTS(true),
    /** A queue of which each consumer takes one colour. */
    COLOURS(false),
    /** A queue of message groups. */
    GROUPS(false),
    /** A queue of delayed messages. */
    DELAYED(false),
    /** A queue of requests that want an answer in a temporary queue. */
    REQUESTS(false),
    /** A queue whose consumers come and go, recover, and are stopped and started. */
    WANDERERS(false);

    private static final int GROUP_COUNT = 8;
    private static final int LONGEST_DELAY_MILLIS = 1_500;
    private static final String[] COLOUR = {"red", "green", "blue"};
    private static final String COLOUR_PROPERTY = "colour";
    private static final String DUE_PROPERTY = "due";

    private final boolean topic;

    StormTraffic(boolean topic) {
        this.topic = topic;
    }

    static StormTraffic of(String destination) {
        return valueOf(destination.substring("storm.".length()).toUpperCase(java.util.Locale.ROOT));
    }

    String destination() {
        return "storm." + name().toLowerCase(java.util.Locale.ROOT);
    }

    boolean isTopic() {
        return topic;
    }

    Channel queue() {
        return Channel.queue(destination());
    }

    /** Whether what one consumer gets of one producer has the order of sending while the broker lives. */
    boolean isOrdered() {
        return this != DELAYED && this != WANDERERS;
    }

    /** The group of a message; null for none. */
    String group(long seq) {
        return this == GROUPS ? "g" + seq % GROUP_COUNT : null;
    }

    static String selector(int colour) {
        return COLOUR_PROPERTY + " = '" + COLOUR[colour] + "'";
    }

    static int colours() {
        return COLOUR.length;
    }

    /** The delivery delay of the next message, in milliseconds. */
    long delay(Random random) {
        return this == DELAYED ? random.nextInt(LONGEST_DELAY_MILLIS) : 0;
    }

    void stamp(Message message, MessageId id, long dueMillis) throws JMSException {
        LoadMessage.stamp(message, id);
        if (this == GROUPS) {
            message.setStringProperty("JMSXGroupID", group(id.seq()));
            message.setIntProperty("JMSXGroupSeq", (int) (id.seq() / GROUP_COUNT) + 1);
        } else if (this == COLOURS) {
            message.setStringProperty(COLOUR_PROPERTY, COLOUR[(int) (id.seq() % COLOUR.length)]);
        } else if (this == DELAYED) {
            message.setLongProperty(DUE_PROPERTY, dueMillis);
        }
    }

    /** What is wrong with a message that came now to the consumer of this selector; null if nothing is. */
    String faultOf(Message message, String selector, long nowMillis) throws JMSException {
        if (this == DELAYED && nowMillis < message.getLongProperty(DUE_PROPERTY)) {
            return (message.getLongProperty(DUE_PROPERTY) - nowMillis) + " ms early";
        }
        if (this == COLOURS && !selector.contains("'" + message.getStringProperty(COLOUR_PROPERTY) + "'")) {
            return message.getStringProperty(COLOUR_PROPERTY) + " came to " + selector;
        }
        return null;
    }
}
