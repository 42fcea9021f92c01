package org.fulmar.jms.message;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes user properties under their own names and as plain text, so that native consumers can read them, and what type
 * each had, so that ours get it back. {@link WireProperties} is the other direction. Stateless.
 */
final class UserProperties {

    private static final char PLAIN = 0;
    private static final char ESCAPED = 's';
    private static final char EMPTY = 'e';
    private static final char NULL = 'n';

    private UserProperties() {}

    /** Puts one property that must not be among those that may move: its value, whose type {@link #put} tells. */
    static void putFirst(GrowingBytes out, String name, String value) {
        putValue(out, name, typeOf(value), value);
    }

    /** Puts all, but of the one that was put first only the type. */
    static void put(GrowingBytes out, Map<String, @Nullable Object> properties, @Nullable String first) {
        StringBuilder types = null;
        for (Map.Entry<String, @Nullable Object> property : properties.entrySet()) {
            Object value = property.getValue();
            char type = typeOf(value);
            if (type != PLAIN) {
                types = types == null ? new StringBuilder(64) : types.append(',');
                types.append(property.getKey()).append(':').append(type);
            }
            // RocketMQ drops entries without a value.
            if (value != null && type != EMPTY && !property.getKey().equals(first)) {
                putValue(out, property.getKey(), type, value);
            }
        }
        if (types != null) {
            MessageMapping.put(out, WireNames.PROPERTY_TYPES, types.toString());
        }
    }

    private static void putValue(GrowingBytes out, String name, char type, Object value) {
        String text = value.toString();
        out.putText(WireNames.onTheWire(name));
        out.putByte(WireNames.NAME_END);
        out.putText(type == ESCAPED ? Escapes.escape(text) : text);
        out.putByte(WireNames.VALUE_END);
    }

    private static char typeOf(@Nullable Object value) {
        if (value == null) {
            return NULL;
        }
        if (value instanceof String) {
            String text = (String) value;
            return text.isEmpty() ? EMPTY : Escapes.needed(text) ? ESCAPED : PLAIN;
        }
        if (value instanceof Integer) {
            return 'i';
        }
        if (value instanceof Long) {
            return 'l';
        }
        if (value instanceof Boolean) {
            return 'z';
        }
        if (value instanceof Double) {
            return 'd';
        }
        if (value instanceof Float) {
            return 'f';
        }
        return value instanceof Short ? 'h' : 'b';
    }
}
