package org.fulmar.jms.message;

import java.io.UTFDataFormatException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A byte array that grows as bytes are put at its end, numbers with the high byte first. Owned by one thread; nothing
 * of it is shared until {@link #share} is called, after which it must not be written to.
 */
final class GrowingBytes {

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes;
    private int size;

    GrowingBytes(int capacity) {
        bytes = new byte[capacity];
    }

    int size() {
        return size;
    }

    /** Makes room for some bytes at the end and tells where they start. */
    private int room(int count) {
        int start = size;
        int needed = Math.addExact(start, count);
        if (needed > bytes.length) {
            // Doubling would overflow past 1 GiB; from there on grow only as needed.
            int doubled = bytes.length > (1 << 29) ? needed : bytes.length * 2;
            bytes = Arrays.copyOf(bytes, Math.max(needed, Math.max(doubled, 64)));
        }
        size = needed;
        return start;
    }

    void putByte(int value) {
        int at = room(1);
        bytes[at] = (byte) value;
    }

    void putShort(int value) {
        int at = room(Short.BYTES);
        SHORT.set(bytes, at, (short) value);
    }

    void putInt(int value) {
        int at = room(Integer.BYTES);
        INT.set(bytes, at, value);
    }

    void putLong(long value) {
        int at = room(Long.BYTES);
        LONG.set(bytes, at, value);
    }

    void putBytes(byte[] source, int offset, int length) {
        int at = room(length);
        System.arraycopy(source, offset, bytes, at, length);
    }

    void putBytes(byte[] source) {
        putBytes(source, 0, source.length);
    }

    void putSlice(ByteSlice slice) {
        putBytes(slice.array(), slice.offset(), slice.length());
    }

    /** Puts a string as UTF-8; it must have no unpaired surrogates, which UTF-8 can't carry. */
    void putText(String text) {
        int length = text.length();
        int at = room(length);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                size = at + i;
                putBytes(text.substring(i).getBytes(StandardCharsets.UTF_8));
                return;
            }
            bytes[at + i] = (byte) c;
        }
    }

    /** Puts a string as {@link java.io.DataOutputStream#writeUTF} does, or nothing if it is too long for that. */
    void putModifiedUtf8(String text) throws UTFDataFormatException {
        int length = text.length();
        long encoded = length;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            encoded += c >= 0x800 ? 2 : c >= 0x80 || c == 0 ? 1 : 0;
        }
        if (encoded > 0xFFFF) {
            throw new UTFDataFormatException(encoded + " bytes, at most 65535 are possible");
        }
        putShort((int) encoded);
        int at = room((int) encoded);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c >= 0x800) {
                bytes[at++] = (byte) (0xE0 | c >>> 12);
                bytes[at++] = (byte) (0x80 | (c >>> 6 & 0x3F));
                bytes[at++] = (byte) (0x80 | (c & 0x3F));
            } else if (c >= 0x80 || c == 0) {
                bytes[at++] = (byte) (0xC0 | c >>> 6);
                bytes[at++] = (byte) (0x80 | (c & 0x3F));
            } else {
                bytes[at++] = (byte) c;
            }
        }
    }

    /** Drops what was put after a certain size. */
    void truncate(int newSize) {
        size = Math.min(size, newSize);
    }

    byte[] copy() {
        return Arrays.copyOf(bytes, size);
    }

    byte[] copyFrom(int start) {
        return Arrays.copyOfRange(bytes, start, size);
    }

    ByteSlice share() {
        return new ByteSlice(bytes, 0, size);
    }
}
