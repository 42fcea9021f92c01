package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.MessageEOFException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.fulmar.jms.destination.FulmarDestination;

/** Makes messages of all kinds with contents that are hard to carry, the same ones for the same seed. */
final class RandomMessages {

    private static final String[] FRAGMENTS = {
        "a",
        "order",
        " ",
        "\\",
        "\\1",
        "\u0000",
        "\u0001",
        "\u0002",
        "\u0003",
        "\u00E4",
        "\u4F60",
        "\uD83D\uDE00",
        "\uD800",
        "\uDC00",
        "\uFFFD",
        "|",
        ",",
        ":",
        "ID:",
        "\n",
        "\\u0041"
    };

    private static final String[] NAMES = {
        "a",
        "b",
        "count",
        "_jms_k",
        "_jms_p_x",
        "TAGS",
        "KEYS",
        "TIMER_X",
        "TTL",
        "\u00E4",
        "$x",
        "JMSXGroupID",
        "JMS_acme",
        "\uD840\uDC00",
        "UNIQ_KEY",
        "x1"
    };

    private final Random random;

    RandomMessages(long seed) {
        random = new Random(seed);
    }

    FulmarMessage next() throws JMSException {
        FulmarMessage message = withBody();
        fillHeaders(message);
        int count = random.nextInt(8);
        for (int i = 0; i < count; i++) {
            String name = NAMES[random.nextInt(NAMES.length)];
            message.setObjectProperty(name, name.equals("JMSXGroupID") ? text() : propertyValue());
        }
        if (random.nextInt(100) == 0) {
            message.setStringProperty("large", text().concat("\u4F60x").repeat(200_000 / 4));
        } else if (random.nextInt(20) == 0) {
            for (int i = 0; i < 3_000; i++) {
                message.setIntProperty("many" + i, random.nextInt());
            }
        }
        return message;
    }

    private void fillHeaders(FulmarMessage message) throws JMSException {
        message.setJMSMessageID(random.nextInt(4) == 0 ? nullable(text()) : "ID:" + random.nextLong());
        message.setJMSType(nullable(text()));
        if (random.nextBoolean()) {
            message.setJMSCorrelationID(nullable(text()));
        } else if (random.nextBoolean()) {
            message.setJMSCorrelationIDAsBytes(bytes());
        }
        if (random.nextInt(3) == 0) {
            FulmarDestination.Kind[] kinds = FulmarDestination.Kind.values();
            message.setJMSReplyTo(FulmarDestination.of(kinds[random.nextInt(4)], "n" + text()));
        }
        message.setJMSPriority(random.nextInt(10));
        message.setJMSDeliveryMode(random.nextBoolean() ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT);
        message.setJMSTimestamp(time());
        message.setJMSExpiration(time());
        message.setJMSDeliveryTime(random.nextInt(3) == 0 ? message.getJMSTimestamp() : time());
    }

    private long time() {
        return random.nextInt(3) == 0 ? 0 : random.nextLong();
    }

    private FulmarMessage withBody() throws JMSException {
        switch (random.nextInt(6)) {
            case 0:
                return new FulmarMessage();
            case 1:
                return new FulmarTextMessage(nullable(text()));
            case 2:
                FulmarBytesMessage bytes = new FulmarBytesMessage();
                bytes.writeBytes(bytes());
                return bytes;
            case 3:
                FulmarMapMessage map = new FulmarMapMessage();
                int entries = random.nextInt(10);
                for (int i = 0; i < entries; i++) {
                    map.setObject("n" + text(), bodyValue());
                }
                return map;
            case 4:
                FulmarStreamMessage stream = new FulmarStreamMessage();
                int values = random.nextInt(10);
                for (int i = 0; i < values; i++) {
                    stream.writeObject(bodyValue());
                }
                return stream;
            default:
                FulmarObjectMessage object = new FulmarObjectMessage(Wire.POLICY);
                object.setObject(object());
                return object;
        }
    }

    private Serializable object() {
        switch (random.nextInt(5)) {
            case 0:
                return null;
            case 1:
                return text();
            case 2:
                return new ArrayList<>(List.of(random.nextInt(), text(), new UUID(random.nextLong(), 1)));
            case 3:
                return new LinkedHashMap<>(Map.of(text(), random.nextLong()));
            default:
                return random.nextDouble();
        }
    }

    private Object propertyValue() {
        switch (random.nextInt(9)) {
            case 0:
                return null;
            case 1:
                return random.nextBoolean();
            case 2:
                return (byte) random.nextInt();
            case 3:
                return (short) random.nextInt();
            case 4:
                return random.nextInt();
            case 5:
                return random.nextLong();
            case 6:
                return Float.intBitsToFloat(random.nextInt());
            case 7:
                return Double.longBitsToDouble(random.nextLong());
            default:
                return text();
        }
    }

    private Object bodyValue() {
        switch (random.nextInt(4)) {
            case 0:
                return bytes();
            case 1:
                return (char) random.nextInt();
            default:
                return propertyValue();
        }
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        return bytes;
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
            text.append(FRAGMENTS[random.nextInt(FRAGMENTS.length)]);
        }
        return text.toString();
    }

    private String nullable(String text) {
        return random.nextInt(5) == 0 ? null : text;
    }

    static void assertSameContents(FulmarMessage actual, FulmarMessage expected) throws JMSException {
        assertThat(actual).hasSameClassAs(expected);
        assertThat(actual.getJMSMessageID()).isEqualTo(expected.getJMSMessageID());
        assertThat(actual.getJMSType()).isEqualTo(expected.getJMSType());
        assertThat(actual.getJMSCorrelationID()).isEqualTo(expected.getJMSCorrelationID());
        assertThat(actual.getJMSCorrelationIDAsBytes()).isEqualTo(expected.getJMSCorrelationIDAsBytes());
        assertThat(actual.getJMSReplyTo()).isEqualTo(expected.getJMSReplyTo());
        assertThat(actual.getJMSPriority()).isEqualTo(expected.getJMSPriority());
        assertThat(actual.getJMSDeliveryMode()).isEqualTo(expected.getJMSDeliveryMode());
        assertThat(actual.getJMSTimestamp()).isEqualTo(expected.getJMSTimestamp());
        assertThat(actual.getJMSExpiration()).isEqualTo(expected.getJMSExpiration());
        assertThat(actual.getJMSDeliveryTime()).isEqualTo(expected.getJMSDeliveryTime());
        assertThat(properties(actual)).isEqualTo(properties(expected));
        assertThat(contents(actual)).isEqualTo(contents(expected));
    }

    private static Map<String, Object> properties(FulmarMessage message) throws JMSException {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (String name : Collections.list(message.getPropertyNames())) {
            properties.put(name, message.getObjectProperty(name));
        }
        properties.remove("JMSXDeliveryCount");
        return properties;
    }

    /** The body in a form that can be compared. */
    static Object contents(FulmarMessage message) throws JMSException {
        if (message instanceof FulmarStreamMessage) {
            return values((FulmarStreamMessage) message);
        }
        Object body = message.getBody(Object.class);
        if (body instanceof Map) {
            Map<Object, Object> comparable = new LinkedHashMap<>();
            ((Map<?, ?>) body).forEach((name, value) -> comparable.put(name, comparable(value)));
            return comparable;
        }
        return comparable(body);
    }

    private static List<Object> values(FulmarStreamMessage stream) throws JMSException {
        stream.reset();
        List<Object> values = new ArrayList<>();
        try {
            while (true) {
                values.add(comparable(stream.readObject()));
            }
        } catch (MessageEOFException e) {
            return values;
        }
    }

    private static Object comparable(Object value) {
        return value instanceof byte[] ? ByteBuffer.wrap((byte[]) value) : value;
    }
}
