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

    static void put(GrowingBytes out, Map<String, @Nullable Object> properties) {
        StringBuilder types = null;
        for (Map.Entry<String, @Nullable Object> property : properties.entrySet()) {
            Object value = property.getValue();
            char type = PropertyType.of(value);
            if (type != PropertyType.PLAIN) {
                types = types == null ? new StringBuilder(64) : types.append(',');
                types.append(property.getKey()).append(':').append(type);
            }
            // RocketMQ drops entries without a value.
            if (value != null && type != PropertyType.EMPTY) {
                String text = value.toString();
                out.putText(JmsNames.onTheWire(property.getKey()));
                out.putByte(JmsNames.NAME_END);
                out.putText(type == PropertyType.ESCAPED ? Escapes.escape(text) : text);
                out.putByte(JmsNames.VALUE_END);
            }
        }
        if (types != null) {
            MessageMapping.put(out, JmsNames.PROPERTY_TYPES, types.toString());
        }
    }
}
