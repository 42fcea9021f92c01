package org.fulmar.protocol.message;

import org.jspecify.annotations.Nullable;

/**
 * The letters that say what type a user property has, in the list {@code name:letter,name:letter} under
 * {@link JmsNames#PROPERTY_TYPES}; a property that is not in it is a string as it stands. Stateless.
 */
public final class PropertyType {
    /** A string as it stands; not listed. */
    public static final char PLAIN = 0;
    /** A string in its escaped form. */
    public static final char ESCAPED = 's';
    /** The empty string; only in the list. */
    public static final char EMPTY = 'e';
    /** Null; only in the list. */
    public static final char NULL = 'n';

    public static final char BOOLEAN = 'z';
    public static final char BYTE = 'b';
    public static final char SHORT = 'h';
    public static final char INT = 'i';
    public static final char LONG = 'l';
    public static final char FLOAT = 'f';
    public static final char DOUBLE = 'd';

    private PropertyType() {}

    /** The letter for null, a String, a Boolean or a number of a type that JMS has. */
    public static char of(@Nullable Object value) {
        if (value == null) {
            return NULL;
        }
        if (value instanceof String text) {
            return text.isEmpty() ? EMPTY : Escapes.needed(text) ? ESCAPED : PLAIN;
        }
        if (value instanceof Integer) {
            return INT;
        }
        if (value instanceof Long) {
            return LONG;
        }
        if (value instanceof Boolean) {
            return BOOLEAN;
        }
        if (value instanceof Double) {
            return DOUBLE;
        }
        if (value instanceof Float) {
            return FLOAT;
        }
        return value instanceof Short ? SHORT : BYTE;
    }

    /**
     * The value that a text stands for, if its property is listed and neither {@link #EMPTY} nor {@link #NULL}.
     *
     * @throws NumberFormatException if it is not the number that the letter promises
     * @throws MalformedPropertyException if there is no such letter or a bad escape
     */
    public static Object decode(char type, String text) throws MalformedPropertyException {
        return switch (type) {
            case ESCAPED -> Escapes.unescape(text);
            case BOOLEAN -> Boolean.valueOf(text);
            case BYTE -> Byte.valueOf(text);
            case SHORT -> Short.valueOf(text);
            case INT -> Integer.valueOf(text);
            case LONG -> Long.valueOf(text);
            case FLOAT -> Float.valueOf(text);
            case DOUBLE -> Double.valueOf(text);
            default -> throw new MalformedPropertyException("unknown property type");
        };
    }
}
