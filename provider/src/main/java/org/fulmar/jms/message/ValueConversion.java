package org.fulmar.jms.message;

import jakarta.jms.MessageFormatException;
import org.jspecify.annotations.Nullable;

/**
 * The conversion tables of section 3.5.4 (properties) and 3.11.3 (map and stream bodies), which agree where both have a
 * type. A null is read as the primitive's valueOf(String) reads it, so the numeric ones throw what the JDK throws:
 * NumberFormatException, or NullPointerException for float, double and char. Stateless.
 */
final class ValueConversion {

    private ValueConversion() {}

    static boolean toBoolean(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Boolean) {
            return (Boolean) value;
        }
        if (value == null || value instanceof String) {
            return Boolean.parseBoolean((String) value);
        }
        throw refused(value, "boolean");
    }

    static byte toByte(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Byte) {
            return (Byte) value;
        }
        return Byte.parseByte(digits(value, "byte"));
    }

    static short toShort(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Short || value instanceof Byte) {
            return ((Number) value).shortValue();
        }
        return Short.parseShort(digits(value, "short"));
    }

    static char toChar(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Character) {
            return (Character) value;
        }
        if (value == null) {
            throw new NullPointerException("a null value cannot be read as a char");
        }
        throw refused(value, "char");
    }

    static int toInt(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).intValue();
        }
        return Integer.parseInt(digits(value, "int"));
    }

    static long toLong(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        return Long.parseLong(digits(value, "long"));
    }

    static float toFloat(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Float) {
            return (Float) value;
        }
        if (value == null) {
            throw new NullPointerException("a null value cannot be read as a float");
        }
        return Float.parseFloat(digits(value, "float"));
    }

    static double toDouble(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Double || value instanceof Float) {
            return ((Number) value).doubleValue();
        }
        if (value == null) {
            throw new NullPointerException("a null value cannot be read as a double");
        }
        return Double.parseDouble(digits(value, "double"));
    }

    static @Nullable String toText(@Nullable Object value) throws MessageFormatException {
        if (value instanceof byte[]) {
            throw refused(value, "String");
        }
        return value == null ? null : value.toString();
    }

    static byte @Nullable [] toBytes(@Nullable Object value) throws MessageFormatException {
        if (value == null) {
            return null;
        }
        if (value instanceof byte[]) {
            return ((byte[]) value).clone();
        }
        throw refused(value, "byte[]");
    }

    /** A value as the application may keep it: arrays are copied (section 3.12). */
    static @Nullable Object detached(@Nullable Object value) {
        return value instanceof byte[] ? ((byte[]) value).clone() : value;
    }

    private static String digits(@Nullable Object value, String wanted) throws MessageFormatException {
        if (value == null) {
            throw new NumberFormatException("a null value cannot be read as " + wanted);
        }
        if (value instanceof String) {
            return (String) value;
        }
        throw refused(value, wanted);
    }

    private static MessageFormatException refused(Object value, String wanted) {
        String type = value instanceof byte[] ? "byte[]" : value.getClass().getSimpleName();
        return new MessageFormatException("a " + type + " value cannot be read as " + wanted);
    }
}
