package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PropertyConversionTest {

    @ParameterizedTest
    @MethodSource("org.fulmar.jms.message.ConversionTable#ofProperties")
    void propertiesConvertAsTheTableSays(Object value, String wanted, Object expected) throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setObjectProperty("p", value);
        check(message, wanted, expected);
    }

    @ParameterizedTest
    @MethodSource("org.fulmar.jms.message.ConversionTable#ofProperties")
    void receivedPropertiesConvertAsTheTableSays(Object value, String wanted, Object expected) throws Exception {
        FulmarMessage message = new FulmarMessage();
        setTyped(message, value);
        check(Wire.trip(message), wanted, expected);
    }

    private static void check(Message message, String wanted, Object expected) throws JMSException {
        if (expected == null) {
            assertThatThrownBy(() -> read(message, wanted)).isInstanceOf(MessageFormatException.class);
        } else {
            assertThat(read(message, wanted)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"byte", "short", "int", "long"})
    void aMissingPropertyReadAsAnIntegerThrowsNumberFormatException(String type) throws Exception {
        FulmarMessage message = withNull();
        assertThatThrownBy(() -> read(message, type)).isInstanceOf(NumberFormatException.class);
        assertThatThrownBy(() -> read(new FulmarMessage(), type)).isInstanceOf(NumberFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"float", "double"})
    void aMissingPropertyReadAsAFractionThrowsNullPointerExceptionAsTheJdkDoes(String type) throws Exception {
        FulmarMessage message = withNull();
        assertThatThrownBy(() -> read(message, type)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> read(new FulmarMessage(), type)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void aMissingPropertyIsFalseAndNull() throws Exception {
        FulmarMessage message = withNull();
        assertThat(message.getBooleanProperty("p")).isFalse();
        assertThat(message.getStringProperty("p")).isNull();
        assertThat(message.getObjectProperty("p")).isNull();
        assertThat(message.getBooleanProperty("missing")).isFalse();
        assertThat(message.getStringProperty("missing")).isNull();
        assertThat(message.getObjectProperty("missing")).isNull();
        assertThat(message.getObjectProperty(null)).isNull();
        assertThat(message.getObjectProperty("")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"byte", "short", "int", "long", "float", "double"})
    void textThatIsNoNumberThrowsNumberFormatException(String type) throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setStringProperty("p", "forty");
        assertThatThrownBy(() -> read(message, type)).isInstanceOf(NumberFormatException.class);
    }

    @Test
    void textIsTrueOnlyIfItSaysTrue() throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setStringProperty("p", "TrUe");
        message.setStringProperty("q", "1");
        assertThat(message.getBooleanProperty("p")).isTrue();
        assertThat(message.getBooleanProperty("q")).isFalse();
    }

    private static FulmarMessage withNull() throws JMSException {
        FulmarMessage message = new FulmarMessage();
        message.setStringProperty("p", null);
        return message;
    }

    private static Object read(Message message, String type) throws JMSException {
        switch (type) {
            case "boolean":
                return message.getBooleanProperty("p");
            case "byte":
                return message.getByteProperty("p");
            case "short":
                return message.getShortProperty("p");
            case "int":
                return message.getIntProperty("p");
            case "long":
                return message.getLongProperty("p");
            case "float":
                return message.getFloatProperty("p");
            case "double":
                return message.getDoubleProperty("p");
            default:
                return message.getStringProperty("p");
        }
    }

    private static void setTyped(Message message, Object value) throws JMSException {
        if (value instanceof Boolean) {
            message.setBooleanProperty("p", (Boolean) value);
        } else if (value instanceof Byte) {
            message.setByteProperty("p", (Byte) value);
        } else if (value instanceof Short) {
            message.setShortProperty("p", (Short) value);
        } else if (value instanceof Integer) {
            message.setIntProperty("p", (Integer) value);
        } else if (value instanceof Long) {
            message.setLongProperty("p", (Long) value);
        } else if (value instanceof Float) {
            message.setFloatProperty("p", (Float) value);
        } else if (value instanceof Double) {
            message.setDoubleProperty("p", (Double) value);
        } else {
            message.setStringProperty("p", (String) value);
        }
    }
}
