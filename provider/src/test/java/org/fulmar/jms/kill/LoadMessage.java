package org.fulmar.jms.kill;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32;

/**
 * What the load writes into a message and reads out of it again.
 *
 * <p>Stateless, for any thread. The text is a function of the id, between 40 and some 600 characters long; a message
 * that is none of the load's reads as producer {@code ?} with a number that nobody sent.
 */
final class LoadMessage {

    private static final String PRODUCER = "producer";
    private static final String SEQ = "seq";
    private static final String DELIVERY_COUNT = "JMSXDeliveryCount";

    private LoadMessage() {}

    static String text(MessageId id) {
        Random random = new Random(id.hashCode() * 31L + id.seq());
        String line = id + " " + Long.toHexString(random.nextLong()) + " \u00fc\u20ac; ";
        return line.repeat(1 + random.nextInt(15));
    }

    static void stamp(Message message, MessageId id) throws JMSException {
        message.setStringProperty(PRODUCER, id.producer());
        message.setLongProperty(SEQ, id.seq());
    }

    static MessageId id(Message message, Channel channel) throws JMSException {
        boolean ours = message.propertyExists(PRODUCER) && message.propertyExists(SEQ);
        return ours
                ? new MessageId(
                        channel.destination(), message.getStringProperty(PRODUCER), message.getLongProperty(SEQ))
                : new MessageId(channel.destination(), "?", -1);
    }

    /** 0 if the provider did not set it. */
    static int deliveryCount(Message message) throws JMSException {
        String count = message.getStringProperty(DELIVERY_COUNT);
        return count == null ? 0 : Integer.parseInt(count);
    }

    static long checksum(Message message) throws JMSException {
        return message instanceof TextMessage text ? checksum(text.getText()) : 0;
    }

    static long checksum(String text) {
        if (text == null) {
            return 0;
        }
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }
}
