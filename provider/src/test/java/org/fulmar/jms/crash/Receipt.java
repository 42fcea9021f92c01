package org.fulmar.jms.crash;

import jakarta.jms.JMSException;
import jakarta.jms.Message;

/**
 * A message that an application was handed.
 *
 * @param by the transaction that it was received in
 * @param times its JMSXDeliveryCount
 */
record Receipt(Places place, String token, String by, boolean flagged, int times) {
    static Receipt of(Places place, Message message, String by) throws JMSException {
        return new Receipt(
                place,
                message.getStringProperty(Places.TOKEN),
                by,
                message.getJMSRedelivered(),
                message.getIntProperty("JMSXDeliveryCount"));
    }

    /** Its form between processes. */
    String text() {
        return place + " " + token + " " + by + " " + flagged + " " + times;
    }

    static Receipt parse(String text) {
        String[] words = text.split(" ");
        return new Receipt(
                Places.valueOf(words[0]),
                words[1],
                words[2],
                Boolean.parseBoolean(words[3]),
                Integer.parseInt(words[4]));
    }

    boolean isFlagged() {
        return flagged && times >= 2;
    }

    @Override
    public String toString() {
        return token + " from " + place + " in " + by + " (redelivered " + flagged + ", count " + times + ")";
    }
}
