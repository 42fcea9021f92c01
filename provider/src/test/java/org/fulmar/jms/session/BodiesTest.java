package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import jakarta.jms.MessageProducer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every kind of message through the broker, with contents that are hard to carry. The seed is in the failure. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BodiesTest {
    private static final int ROUNDS = 150;
    private static final String[] FRAGMENTS = {
        "a", " ", "\\", "\u0000", "\u0001", "\u0002", "ä", "你", "😀", "\uD800", "\uDC00", "\uFFFD", "|", "\n", "ID:"
    };

    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private final long seed = Long.getLong("fulmar.seed", 4711);
    private final Random random = new Random(seed);
    private Connection connection;
    private Session session;
    private MessageProducer producer;
    private MessageConsumer consumer;

    /** Not one of the JDK's values. */
    public static final class Own implements Serializable {
        private static final long serialVersionUID = 1L;
    }

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect();
        session = connection.createSession();
        Queue queue = session.createQueue(BROKER.name());
        producer = session.createProducer(queue);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        consumer = session.createConsumer(queue);
    }

    private <M extends Message> M through(M message, Class<M> kind) throws JMSException {
        producer.send(message);
        Message received = consumer.receive(Jms.WAIT);
        assertThat(received).as("seed %d", seed).isInstanceOf(kind);
        return kind.cast(received);
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            text.append(FRAGMENTS[random.nextInt(FRAGMENTS.length)]);
        }
        return text.toString();
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** A value that map and stream messages take. */
    private Object value() {
        return switch (random.nextInt(11)) {
            case 0 -> random.nextBoolean();
            case 1 -> (byte) random.nextInt();
            case 2 -> (short) random.nextInt();
            case 3 -> (char) random.nextInt();
            case 4 -> random.nextInt();
            case 5 -> random.nextLong();
            case 6 -> Float.intBitsToFloat(random.nextInt());
            case 7 -> Double.longBitsToDouble(random.nextLong());
            case 8 -> bytes(random.nextInt(50));
            case 9 -> null;
            default -> text();
        };
    }

    @Test
    void textsArriveAsTheyWereWhateverTheyHold() throws JMSException {
        for (int i = 0; i < ROUNDS; i++) {
            String text = text();
            TextMessage received = through(session.createTextMessage(text), TextMessage.class);
            assertThat(received.getText()).as("seed %d", seed).isEqualTo(text);
            assertThat(received.getBody(String.class)).as("seed %d", seed).isEqualTo(text);
        }
        assertThat(through(session.createTextMessage(), TextMessage.class).getText())
                .isNull();
        String large = "é😀x".repeat(300_000);
        assertThat(through(session.createTextMessage(large), TextMessage.class).getText())
                .isEqualTo(large);
    }

    @Test
    void bytesArriveAsTheyWereFromNoneToOneMebibyte() throws JMSException {
        for (int length : new int[] {0, 1, 2, 255, 4095, 65_536, 1 << 20}) {
            byte[] content = bytes(length);
            BytesMessage sent = session.createBytesMessage();
            sent.writeBytes(content);
            BytesMessage received = through(sent, BytesMessage.class);
            assertThat(received.getBodyLength()).isEqualTo(length);
            byte[] read = new byte[length];
            assertThat(received.readBytes(read)).isEqualTo(length == 0 ? -1 : length);
            assertThat(read).as("seed %d", seed).isEqualTo(content);
        }
    }

    @Test
    void manyLargeBodiesArriveUndamagedAndInOrder() throws JMSException {
        byte[][] contents = new byte[24][];
        for (int i = 0; i < contents.length; i++) {
            contents[i] = bytes(1 << 20);
            BytesMessage message = session.createBytesMessage();
            message.writeBytes(contents[i]);
            producer.send(message);
        }
        for (byte[] content : contents) {
            assertThat(consumer.receive(Jms.WAIT).getBody(byte[].class)).isEqualTo(content);
        }
    }

    @Test
    void mapsArriveAsTheyWere() throws JMSException {
        for (int i = 0; i < ROUNDS; i++) {
            Map<String, Object> content = new LinkedHashMap<>();
            MapMessage sent = session.createMapMessage();
            for (int entries = random.nextInt(12); entries > 0; entries--) {
                content.put("n" + text(), value());
            }
            for (Map.Entry<String, Object> entry : content.entrySet()) {
                sent.setObject(entry.getKey(), entry.getValue());
            }
            MapMessage received = through(sent, MapMessage.class);
            Map<String, Object> read = new LinkedHashMap<>();
            for (Object name : Collections.list(received.getMapNames())) {
                read.put((String) name, received.getObject((String) name));
            }
            // deep equality of Java's own: a NaN is itself, and arrays are compared by content
            assertThat(read.keySet()).as("seed %d", seed).isEqualTo(content.keySet());
            content.forEach((name, value) -> assertThat(Objects.deepEquals(read.get(name), value))
                    .as("seed %d: %s, sent %s", seed, read.get(name), value)
                    .isTrue());
        }
    }

    @Test
    void streamsArriveAsTheyWere() throws JMSException {
        for (int i = 0; i < ROUNDS; i++) {
            List<Object> content = new ArrayList<>();
            StreamMessage sent = session.createStreamMessage();
            for (int values = random.nextInt(12); values > 0; values--) {
                Object value = value();
                content.add(value);
                sent.writeObject(value);
            }
            StreamMessage received = through(sent, StreamMessage.class);
            for (Object value : content) {
                assertThat(received.readObject()).as("seed %d", seed).isEqualTo(value);
            }
            assertThatThrownBy(received::readObject).isInstanceOf(jakarta.jms.MessageEOFException.class);
        }
    }

    @Test
    void objectsArriveAsTheyWere() throws JMSException {
        for (int i = 0; i < ROUNDS; i++) {
            ArrayList<Object> list = new ArrayList<>();
            for (int values = random.nextInt(5); values > 0; values--) {
                list.add(random.nextBoolean() ? text() : random.nextDouble());
            }
            Serializable content = random.nextInt(10) == 0 ? null : new LinkedHashMap<>(Map.of(text(), list));
            ObjectMessage received = through(session.createObjectMessage(content), ObjectMessage.class);
            assertThat(received.getObject()).as("seed %d", seed).isEqualTo(content);
        }
    }

    @Test
    void classThatIsNotOnTheAllowListIsNotMadeFromAMessage() throws JMSException {
        ObjectMessage received = through(session.createObjectMessage(new Own()), ObjectMessage.class);
        assertThatThrownBy(received::getObject)
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining(Own.class.getName());
        String url = "fulmar:embedded?deserializationAllowList=org.fulmar.jms.session.*";
        try (FulmarConnectionFactory trusting = new FulmarConnectionFactory(url);
                Connection other = trusting.createConnection()) {
            other.start();
            Session there = other.createSession();
            Queue queue = there.createQueue("allowed");
            there.createProducer(queue).send(there.createObjectMessage(new Own()));
            ObjectMessage allowed = (ObjectMessage) there.createConsumer(queue).receive(Jms.WAIT);
            assertThat(allowed.getObject()).isInstanceOf(Own.class);
        }
    }

    @Test
    void plainMessageHasHeadersAndPropertiesAlone() throws JMSException {
        Message sent = session.createMessage();
        Map<String, Object> properties = new LinkedHashMap<>();
        for (int i = 0; i < 20; i++) {
            Object value = value();
            properties.put("p" + i, value instanceof byte[] || value instanceof Character ? "none" : value);
        }
        for (Map.Entry<String, Object> property : properties.entrySet()) {
            sent.setObjectProperty(property.getKey(), property.getValue());
        }
        sent.setJMSCorrelationID("c" + text());
        sent.setJMSType(text());
        Message received = through(sent, Message.class);
        assertThat(received)
                .isNotInstanceOfAny(
                        TextMessage.class,
                        BytesMessage.class,
                        MapMessage.class,
                        StreamMessage.class,
                        ObjectMessage.class);
        for (Map.Entry<String, Object> property : properties.entrySet()) {
            assertThat(received.getObjectProperty(property.getKey()))
                    .as("%s, seed %d", property.getKey(), seed)
                    .isEqualTo(property.getValue());
        }
        assertThat(received.getJMSCorrelationID()).isEqualTo(sent.getJMSCorrelationID());
        assertThat(received.getJMSType()).isEqualTo(sent.getJMSType());
        assertThat(received.getJMSMessageID()).isEqualTo(sent.getJMSMessageID());
        assertThat(received.getJMSTimestamp()).isEqualTo(sent.getJMSTimestamp()).isPositive();
        assertThat(received.getJMSDestination()).isEqualTo(producer.getDestination());
        assertThat(received.getJMSDeliveryMode()).isEqualTo(DeliveryMode.NON_PERSISTENT);
        assertThat(received.getBody(String.class)).isNull();
    }

    @Test
    void receivedMessageIsReadOnlyAndCanBeSentOn() throws JMSException {
        TextMessage sent = session.createTextMessage("a");
        sent.setIntProperty("p", 1);
        TextMessage received = through(sent, TextMessage.class);
        assertThatThrownBy(() -> received.setText("b")).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> received.setIntProperty("p", 2)).isInstanceOf(MessageNotWriteableException.class);
        String id = received.getJMSMessageID();
        TextMessage again = through(received, TextMessage.class);
        assertThat(again.getText()).isEqualTo("a");
        assertThat(again.getIntProperty("p")).isEqualTo(1);
        assertThat(again.getJMSMessageID()).isNotEqualTo(id).isEqualTo(received.getJMSMessageID());
        assertThat(again.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
    }

    @Test
    void sentMessageMayBeChangedAndSentAgain() throws JMSException {
        TextMessage message = session.createTextMessage("a");
        producer.send(message);
        String first = message.getJMSMessageID();
        message.setText("b");
        producer.send(message);
        Message one = consumer.receive(Jms.WAIT);
        Message two = consumer.receive(Jms.WAIT);
        assertThat(Jms.text(one)).isEqualTo("a");
        assertThat(one.getJMSMessageID()).isEqualTo(first);
        assertThat(Jms.text(two)).isEqualTo("b");
        assertThat(two.getJMSMessageID()).isNotEqualTo(first).isEqualTo(message.getJMSMessageID());
    }

    @Test
    void bytesMessageIsNotEmptiedByItsSending() throws JMSException {
        BytesMessage message = session.createBytesMessage();
        message.writeInt(1);
        producer.send(message);
        message.writeInt(2);
        producer.send(message);
        assertThat(consumer.receive(Jms.WAIT).getBody(byte[].class)).containsExactly(0, 0, 0, 1);
        assertThat(consumer.receive(Jms.WAIT).getBody(byte[].class)).containsExactly(0, 0, 0, 1, 0, 0, 0, 2);
    }

    @Test
    void messageThatIsTooLargeIsRefusedInEitherDeliveryMode() throws JMSException {
        BytesMessage message = session.createBytesMessage();
        message.writeBytes(new byte[(4 << 20) + 1]);
        for (int mode : new int[] {DeliveryMode.PERSISTENT, DeliveryMode.NON_PERSISTENT}) {
            assertThatThrownBy(() -> producer.send(message, mode, 4, 0))
                    .as("delivery mode %d", mode)
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("maxMessageSize");
        }
        assertThat(Jms.text(through(session.createTextMessage("after"), TextMessage.class)))
                .as("the connection works on")
                .isEqualTo("after");
    }
}
