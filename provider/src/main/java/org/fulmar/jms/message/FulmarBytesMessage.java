package org.fulmar.jms.message;

import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.MessageEOFException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotReadableException;
import jakarta.jms.MessageNotWriteableException;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message with bytes (section 3.11): written, then {@link #reset}, then read. Owned as its superclass says. The bytes
 * are those that {@link java.io.DataOutputStream} would have made, so other clients can read them; a failed read leaves
 * the position where it was.
 */
public final class FulmarBytesMessage extends FulmarMessage implements BytesMessage {

    private static final int FIRST_CAPACITY = 256;

    /** What is being written; null in read mode. */
    private @Nullable GrowingBytes written;

    private ByteSlice content = ByteSlice.EMPTY;
    private int position;

    /** An empty message in write mode. */
    public FulmarBytesMessage() {
        written = new GrowingBytes(FIRST_CAPACITY);
    }

    FulmarBytesMessage(WireOrigin origin, ByteSlice body) {
        super(origin);
        content = body;
    }

    private GrowingBytes writing() throws MessageNotWriteableException {
        if (written == null) {
            throw new MessageNotWriteableException("the bytes can't be changed before clearBody()");
        }
        return written;
    }

    private void checkReadable() throws MessageNotReadableException {
        if (written != null) {
            throw new MessageNotReadableException("the bytes can't be read before reset()");
        }
    }

    /** Moves on by some bytes and tells where they start. */
    private int next(int count) throws JMSException {
        checkReadable();
        if (count > content.length() - position) {
            throw new MessageEOFException("only " + (content.length() - position) + " bytes left");
        }
        int start = position;
        position += count;
        return start;
    }

    @Override
    public void reset() {
        if (written != null) {
            content = written.share();
            written = null;
        }
        position = 0;
    }

    @Override
    void makeBodyReadOnly() throws JMSException {
        super.makeBodyReadOnly();
        reset();
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        written = new GrowingBytes(FIRST_CAPACITY);
        content = ByteSlice.EMPTY;
        position = 0;
    }

    @Override
    public long getBodyLength() throws JMSException {
        checkReadable();
        return content.length();
    }

    @Override
    public boolean readBoolean() throws JMSException {
        return content.byteAt(next(Byte.BYTES)) != 0;
    }

    @Override
    public byte readByte() throws JMSException {
        return content.byteAt(next(Byte.BYTES));
    }

    @Override
    public int readUnsignedByte() throws JMSException {
        return Byte.toUnsignedInt(content.byteAt(next(Byte.BYTES)));
    }

    @Override
    public short readShort() throws JMSException {
        return content.shortAt(next(Short.BYTES));
    }

    @Override
    public int readUnsignedShort() throws JMSException {
        return Short.toUnsignedInt(content.shortAt(next(Short.BYTES)));
    }

    @Override
    public char readChar() throws JMSException {
        return (char) content.shortAt(next(Character.BYTES));
    }

    @Override
    public int readInt() throws JMSException {
        return content.intAt(next(Integer.BYTES));
    }

    @Override
    public long readLong() throws JMSException {
        return content.longAt(next(Long.BYTES));
    }

    @Override
    public float readFloat() throws JMSException {
        return Float.intBitsToFloat(content.intAt(next(Float.BYTES)));
    }

    @Override
    public double readDouble() throws JMSException {
        return Double.longBitsToDouble(content.longAt(next(Double.BYTES)));
    }

    @Override
    public String readUTF() throws JMSException {
        int start = position;
        boolean read = false;
        try {
            int size = readUnsignedShort();
            next(size);
            ByteArrayInputStream in =
                    new ByteArrayInputStream(content.array(), content.offset() + start, Short.BYTES + size);
            String text = new DataInputStream(in).readUTF();
            read = true;
            return text;
        } catch (IOException e) {
            throw Failures.format("the bytes are not modified UTF-8", e);
        } finally {
            if (!read) {
                position = start;
            }
        }
    }

    @Override
    public int readBytes(byte[] value) throws JMSException {
        return readBytes(value, value.length);
    }

    @Override
    public int readBytes(byte[] value, int length) throws JMSException {
        if (length < 0 || length > value.length) {
            throw new IndexOutOfBoundsException("length " + length + " of a buffer of " + value.length);
        }
        checkReadable();
        int left = content.length() - position;
        if (left == 0) {
            return -1;
        }
        int count = Math.min(left, length);
        System.arraycopy(content.array(), content.offset() + position, value, 0, count);
        position += count;
        return count;
    }

    @Override
    public void writeBoolean(boolean value) throws JMSException {
        writing().putByte(value ? 1 : 0);
    }

    @Override
    public void writeByte(byte value) throws JMSException {
        writing().putByte(value);
    }

    @Override
    public void writeShort(short value) throws JMSException {
        writing().putShort(value);
    }

    @Override
    public void writeChar(char value) throws JMSException {
        writing().putShort(value);
    }

    @Override
    public void writeInt(int value) throws JMSException {
        writing().putInt(value);
    }

    @Override
    public void writeLong(long value) throws JMSException {
        writing().putLong(value);
    }

    @Override
    public void writeFloat(float value) throws JMSException {
        writing().putInt(Float.floatToIntBits(value));
    }

    @Override
    public void writeDouble(double value) throws JMSException {
        writing().putLong(Double.doubleToLongBits(value));
    }

    @Override
    public void writeUTF(String value) throws JMSException {
        GrowingBytes out = writing();
        Objects.requireNonNull(value, "value");
        try {
            out.putModifiedUtf8(value);
        } catch (UTFDataFormatException e) {
            throw Failures.format("the string is too long for writeUTF", e);
        }
    }

    @Override
    public void writeBytes(byte[] value) throws JMSException {
        writing().putBytes(value);
    }

    @Override
    public void writeBytes(byte[] value, int offset, int length) throws JMSException {
        GrowingBytes out = writing();
        Objects.checkFromIndexSize(offset, length, value.length);
        out.putBytes(value, offset, length);
    }

    @Override
    public void writeObject(Object value) throws JMSException {
        writing();
        Objects.requireNonNull(value, "value");
        if (value instanceof byte[]) {
            writeBytes((byte[]) value);
        } else if (value instanceof String) {
            writeUTF((String) value);
        } else if (value instanceof Integer) {
            writeInt((Integer) value);
        } else if (value instanceof Long) {
            writeLong((Long) value);
        } else if (value instanceof Boolean) {
            writeBoolean((Boolean) value);
        } else if (value instanceof Byte) {
            writeByte((Byte) value);
        } else if (value instanceof Short) {
            writeShort((Short) value);
        } else if (value instanceof Character) {
            writeChar((Character) value);
        } else if (value instanceof Float) {
            writeFloat((Float) value);
        } else if (value instanceof Double) {
            writeDouble((Double) value);
        } else {
            throw new MessageFormatException("a BytesMessage can't hold an object of " + value.getClass());
        }
    }

    /** As the API of getBody wants it, this leaves the message in read mode, at its beginning. */
    @Override
    public <T> @Nullable T getBody(Class<T> wanted) throws JMSException {
        reset();
        return super.getBody(wanted);
    }

    @Override
    public boolean isBodyAssignableTo(@SuppressWarnings("rawtypes") Class wanted) {
        return !hasBody() || wanted.equals(byte[].class) || wanted.equals(Object.class);
    }

    @Override
    boolean hasBody() {
        return (written == null ? content.length() : written.size()) > 0;
    }

    @Override
    Object body() {
        return content.copy();
    }

    @Override
    WireBody encodeBody() {
        return new WireBody(WireBody.BYTES, written == null ? content.exactArray() : written.copy());
    }
}
