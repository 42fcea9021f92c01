package org.fulmar.protocol.message;

/**
 * JMS header values in the property block. Strings have the letter {@code s} before their escaped form, as RocketMQ
 * drops entries without a value and an empty string must survive; bytes have the letter {@code b} before their
 * hexadecimal digits. Stateless.
 */
public final class HeaderText {

    private static final char STRING = 's';
    private static final char BYTES = 'b';

    private HeaderText() {}

    public static String encode(String value) {
        return STRING + Escapes.escape(value);
    }

    public static String decode(String value) throws MalformedPropertyException {
        if (value.isEmpty() || value.charAt(0) != STRING) {
            throw new MalformedPropertyException("bad header value");
        }
        return Escapes.unescape(value.substring(1));
    }

    /** Encodes a String or a byte[]. */
    public static String encodeCorrelationId(Object id) {
        return id instanceof byte[] bytes ? BYTES + Escapes.toHex(bytes) : encode((String) id);
    }

    /** A String or a byte[]. */
    public static Object decodeCorrelationId(String value) throws MalformedPropertyException {
        return !value.isEmpty() && value.charAt(0) == BYTES ? Escapes.fromHex(value, 1) : decode(value);
    }
}
