package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import jakarta.jms.MessageEOFException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotReadableException;
import jakarta.jms.MessageNotWriteableException;
import jakarta.jms.StreamMessage;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message with a sequence of values (section 3.11): written, then {@link #reset}, then read. Owned as its superclass
 * says. A value is passed only when it was read successfully, so it can be read again as another type.
 */
public final class FulmarStreamMessage extends FulmarMessage implements StreamMessage {

    private static final int FIRST_CAPACITY = 256;

    /** What is being written; null in read mode. */
    private @Nullable GrowingBytes written;

    private ByteSlice content = ByteSlice.EMPTY;
    private @Nullable TypedReader reader;

    /** The byte[] value that readBytes has begun and not yet ended, and how far it got. */
    private @Nullable ByteSlice field;

    private int fieldPosition;

    /** Where the value that was last peeked at ends. */
    private int peekedEnd;

    /** An empty message in write mode. */
    public FulmarStreamMessage() {
        written = empty();
    }

    FulmarStreamMessage(WireOrigin origin, ByteSlice body) {
        super(origin);
        content = body;
    }

    private static GrowingBytes empty() {
        GrowingBytes bytes = new GrowingBytes(FIRST_CAPACITY);
        bytes.putByte(TypedWriter.VERSION);
        return bytes;
    }

    private GrowingBytes writing() throws MessageNotWriteableException {
        if (written == null) {
            throw new MessageNotWriteableException("the stream can't be changed before clearBody()");
        }
        return written;
    }

    private TypedReader reading() throws JMSException {
        if (written != null) {
            throw new MessageNotReadableException("the stream can't be read before reset()");
        }
        if (reader == null) {
            reader = new TypedReader(content);
        }
        return reader;
    }

    /** The next value, which is passed only by {@link #advance}. */
    private @Nullable Object peek() throws JMSException {
        TypedReader in = reading();
        if (field != null) {
            throw new MessageFormatException("a byte[] value was not read to its end by readBytes");
        }
        checkNotAtEnd(in);
        int start = in.position();
        try {
            Object value = in.read();
            peekedEnd = in.position();
            return value;
        } finally {
            in.position(start);
        }
    }

    private void advance() throws JMSException {
        reading().position(peekedEnd);
    }

    private static void checkNotAtEnd(TypedReader in) throws MessageEOFException {
        if (in.left() == 0) {
            throw new MessageEOFException("no more values");
        }
    }

    @Override
    public void reset() {
        if (written != null) {
            content = written.share();
            written = null;
        }
        reader = null;
        field = null;
    }

    @Override
    void makeBodyReadOnly() throws JMSException {
        super.makeBodyReadOnly();
        reset();
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        written = empty();
        content = ByteSlice.EMPTY;
        reader = null;
        field = null;
    }

    @Override
    public boolean readBoolean() throws JMSException {
        boolean value = ValueConversion.toBoolean(peek());
        advance();
        return value;
    }

    @Override
    public byte readByte() throws JMSException {
        byte value = ValueConversion.toByte(peek());
        advance();
        return value;
    }

    @Override
    public short readShort() throws JMSException {
        short value = ValueConversion.toShort(peek());
        advance();
        return value;
    }

    @Override
    public char readChar() throws JMSException {
        char value = ValueConversion.toChar(peek());
        advance();
        return value;
    }

    @Override
    public int readInt() throws JMSException {
        int value = ValueConversion.toInt(peek());
        advance();
        return value;
    }

    @Override
    public long readLong() throws JMSException {
        long value = ValueConversion.toLong(peek());
        advance();
        return value;
    }

    @Override
    public float readFloat() throws JMSException {
        float value = ValueConversion.toFloat(peek());
        advance();
        return value;
    }

    @Override
    public double readDouble() throws JMSException {
        double value = ValueConversion.toDouble(peek());
        advance();
        return value;
    }

    @Override
    public @Nullable String readString() throws JMSException {
        String value = ValueConversion.toText(peek());
        advance();
        return value;
    }

    @Override
    public @Nullable Object readObject() throws JMSException {
        Object value = peek();
        advance();
        return value;
    }

    /**
     * Reads a byte[] value in pieces, as the API says: a value is at its end when a call returns less than the buffer
     * holds, so one that just fills the buffer needs another call, which returns -1.
     */
    @Override
    public int readBytes(byte[] value) throws JMSException {
        Objects.requireNonNull(value, "value");
        TypedReader in = reading();
        ByteSlice current = field;
        if (current == null) {
            checkNotAtEnd(in);
            byte tag = in.tag();
            if (tag == TypedWriter.NULL) {
                in.position(in.position() + 1);
                return -1;
            }
            if (tag != TypedWriter.BYTES) {
                throw new MessageFormatException("the next value is not a byte[]");
            }
            current = in.readVariable();
            fieldPosition = 0;
        } else if (fieldPosition == current.length()) {
            field = null;
            return -1;
        }
        int count = Math.min(value.length, current.length() - fieldPosition);
        System.arraycopy(current.array(), current.offset() + fieldPosition, value, 0, count);
        fieldPosition += count;
        // An empty value has no second call, even if the buffer is empty as well.
        field = count < value.length || current.length() == 0 ? null : current;
        return count;
    }

    private void write(@Nullable Object value) throws JMSException {
        TypedWriter.write(writing(), value);
    }

    @Override
    public void writeBoolean(boolean value) throws JMSException {
        write(value);
    }

    @Override
    public void writeByte(byte value) throws JMSException {
        write(value);
    }

    @Override
    public void writeShort(short value) throws JMSException {
        write(value);
    }

    @Override
    public void writeChar(char value) throws JMSException {
        write(value);
    }

    @Override
    public void writeInt(int value) throws JMSException {
        write(value);
    }

    @Override
    public void writeLong(long value) throws JMSException {
        write(value);
    }

    @Override
    public void writeFloat(float value) throws JMSException {
        write(value);
    }

    @Override
    public void writeDouble(double value) throws JMSException {
        write(value);
    }

    @Override
    public void writeString(@Nullable String value) throws JMSException {
        write(value);
    }

    @Override
    public void writeBytes(byte @Nullable [] value) throws JMSException {
        write(value);
    }

    @Override
    public void writeBytes(byte @Nullable [] value, int offset, int length) throws JMSException {
        if (value == null) {
            write(null);
            return;
        }
        Objects.checkFromIndexSize(offset, length, value.length);
        TypedWriter.writeBytes(writing(), value, offset, length);
    }

    @Override
    public void writeObject(@Nullable Object value) throws JMSException {
        writing();
        TypedWriter.checkType(value);
        write(value);
    }

    /** Always false, as the API says. */
    @Override
    public boolean isBodyAssignableTo(@SuppressWarnings("rawtypes") Class wanted) {
        return false;
    }

    /** Always true, so that getBody refuses whatever is wanted, as the API says. */
    @Override
    boolean hasBody() {
        return true;
    }

    @Override
    WireBody encodeBody() {
        return new WireBody(WireBody.STREAM, written == null ? content.exactArray() : written.copy());
    }
}
