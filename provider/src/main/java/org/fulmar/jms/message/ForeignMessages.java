package org.fulmar.jms.message;

import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageEOFException;
import jakarta.jms.ObjectMessage;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import java.util.Enumeration;

/**
 * Makes messages of ours from those of other providers, which a send must accept (section 3.12). Stateless; the message
 * that is read belongs to the calling thread meanwhile.
 */
public final class ForeignMessages {

    private static final int CHUNK = 8_192;

    private ForeignMessages() {}

    /**
     * Copies a message for sending: body, properties and the headers that the client sets. The headers that the send
     * sets and the properties that providers set are left out. The body of a bytes or stream message must be reset to
     * be read, so those messages end up in read mode, at their beginning.
     *
     * @param policy for the copy of an ObjectMessage
     * @throws JMSException if the other message can't be read, or has a property that we can't carry
     */
    public static FulmarMessage copyOf(Message message, DeserializationPolicy policy) throws JMSException {
        FulmarMessage copy = copyBody(message, policy);
        copy.setJMSCorrelationID(message.getJMSCorrelationID());
        copy.setJMSReplyTo(message.getJMSReplyTo());
        copy.setJMSType(message.getJMSType());
        Enumeration<?> names = message.getPropertyNames();
        while (names.hasMoreElements()) {
            String name = (String) names.nextElement();
            if (!PropertyNames.isSetByProviders(name)) {
                copy.setObjectProperty(name, message.getObjectProperty(name));
            }
        }
        return copy;
    }

    /** Sets in the message that a client gave the headers that the send has set in our copy of it (section 3.4.11). */
    public static void copySentHeaders(FulmarMessage sent, Message message) throws JMSException {
        message.setJMSDestination(sent.getJMSDestination());
        message.setJMSDeliveryMode(sent.getJMSDeliveryMode());
        message.setJMSPriority(sent.getJMSPriority());
        message.setJMSMessageID(sent.getJMSMessageID());
        message.setJMSTimestamp(sent.getJMSTimestamp());
        message.setJMSExpiration(sent.getJMSExpiration());
        message.setJMSDeliveryTime(sent.getJMSDeliveryTime());
    }

    private static FulmarMessage copyBody(Message message, DeserializationPolicy policy) throws JMSException {
        if (message instanceof TextMessage) {
            return new FulmarTextMessage(((TextMessage) message).getText());
        }
        if (message instanceof BytesMessage) {
            return copyBytes((BytesMessage) message);
        }
        if (message instanceof MapMessage) {
            return copyMap((MapMessage) message);
        }
        if (message instanceof StreamMessage) {
            return copyStream((StreamMessage) message);
        }
        if (message instanceof ObjectMessage) {
            FulmarObjectMessage copy = new FulmarObjectMessage(policy);
            copy.setObject(((ObjectMessage) message).getObject());
            return copy;
        }
        return new FulmarMessage();
    }

    private static FulmarMessage copyBytes(BytesMessage message) throws JMSException {
        FulmarBytesMessage copy = new FulmarBytesMessage();
        byte[] chunk = new byte[CHUNK];
        message.reset();
        int count = message.readBytes(chunk);
        while (count > 0) {
            copy.writeBytes(chunk, 0, count);
            count = message.readBytes(chunk);
        }
        message.reset();
        return copy;
    }

    private static FulmarMessage copyMap(MapMessage message) throws JMSException {
        FulmarMapMessage copy = new FulmarMapMessage();
        Enumeration<?> names = message.getMapNames();
        while (names.hasMoreElements()) {
            String name = (String) names.nextElement();
            copy.setObject(name, message.getObject(name));
        }
        return copy;
    }

    private static FulmarMessage copyStream(StreamMessage message) throws JMSException {
        FulmarStreamMessage copy = new FulmarStreamMessage();
        message.reset();
        boolean more = true;
        while (more) {
            more = copyNext(message, copy);
        }
        message.reset();
        return copy;
    }

    private static boolean copyNext(StreamMessage message, FulmarStreamMessage copy) throws JMSException {
        Object value;
        try {
            value = message.readObject();
        } catch (MessageEOFException e) {
            // The API has no other way to tell that the stream is at its end.
            return false;
        }
        copy.writeObject(value);
        return true;
    }
}
