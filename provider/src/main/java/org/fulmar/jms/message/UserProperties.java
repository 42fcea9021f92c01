package org.fulmar.jms.message;

import java.util.Map;
import org.fulmar.protocol.message.Escapes;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.PropertyType;
import org.jspecify.annotations.Nullable;

/**
 * Writes user properties under their own names and as plain text, so that native consumers can read them, and what type
 * each had, so that ours get it back. {@link WireProperties} is the other direction. Stateless.
 */
final class UserProperties {

    private UserProperties() {}

    /** Puts one property that must not be among those that may move: its value, whose type {@link #put} tells. */
    static void putFirst(GrowingBytes out, String name, String value) {
        putValue(out, name, PropertyType.of(value), value);
    }

    /** Puts all, but of the one that was put first only the type. */
    static void put(GrowingBytes out, Map<String, @Nullable Object> properties, @Nullable String first) {
        StringBuilder types = null;
        for (Map.Entry<String, @Nullable Object> property : properties.entrySet()) {
            Object value = property.getValue();
            char type = PropertyType.of(value);
            if (type != PropertyType.PLAIN) {
                types = types == null ? new StringBuilder(64) : types.append(',');
                types.append(property.getKey()).append(':').append(type);
            }
            // RocketMQ drops entries without a value.
            if (value != null
                    && type != PropertyType.EMPTY
                    && !property.getKey().equals(first)) {
                putValue(out, property.getKey(), type, value);
            }
        }
        if (types != null) {
            MessageMapping.put(out, JmsNames.PROPERTY_TYPES, types.toString());
        }
    }

    private static void putValue(GrowingBytes out, String name, char type, Object value) {
        String text = value.toString();
        out.putText(JmsNames.onTheWire(name));
        out.putByte(JmsNames.NAME_END);
        out.putText(type == PropertyType.ESCAPED ? Escapes.escape(text) : text);
        out.putByte(JmsNames.VALUE_END);
    }
}
