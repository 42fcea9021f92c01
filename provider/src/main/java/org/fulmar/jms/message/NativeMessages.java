package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.fulmar.client.Message;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.MessageProperties;

/**
 * For applications that use the native client and JMS on the same topics: reads what a JMS client has sent, with its kind
 * and the types of its properties, and makes what a JMS client will see as a message of that kind. Stateless.
 */
public final class NativeMessages {
    private NativeMessages() {}

    /**
     * A received message as a JMS consumer would see it: read-only, with the topic as its destination, delivered once
     * more than it was given back. A message of a native producer is a BytesMessage, unless it says what it is.
     *
     * @param policy for an ObjectMessage
     * @throws JMSException if the message is damaged, or holds what no JMS client could have sent
     */
    public static jakarta.jms.Message toJms(ReceivedMessage message, DeserializationPolicy policy) throws JMSException {
        if (message.damage() != null) {
            throw new JMSException("the message can't be read: " + message.damage());
        }
        byte[] block = MessageProperties.format(message.properties()).getBytes(StandardCharsets.UTF_8);
        FulmarMessage made = MessageMapping.fromWire(
                message.flag(),
                ByteSlice.of(block),
                ByteSlice.of(message.body()),
                message.bornTimestamp(),
                new Reading(policy, false));
        made.received(new ReceiptInfo(new FulmarQueue(message.topic()), message.reconsumeTimes() + 1, null));
        return made;
    }

    /**
     * A message for the native producer: JMS consumers of the topic see it as {@code message}, without the headers that a
     * send of JMS would set. Expiration, delivery delay and priority are not carried; the native message may have a delay
     * of its own.
     *
     * @param message of any provider
     * @throws JMSException if it can't be read
     */
    public static Message toNative(String topic, jakarta.jms.Message message, DeserializationPolicy policy)
            throws JMSException {
        FulmarMessage copy = ForeignMessages.copyOf(message, policy);
        WireMessage wire = MessageMapping.toWire(copy);
        Message.Builder made =
                Message.builder(topic).flag(wire.flag() & ~JmsFlag.NO_TIMESTAMP).body(wire.body());
        for (Map.Entry<String, String> property :
                MessageProperties.parse(wire.properties()).entrySet()) {
            made.system(property.getKey(), property.getValue());
        }
        return made.build();
    }
}
