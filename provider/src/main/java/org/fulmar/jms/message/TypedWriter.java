package org.fulmar.jms.message;

import jakarta.jms.MessageFormatException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes the bodies of map and stream messages: a version byte, then values, each a tag byte and what it needs, numbers
 * with the high byte first, strings and arrays behind an int length. {@link TypedReader} reads them. Stateless.
 */
final class TypedWriter {

    static final byte VERSION = 1;

    static final byte NULL = 0;
    static final byte TRUE = 1;
    static final byte FALSE = 2;
    static final byte BYTE = 3;
    static final byte SHORT = 4;
    static final byte CHAR = 5;
    static final byte INT = 6;
    static final byte LONG = 7;
    static final byte FLOAT = 8;
    static final byte DOUBLE = 9;
    static final byte TEXT = 10;
    static final byte TEXT_UTF16 = 11;
    static final byte BYTES = 12;

    private TypedWriter() {}

    /** Refuses what the table of section 3.11.3 does not have. */
    static void checkType(@Nullable Object value) throws MessageFormatException {
        if (value == null) {
            return;
        }
        boolean known = value instanceof String
                || value instanceof Integer
                || value instanceof Long
                || value instanceof Boolean
                || value instanceof Double
                || value instanceof byte[]
                || value instanceof Float
                || value instanceof Short
                || value instanceof Byte
                || value instanceof Character;
        if (!known) {
            throw new MessageFormatException("a message body can't hold an object of " + value.getClass());
        }
    }

    /** Writes a value that {@link #checkType} accepts. */
    static void write(GrowingBytes out, @Nullable Object value) {
        if (value == null) {
            out.putByte(NULL);
        } else if (value instanceof String) {
            writeText(out, (String) value);
        } else if (value instanceof byte[]) {
            writeBytes(out, (byte[]) value, 0, ((byte[]) value).length);
        } else if (value instanceof Boolean) {
            out.putByte((Boolean) value ? TRUE : FALSE);
        } else if (value instanceof Integer) {
            out.putByte(INT);
            out.putInt((Integer) value);
        } else if (value instanceof Long) {
            out.putByte(LONG);
            out.putLong((Long) value);
        } else if (value instanceof Double) {
            out.putByte(DOUBLE);
            out.putLong(Double.doubleToRawLongBits((Double) value));
        } else if (value instanceof Float) {
            out.putByte(FLOAT);
            out.putInt(Float.floatToRawIntBits((Float) value));
        } else if (value instanceof Short) {
            out.putByte(SHORT);
            out.putShort((Short) value);
        } else if (value instanceof Byte) {
            out.putByte(BYTE);
            out.putByte((Byte) value);
        } else {
            out.putByte(CHAR);
            out.putShort((Character) value);
        }
    }

    static void writeBytes(GrowingBytes out, byte[] value, int offset, int length) {
        out.putByte(BYTES);
        out.putInt(length);
        out.putBytes(value, offset, length);
    }

    private static void writeText(GrowingBytes out, String text) {
        boolean utf16 = Texts.hasUnpairedSurrogate(text);
        byte[] bytes = utf16 ? Texts.utf16(text) : text.getBytes(StandardCharsets.UTF_8);
        out.putByte(utf16 ? TEXT_UTF16 : TEXT);
        out.putInt(bytes.length);
        out.putBytes(bytes);
    }
}
