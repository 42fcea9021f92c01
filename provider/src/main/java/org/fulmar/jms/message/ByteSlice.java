package org.fulmar.jms.message;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * A part of a byte array, so that a message need not be copied out of the frame it came in. The array is shared, not
 * copied: whoever makes a slice promises that nobody writes into that part any more. Then any thread may read it.
 * Two are equal only if they are the same part of the same array.
 */
public record ByteSlice(byte[] array, int offset, int length) {

    /** No bytes at all. */
    public static final ByteSlice EMPTY = new ByteSlice(new byte[0], 0, 0);

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /** Refuses a range that is not inside the array, with an {@link IndexOutOfBoundsException}. */
    public ByteSlice {
        Objects.checkFromIndexSize(offset, length, array.length);
    }

    /** The whole of an array. */
    public static ByteSlice of(byte[] array) {
        return new ByteSlice(array, 0, array.length);
    }

    /**
     * What remains in a buffer, whose position does not move: shared if it lies in an accessible array, else copied.
     */
    public static ByteSlice of(ByteBuffer buffer) {
        if (buffer.hasArray()) {
            return new ByteSlice(buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining());
        }
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return of(copy);
    }

    ByteSlice from(int start) {
        return part(start, length - start);
    }

    ByteSlice part(int start, int size) {
        Objects.checkFromIndexSize(start, size, length);
        return new ByteSlice(array, offset + start, size);
    }

    byte byteAt(int index) {
        Objects.checkIndex(index, length);
        return array[offset + index];
    }

    short shortAt(int index) {
        Objects.checkFromIndexSize(index, Short.BYTES, length);
        return (short) SHORT.get(array, offset + index);
    }

    int intAt(int index) {
        Objects.checkFromIndexSize(index, Integer.BYTES, length);
        return (int) INT.get(array, offset + index);
    }

    long longAt(int index) {
        Objects.checkFromIndexSize(index, Long.BYTES, length);
        return (long) LONG.get(array, offset + index);
    }

    /** The bytes as an array of their own length: the shared one if it is just that, so it must not be written to. */
    byte[] exactArray() {
        return length == array.length ? array : copy();
    }

    byte[] copy() {
        return Arrays.copyOfRange(array, offset, offset + length);
    }

    @Override
    public String toString() {
        return length + " bytes";
    }
}
