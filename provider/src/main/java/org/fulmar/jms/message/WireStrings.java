package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/**
 * Header values in the property block. Strings have the letter {@code s} before their escaped form, as RocketMQ drops
 * entries without a value and an empty string must survive. Stateless.
 */
final class WireStrings {

    private static final char STRING = 's';
    private static final char BYTES = 'b';

    private WireStrings() {}

    static String encode(String value) {
        return STRING + Escapes.escape(value);
    }

    static String decode(String value) throws JMSException {
        if (value.isEmpty() || value.charAt(0) != STRING) {
            throw Failures.corrupt("bad header value");
        }
        return Escapes.unescape(value.substring(1));
    }

    /** Encodes a String or a byte[]. */
    static String encodeCorrelationId(Object id) {
        return id instanceof byte[] ? BYTES + Escapes.toHex((byte[]) id) : encode((String) id);
    }

    static Object decodeCorrelationId(String value) throws JMSException {
        return !value.isEmpty() && value.charAt(0) == BYTES ? Escapes.fromHex(value, 1) : decode(value);
    }

    /** A number; 0 if there is none. */
    static long decodeLong(@Nullable String value) throws JMSException {
        if (value == null) {
            return 0;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw Failures.corrupt("bad time", e);
        }
    }
}
