package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@link TypedWriter} wrote, or what pretends to be that: no length is believed before it is compared with
 * the bytes that are left. Owned by one thread; a read that fails leaves the position where it was.
 */
final class TypedReader {

    private final ByteSlice bytes;
    private int position;

    /** Starts behind the version byte. */
    TypedReader(ByteSlice bytes) throws JMSException {
        if (bytes.length() == 0 || bytes.byteAt(0) != TypedWriter.VERSION) {
            throw Failures.corrupt("unknown form of a map or stream body");
        }
        this.bytes = bytes;
        this.position = 1;
    }

    int position() {
        return position;
    }

    void position(int newPosition) {
        position = newPosition;
    }

    int left() {
        return bytes.length() - position;
    }

    int readInt() throws JMSException {
        int at = need(position, Integer.BYTES);
        position = at + Integer.BYTES;
        return bytes.intAt(at);
    }

    /** The tag of the next value, which there must be. */
    byte tag() throws JMSException {
        return bytes.byteAt(need(position, 1));
    }

    @Nullable Object read() throws JMSException {
        int at = position + 1;
        byte tag = tag();
        switch (tag) {
            case TypedWriter.NULL:
                position = at;
                return null;
            case TypedWriter.TRUE:
            case TypedWriter.FALSE:
                position = at;
                return tag == TypedWriter.TRUE;
            case TypedWriter.TEXT:
                return Texts.fromUtf8(readVariable());
            case TypedWriter.TEXT_UTF16:
                return Texts.fromUtf16(readVariable());
            case TypedWriter.BYTES:
                return readVariable().copy();
            default:
                return readFixed(tag, at);
        }
    }

    private Object readFixed(byte tag, int at) throws JMSException {
        switch (tag) {
            case TypedWriter.BYTE:
                position = need(at, Byte.BYTES) + Byte.BYTES;
                return bytes.byteAt(at);
            case TypedWriter.SHORT:
                position = need(at, Short.BYTES) + Short.BYTES;
                return bytes.shortAt(at);
            case TypedWriter.CHAR:
                position = need(at, Character.BYTES) + Character.BYTES;
                return (char) bytes.shortAt(at);
            case TypedWriter.INT:
                position = need(at, Integer.BYTES) + Integer.BYTES;
                return bytes.intAt(at);
            case TypedWriter.LONG:
                position = need(at, Long.BYTES) + Long.BYTES;
                return bytes.longAt(at);
            case TypedWriter.FLOAT:
                position = need(at, Float.BYTES) + Float.BYTES;
                return Float.intBitsToFloat(bytes.intAt(at));
            case TypedWriter.DOUBLE:
                position = need(at, Double.BYTES) + Double.BYTES;
                return Double.longBitsToDouble(bytes.longAt(at));
            default:
                throw Failures.corrupt("unknown type of a value: " + tag);
        }
    }

    /** The bytes of the next value, one whose tag announces a length, without copying them. */
    ByteSlice readVariable() throws JMSException {
        int at = position + 1;
        int length = bytes.intAt(need(at, Integer.BYTES));
        if (length < 0) {
            throw Failures.corrupt("negative length of a value");
        }
        int start = need(at + Integer.BYTES, length);
        position = start + length;
        return bytes.part(start, length);
    }

    private int need(int at, int count) throws JMSException {
        if (count > bytes.length() - at) {
            throw Failures.corrupt("a value of " + count + " bytes where only " + (bytes.length() - at) + " are left");
        }
        return at;
    }
}
