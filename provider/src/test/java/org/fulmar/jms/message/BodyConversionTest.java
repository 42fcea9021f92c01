package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.MessageFormatException;
import jakarta.jms.StreamMessage;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyConversionTest {

    @ParameterizedTest
    @MethodSource("org.fulmar.jms.message.ConversionTable#ofBodies")
    void mapValuesConvertAsTheTableSays(Object value, String wanted, Object expected) throws Exception {
        FulmarMapMessage message = new FulmarMapMessage();
        message.setObject("v", value);
        checkMap(message, wanted, expected);
    }

    @ParameterizedTest
    @MethodSource("org.fulmar.jms.message.ConversionTable#ofBodies")
    void receivedMapValuesConvertAsTheTableSays(Object value, String wanted, Object expected) throws Exception {
        FulmarMapMessage message = new FulmarMapMessage();
        setTyped(message, value);
        checkMap(Wire.trip(message), wanted, expected);
    }

    @ParameterizedTest
    @MethodSource("org.fulmar.jms.message.ConversionTable#ofBodies")
    void streamValuesConvertAsTheTableSays(Object value, String wanted, Object expected) throws Exception {
        FulmarStreamMessage message = new FulmarStreamMessage();
        message.writeObject(value);
        message.writeString("next");
        message.reset();
        checkStream(message, value, wanted, expected);
    }

    @ParameterizedTest
    @MethodSource("org.fulmar.jms.message.ConversionTable#ofBodies")
    void receivedStreamValuesConvertAsTheTableSays(Object value, String wanted, Object expected) throws Exception {
        FulmarStreamMessage message = new FulmarStreamMessage();
        writeTyped(message, value);
        message.writeString("next");
        checkStream(Wire.trip(message), value, wanted, expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"byte", "short", "int", "long"})
    void aNullReadAsAnIntegerThrowsNumberFormatException(String type) throws Exception {
        FulmarMapMessage map = new FulmarMapMessage();
        map.setString("v", null);
        assertThatThrownBy(() -> read(map, type)).isInstanceOf(NumberFormatException.class);
        assertThatThrownBy(() -> read(new FulmarMapMessage(), type)).isInstanceOf(NumberFormatException.class);
        FulmarStreamMessage stream = streamOf(null);
        assertThatThrownBy(() -> read(stream, type)).isInstanceOf(NumberFormatException.class);
        assertThat(stream.readString()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"float", "double", "char"})
    void aNullReadAsAFractionOrCharThrowsNullPointerException(String type) throws Exception {
        FulmarMapMessage map = new FulmarMapMessage();
        map.setString("v", null);
        assertThatThrownBy(() -> read(map, type)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> read(new FulmarMapMessage(), type)).isInstanceOf(NullPointerException.class);
        FulmarStreamMessage stream = streamOf(null);
        assertThatThrownBy(() -> read(stream, type)).isInstanceOf(NullPointerException.class);
        assertThat(stream.readObject()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"byte", "short", "int", "long", "float", "double"})
    void textThatIsNoNumberThrowsNumberFormatExceptionAndCanBeReadAgain(String type) throws Exception {
        FulmarMapMessage map = new FulmarMapMessage();
        map.setString("v", "forty");
        assertThatThrownBy(() -> read(map, type)).isInstanceOf(NumberFormatException.class);
        FulmarStreamMessage stream = streamOf("forty");
        assertThatThrownBy(() -> read(stream, type)).isInstanceOf(NumberFormatException.class);
        assertThat(stream.readString()).isEqualTo("forty");
    }

    private static FulmarStreamMessage streamOf(Object value) throws JMSException {
        FulmarStreamMessage stream = new FulmarStreamMessage();
        stream.writeObject(value);
        stream.reset();
        return stream;
    }

    private static void checkMap(MapMessage message, String wanted, Object expected) throws JMSException {
        if (expected == null) {
            assertThatThrownBy(() -> read(message, wanted)).isInstanceOf(MessageFormatException.class);
        } else {
            assertThat(read(message, wanted)).isEqualTo(expected);
        }
    }

    /** A failed read must leave the value where it is. */
    private static void checkStream(StreamMessage message, Object value, String wanted, Object expected)
            throws JMSException {
        if (expected == null) {
            assertThatThrownBy(() -> read(message, wanted)).isInstanceOf(MessageFormatException.class);
            assertThat(message.readObject()).isEqualTo(value);
        } else {
            assertThat(read(message, wanted)).isEqualTo(expected);
        }
        assertThat(message.readString()).isEqualTo("next");
    }

    private static Object read(MapMessage message, String type) throws JMSException {
        switch (type) {
            case "boolean":
                return message.getBoolean("v");
            case "byte":
                return message.getByte("v");
            case "short":
                return message.getShort("v");
            case "char":
                return message.getChar("v");
            case "int":
                return message.getInt("v");
            case "long":
                return message.getLong("v");
            case "float":
                return message.getFloat("v");
            case "double":
                return message.getDouble("v");
            case "String":
                return message.getString("v");
            default:
                return message.getBytes("v");
        }
    }

    private static Object read(StreamMessage message, String type) throws JMSException {
        switch (type) {
            case "boolean":
                return message.readBoolean();
            case "byte":
                return message.readByte();
            case "short":
                return message.readShort();
            case "char":
                return message.readChar();
            case "int":
                return message.readInt();
            case "long":
                return message.readLong();
            case "float":
                return message.readFloat();
            case "double":
                return message.readDouble();
            case "String":
                return message.readString();
            default:
                byte[] buffer = new byte[10];
                int count = message.readBytes(buffer);
                return Arrays.copyOf(buffer, count);
        }
    }

    private static void setTyped(MapMessage message, Object value) throws JMSException {
        if (value instanceof Boolean) {
            message.setBoolean("v", (Boolean) value);
        } else if (value instanceof Byte) {
            message.setByte("v", (Byte) value);
        } else if (value instanceof Short) {
            message.setShort("v", (Short) value);
        } else if (value instanceof Character) {
            message.setChar("v", (Character) value);
        } else if (value instanceof Integer) {
            message.setInt("v", (Integer) value);
        } else if (value instanceof Long) {
            message.setLong("v", (Long) value);
        } else if (value instanceof Float) {
            message.setFloat("v", (Float) value);
        } else if (value instanceof Double) {
            message.setDouble("v", (Double) value);
        } else if (value instanceof String) {
            message.setString("v", (String) value);
        } else {
            message.setBytes("v", (byte[]) value);
        }
    }

    private static void writeTyped(StreamMessage message, Object value) throws JMSException {
        if (value instanceof Boolean) {
            message.writeBoolean((Boolean) value);
        } else if (value instanceof Byte) {
            message.writeByte((Byte) value);
        } else if (value instanceof Short) {
            message.writeShort((Short) value);
        } else if (value instanceof Character) {
            message.writeChar((Character) value);
        } else if (value instanceof Integer) {
            message.writeInt((Integer) value);
        } else if (value instanceof Long) {
            message.writeLong((Long) value);
        } else if (value instanceof Float) {
            message.writeFloat((Float) value);
        } else if (value instanceof Double) {
            message.writeDouble((Double) value);
        } else if (value instanceof String) {
            message.writeString((String) value);
        } else {
            message.writeBytes((byte[]) value);
        }
    }
}
