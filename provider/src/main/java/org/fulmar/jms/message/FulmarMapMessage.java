package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message with named values (section 3.11), kept in the order in which they were first set. Owned as its superclass
 * says; a received body is decoded at the first access.
 */
public final class FulmarMapMessage extends FulmarMessage implements MapMessage {

    /** A name and a value take at least this many bytes: tag, length, one character; tag. */
    private static final int SMALLEST_ENTRY = 7;

    private @Nullable ByteSlice encoded;
    private Map<String, @Nullable Object> values = new LinkedHashMap<>();

    /** An empty map that can be filled. */
    public FulmarMapMessage() {}

    FulmarMapMessage(WireOrigin origin, ByteSlice body) {
        super(origin);
        encoded = body;
    }

    private Map<String, @Nullable Object> values() throws JMSException {
        if (encoded != null) {
            values = decode(encoded);
            encoded = null;
        }
        return values;
    }

    private static Map<String, @Nullable Object> decode(ByteSlice body) throws JMSException {
        TypedReader in = new TypedReader(body);
        int count = in.readInt();
        if (count < 0 || count > in.left() / SMALLEST_ENTRY) {
            throw Failures.corrupt("a map of " + count + " entries in " + in.left() + " bytes");
        }
        Map<String, @Nullable Object> decoded = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            Object name = in.read();
            if (!(name instanceof String) || ((String) name).isEmpty()) {
                throw Failures.corrupt("a map entry without a name");
            }
            decoded.put((String) name, in.read());
        }
        if (in.left() > 0) {
            throw Failures.corrupt("bytes after the last map entry");
        }
        return decoded;
    }

    private void put(@Nullable String name, @Nullable Object value) throws JMSException {
        if (name == null || name.isEmpty()) {
            throw new IllegalArgumentException("a map entry needs a name");
        }
        checkBodyWriteable();
        TypedWriter.checkType(value);
        values.put(name, value);
    }

    private @Nullable Object value(@Nullable String name) throws JMSException {
        return values().get(name);
    }

    @Override
    public boolean getBoolean(@Nullable String name) throws JMSException {
        return ValueConversion.toBoolean(value(name));
    }

    @Override
    public byte getByte(@Nullable String name) throws JMSException {
        return ValueConversion.toByte(value(name));
    }

    @Override
    public short getShort(@Nullable String name) throws JMSException {
        return ValueConversion.toShort(value(name));
    }

    @Override
    public char getChar(@Nullable String name) throws JMSException {
        return ValueConversion.toChar(value(name));
    }

    @Override
    public int getInt(@Nullable String name) throws JMSException {
        return ValueConversion.toInt(value(name));
    }

    @Override
    public long getLong(@Nullable String name) throws JMSException {
        return ValueConversion.toLong(value(name));
    }

    @Override
    public float getFloat(@Nullable String name) throws JMSException {
        return ValueConversion.toFloat(value(name));
    }

    @Override
    public double getDouble(@Nullable String name) throws JMSException {
        return ValueConversion.toDouble(value(name));
    }

    @Override
    public @Nullable String getString(@Nullable String name) throws JMSException {
        return ValueConversion.toText(value(name));
    }

    @Override
    public byte @Nullable [] getBytes(@Nullable String name) throws JMSException {
        return ValueConversion.toBytes(value(name));
    }

    @Override
    public @Nullable Object getObject(@Nullable String name) throws JMSException {
        return ValueConversion.detached(value(name));
    }

    /** A snapshot, which later changes do not disturb. */
    @Override
    public Enumeration<String> getMapNames() throws JMSException {
        return Collections.enumeration(new ArrayList<>(values().keySet()));
    }

    @Override
    public boolean itemExists(@Nullable String name) throws JMSException {
        return values().containsKey(name);
    }

    @Override
    public void setBoolean(@Nullable String name, boolean value) throws JMSException {
        put(name, value);
    }

    @Override
    public void setByte(@Nullable String name, byte value) throws JMSException {
        put(name, value);
    }

    @Override
    public void setShort(@Nullable String name, short value) throws JMSException {
        put(name, value);
    }

    @Override
    public void setChar(@Nullable String name, char value) throws JMSException {
        put(name, value);
    }

    @Override
    public void setInt(@Nullable String name, int value) throws JMSException {
        put(name, value);
    }

    @Override
    public void setLong(@Nullable String name, long value) throws JMSException {
        put(name, value);
    }

    @Override
    public void setFloat(@Nullable String name, float value) throws JMSException {
        put(name, value);
    }

    @Override
    public void setDouble(@Nullable String name, double value) throws JMSException {
        put(name, value);
    }

    @Override
    public void setString(@Nullable String name, @Nullable String value) throws JMSException {
        put(name, value);
    }

    @Override
    public void setBytes(@Nullable String name, byte @Nullable [] value) throws JMSException {
        put(name, ValueConversion.detached(value));
    }

    @Override
    public void setBytes(@Nullable String name, byte @Nullable [] value, int offset, int length) throws JMSException {
        if (value == null) {
            put(name, null);
            return;
        }
        Objects.checkFromIndexSize(offset, length, value.length);
        put(name, Arrays.copyOfRange(value, offset, offset + length));
    }

    @Override
    public void setObject(@Nullable String name, @Nullable Object value) throws JMSException {
        put(name, ValueConversion.detached(value));
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        encoded = null;
        values = new LinkedHashMap<>();
    }

    @Override
    public boolean isBodyAssignableTo(@SuppressWarnings("rawtypes") Class wanted) throws JMSException {
        return !hasBody() || wanted.equals(Map.class) || wanted.equals(Object.class);
    }

    @Override
    boolean hasBody() throws JMSException {
        return !values().isEmpty();
    }

    /** A map of the application's own: with its copies of arrays. */
    @Override
    Object body() throws JMSException {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>(values());
        copy.replaceAll((name, value) -> ValueConversion.detached(value));
        return copy;
    }

    @Override
    WireBody encodeBody() {
        if (encoded != null) {
            return new WireBody(WireBody.MAP, encoded.exactArray());
        }
        GrowingBytes out = new GrowingBytes(256);
        out.putByte(TypedWriter.VERSION);
        out.putInt(values.size());
        for (Map.Entry<String, @Nullable Object> entry : values.entrySet()) {
            TypedWriter.write(out, entry.getKey());
            TypedWriter.write(out, entry.getValue());
        }
        return new WireBody(WireBody.MAP, out.copy());
    }
}
