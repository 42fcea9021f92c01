package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.BytesMessage;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.ObjectMessage;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.fulmar.jms.destination.FulmarQueue;
import org.junit.jupiter.api.Test;

class ForeignMessagesTest {

    /** A message that is not of our classes, though it acts like one. */
    private static <T extends Message> T foreign(Class<T> type, FulmarMessage behind, Map<String, Object> answers) {
        Object proxy =
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    if (answers.containsKey(method.getName())) {
                        return answers.get(method.getName());
                    }
                    try {
                        return method.invoke(behind, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return type.cast(proxy);
    }

    private static <T extends Message> T foreign(Class<T> type, FulmarMessage behind) {
        return foreign(type, behind, Map.of());
    }

    private static FulmarMessage copy(Message message) throws JMSException {
        return ForeignMessages.copyOf(message, Wire.POLICY);
    }

    @Test
    void headersThatTheClientSetsAndPropertiesAreCopied() throws Exception {
        FulmarMessage original = new FulmarMessage();
        original.setJMSCorrelationID("c");
        original.setJMSReplyTo(new FulmarQueue("q"));
        original.setJMSType("t");
        original.setIntProperty("i", 1);
        original.setStringProperty("JMSXGroupID", "g");
        original.setIntProperty("JMSXGroupSeq", 2);
        original.setStringProperty("JMS_other_x", "o");
        original.setJMSMessageID("ID:foreign");
        original.setJMSPriority(9);
        original.setJMSExpiration(5);
        original.received(new ReceiptInfo(new FulmarQueue("from"), 4, null));
        FulmarMessage copy = copy(foreign(Message.class, original));
        assertThat(copy.getJMSCorrelationID()).isEqualTo("c");
        assertThat(copy.getJMSReplyTo()).isEqualTo(new FulmarQueue("q"));
        assertThat(copy.getJMSType()).isEqualTo("t");
        assertThat(Wire.propertyNames(copy)).containsExactly("i", "JMSXGroupID", "JMSXGroupSeq", "JMS_other_x");
        assertThat(copy.getObjectProperty("i")).isEqualTo(1);
        assertThat(copy.getJMSMessageID()).isNull();
        assertThat(copy.getJMSPriority()).isEqualTo(4);
        assertThat(copy.getJMSExpiration()).isZero();
        assertThat(copy.getJMSDestination()).isNull();
        assertThat(copy.getJMSRedelivered()).isFalse();
        copy.setIntProperty("more", 1);
    }

    @Test
    void eachKindOfBodyIsCopied() throws Exception {
        FulmarTextMessage text = new FulmarTextMessage("text");
        assertThat(copy(foreign(TextMessage.class, text)).getBody(String.class)).isEqualTo("text");

        FulmarBytesMessage bytes = new FulmarBytesMessage();
        byte[] content = new byte[20_000];
        content[19_999] = 7;
        bytes.writeBytes(content);
        BytesMessage foreignBytes = foreign(BytesMessage.class, bytes);
        assertThat(copy(foreignBytes).getBody(byte[].class)).isEqualTo(content);
        assertThat(foreignBytes.readByte()).isZero();

        FulmarMapMessage map = new FulmarMapMessage();
        map.setInt("a", 1);
        map.setString("b", null);
        FulmarMapMessage mapCopy = (FulmarMapMessage) copy(foreign(MapMessage.class, map));
        assertThat(Collections.list(mapCopy.getMapNames())).containsExactly("a", "b");
        assertThat(mapCopy.getInt("a")).isEqualTo(1);

        FulmarStreamMessage stream = new FulmarStreamMessage();
        stream.writeInt(1);
        stream.writeString(null);
        stream.writeBytes(new byte[] {2});
        StreamMessage foreignStream = foreign(StreamMessage.class, stream);
        FulmarStreamMessage streamCopy = (FulmarStreamMessage) copy(foreignStream);
        streamCopy.reset();
        assertThat(streamCopy.readInt()).isEqualTo(1);
        assertThat(streamCopy.readString()).isNull();
        assertThat((byte[]) streamCopy.readObject()).containsExactly(2);
        assertThat(foreignStream.readInt()).isEqualTo(1);

        FulmarObjectMessage object = new FulmarObjectMessage(Wire.POLICY);
        object.setObject(5);
        assertThat(copy(foreign(ObjectMessage.class, object)).getBody(Object.class))
                .isEqualTo(5);
    }

    @Test
    void aPropertyNameThatWeCanNotCarryIsToldNotDropped() {
        Message message = foreign(
                Message.class,
                new FulmarMessage(),
                Map.of("getPropertyNames", Collections.enumeration(List.of("not-a-name"))));
        assertThatThrownBy(() -> copy(message)).isInstanceOf(JMSException.class).hasMessageContaining("not-a-name");
    }

    @Test
    void headersThatTheSendSetAreGivenBackToTheForeignMessage() throws Exception {
        FulmarMessage behind = new FulmarMessage();
        Message foreign = foreign(Message.class, behind);
        FulmarMessage sent = copy(foreign);
        sent.setJMSDestination(new FulmarQueue("q"));
        sent.setJMSDeliveryMode(DeliveryMode.NON_PERSISTENT);
        sent.setJMSPriority(7);
        sent.setJMSMessageID("ID:1");
        sent.setJMSTimestamp(2);
        sent.setJMSExpiration(3);
        sent.setJMSDeliveryTime(4);
        ForeignMessages.copySentHeaders(sent, foreign);
        assertThat(behind.getJMSDestination()).isEqualTo(new FulmarQueue("q"));
        assertThat(behind.getJMSDeliveryMode()).isEqualTo(DeliveryMode.NON_PERSISTENT);
        assertThat(behind.getJMSPriority()).isEqualTo(7);
        assertThat(behind.getJMSMessageID()).isEqualTo("ID:1");
        assertThat(behind.getJMSTimestamp()).isEqualTo(2);
        assertThat(behind.getJMSExpiration()).isEqualTo(3);
        assertThat(behind.getJMSDeliveryTime()).isEqualTo(4);
    }
}
