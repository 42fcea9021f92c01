package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sends messages through the wire form, for tests. */
final class Wire {

    static final DeserializationPolicy POLICY = DeserializationPolicy.jdkValuesOnly();
    static final Reading READING = new Reading(POLICY, false);

    private Wire() {}

    @SuppressWarnings("unchecked")
    static <T extends FulmarMessage> T trip(T message) throws JMSException {
        FulmarMessage received = MessageMapping.fromWire(MessageMapping.toWire(message), POLICY);
        received.received(new ReceiptInfo(null, 1, null));
        return (T) received;
    }

    /** What a native consumer sees, read as RocketMQ reads it. */
    static Map<String, String> properties(byte[] block) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String entry : new String(block, StandardCharsets.UTF_8).split("\u0002")) {
            int separator = entry.indexOf('\u0001');
            if (separator > 0 && separator + 1 < entry.length()) {
                found.put(entry.substring(0, separator), entry.substring(separator + 1));
            }
        }
        return found;
    }

    static Map<String, String> properties(FulmarMessage message) throws JMSException {
        return properties(MessageMapping.toWire(message).properties());
    }

    /** A message of a native producer; names and values in turn. */
    static FulmarMessage ofNative(byte[] body, String... properties) throws JMSException {
        return ofNative(READING, body, properties);
    }

    static FulmarMessage ofNative(Reading reading, byte[] body, String... properties) throws JMSException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < properties.length; i += 2) {
            text.append(properties[i])
                    .append('\u0001')
                    .append(properties[i + 1])
                    .append('\u0002');
        }
        byte[] block = text.toString().getBytes(StandardCharsets.UTF_8);
        return MessageMapping.fromWire(0, ByteSlice.of(block), ByteSlice.of(body), 1_000, reading);
    }

    static List<String> propertyNames(FulmarMessage message) throws JMSException {
        return Collections.list(message.getPropertyNames());
    }
}
