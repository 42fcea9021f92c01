package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import jakarta.jms.BytesMessage;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.jms.destination.FulmarTemporaryTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireFormTest {

    @Test
    void aMessageWithEverythingHasExactlyThisForm() throws Exception {
        FulmarTextMessage message = new FulmarTextMessage("h\u00E4");
        message.setJMSMessageID("ID:abc");
        message.setJMSType("order");
        message.setJMSDeliveryMode(DeliveryMode.NON_PERSISTENT);
        message.setJMSPriority(9);
        message.setJMSTimestamp(1_000);
        message.setJMSExpiration(5_000);
        message.setJMSDeliveryTime(2_000);
        message.setJMSCorrelationID("c\\1");
        message.setJMSReplyTo(new FulmarTemporaryTopic("r", null));
        message.setIntProperty("count", 3);
        message.setDoubleProperty("price", 1.5);
        message.setStringProperty("plain", "a\\b");
        message.setStringProperty("odd", "\u0001\u0002\u0000\\\uD800");
        message.setStringProperty("empty", "");
        message.setStringProperty("none", null);
        message.setStringProperty("TAGS", "mine");
        WireMessage wire = MessageMapping.toWire(message);
        assertThat(wire.flag()).isEqualTo(0x4A000000 | 9 | 1 << 4 | 1 << 5);
        assertThat(wire.bornTimestamp()).isEqualTo(1_000);
        assertThat(new String(wire.body(), StandardCharsets.UTF_8)).isEqualTo("h\u00E4");
        assertThat(Wire.properties(wire.properties()))
                .containsExactly(
                        entry("_jms_k", "t"),
                        entry("WAIT", "false"),
                        entry("_jms_exp", "5000"),
                        entry("_jms_dt", "2000"),
                        entry("UNIQ_KEY", "abc"),
                        entry("TAGS", "order"),
                        entry("count", "3"),
                        entry("price", "1.5"),
                        entry("plain", "a\\b"),
                        entry("odd", "\\1\\2\\0\\\\\\ud800"),
                        entry("_jms_p_TAGS", "mine"),
                        entry("_jms_ty", "count:i,price:d,odd:s,empty:e,none:n"),
                        entry("_jms_cid", "sc\\\\1"),
                        entry("_jms_rt", "temp-topic:r"));
    }

    @Test
    void aPlainMessageCostsFewBytes() throws Exception {
        WireMessage wire = MessageMapping.toWire(new FulmarMessage());
        assertThat(wire.flag()).isEqualTo(0x4A000000 | 4 | 1 << 8);
        assertThat(Wire.properties(wire.properties())).containsExactly(entry("_jms_k", "n"));
        assertThat(wire.body()).isEmpty();
    }

    @Test
    void eachKindOfMessageHasItsLetter() throws Exception {
        FulmarObjectMessage object = new FulmarObjectMessage(Wire.POLICY);
        assertThat(Wire.properties(object)).containsEntry("_jms_k", "y");
        object.setObject(1);
        assertThat(Wire.properties(object)).containsEntry("_jms_k", "o");
        assertThat(Wire.properties(new FulmarTextMessage())).containsEntry("_jms_k", "x");
        assertThat(Wire.properties(new FulmarTextMessage(""))).containsEntry("_jms_k", "t");
        assertThat(Wire.properties(new FulmarTextMessage("\uD83D\uDE00"))).containsEntry("_jms_k", "t");
        assertThat(Wire.properties(new FulmarTextMessage("\uDC00"))).containsEntry("_jms_k", "u");
        assertThat(Wire.properties(new FulmarBytesMessage())).containsEntry("_jms_k", "b");
        assertThat(Wire.properties(new FulmarMapMessage())).containsEntry("_jms_k", "m");
        assertThat(Wire.properties(new FulmarStreamMessage())).containsEntry("_jms_k", "s");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " a", "a ", "a|b", "a\u0001", "a\nb", "a\u007F", "\uD800", "\t"})
    void aTypeThatCanNotBeATagTravelsElsewhere(String type) throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setJMSType(type);
        assertThat(Wire.properties(message)).containsKey("_jms_type").doesNotContainKey("TAGS");
        assertThat(Wire.trip(message).getJMSType()).isEqualTo(type);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ID:", "abc", "ID:\u0001", "ID:\uD800"})
    void aMessageIdThatCanNotBeAKeyTravelsElsewhere(String id) throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setJMSMessageID(id);
        assertThat(Wire.properties(message)).containsKey("_jms_id").doesNotContainKey("UNIQ_KEY");
        assertThat(Wire.trip(message).getJMSMessageID()).isEqualTo(id);
    }

    @Test
    void aDeliveryTimeWithoutDelayNeedsNoProperty() throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setJMSTimestamp(1_000);
        message.setJMSDeliveryTime(1_000);
        WireMessage wire = MessageMapping.toWire(message);
        assertThat(Wire.properties(wire.properties())).doesNotContainKey("_jms_dt");
        assertThat(wire.flag() & 1 << 9).isNotZero();
        assertThat(Wire.trip(message).getJMSDeliveryTime()).isEqualTo(1_000);
    }

    @Test
    void aDisabledTimestampStaysZeroWhateverTheRecordSays() throws Exception {
        WireMessage wire = MessageMapping.toWire(new FulmarMessage());
        FulmarMessage received = MessageMapping.fromWire(
                wire.flag(), ByteSlice.of(wire.properties()), ByteSlice.of(wire.body()), 99, Wire.READING);
        assertThat(received.getJMSTimestamp()).isZero();
    }

    @Test
    void aForeignReplyToIsEncodedByItsName() throws Exception {
        FulmarMessage message = new FulmarMessage();
        Queue foreign = () -> "theirs";
        message.setJMSReplyTo(foreign);
        assertThat(message.getJMSReplyTo()).isSameAs(foreign);
        assertThat(Wire.trip(message).getJMSReplyTo()).isEqualTo(new FulmarQueue("theirs"));
    }

    @Test
    void propertiesThatDoNotFitGoToTheFrontOfTheBody() throws Exception {
        FulmarTextMessage message = new FulmarTextMessage("body");
        message.setJMSMessageID("ID:1");
        message.setJMSType("tag");
        message.setJMSCorrelationID("c");
        message.setStringProperty("big", "x".repeat(30_000));
        WireMessage wire = MessageMapping.toWire(message);
        assertThat(wire.flag() & 1 << 6).isNotZero();
        assertThat(Wire.properties(wire.properties())).containsOnlyKeys("_jms_k", "UNIQ_KEY", "TAGS");
        int length = ByteBuffer.wrap(wire.body()).getInt();
        byte[] overflow = Arrays.copyOfRange(wire.body(), 4, 4 + length);
        assertThat(Wire.properties(overflow)).containsOnlyKeys("big", "_jms_cid");
        assertThat(new String(wire.body(), 4 + length, 4, StandardCharsets.UTF_8))
                .isEqualTo("body");
        FulmarTextMessage received = Wire.trip(message);
        assertThat(received.getText()).isEqualTo("body");
        assertThat(received.getStringProperty("big")).hasSize(30_000);
        assertThat(received.getJMSCorrelationID()).isEqualTo("c");
    }

    @Test
    void aMessageIdThatDoesNotFitIsRefused() {
        FulmarMessage message = new FulmarMessage();
        message.setJMSMessageID("ID:" + "x".repeat(30_000));
        assertThatThrownBy(() -> MessageMapping.toWire(message)).isInstanceOf(JMSException.class);
    }

    @Test
    void slicesAreReadWhereTheyLie() throws Exception {
        FulmarTextMessage message = new FulmarTextMessage("body");
        message.setIntProperty("a", 7);
        WireMessage wire = MessageMapping.toWire(message);
        ByteBuffer frame = ByteBuffer.allocate(500);
        frame.position(100);
        frame.put(wire.properties()).put((byte) 'z').put(wire.body()).put((byte) 'z');
        ByteSlice properties = new ByteSlice(frame.array(), 100, wire.properties().length);
        ByteSlice body = new ByteSlice(frame.array(), 101 + wire.properties().length, wire.body().length);
        FulmarTextMessage received =
                (FulmarTextMessage) MessageMapping.fromWire(wire.flag(), properties, body, 0, Wire.READING);
        assertThat(received.getText()).isEqualTo("body");
        assertThat(received.getIntProperty("a")).isEqualTo(7);
        assertThat(MessageMapping.toWire(received).body()).isEqualTo(wire.body());
    }

    @Test
    void aNativeMessageIsBytesWithStringProperties() throws Exception {
        FulmarMessage message = Wire.ofNative(
                new byte[] {1, 2},
                "UNIQ_KEY",
                "k1",
                "TAGS",
                "tag",
                "KEYS",
                "key",
                "a",
                "1",
                "not-a-name",
                "x",
                "WAIT",
                "true",
                "JMSXDeliveryCount",
                "5",
                "JMSType",
                "no",
                "TIMER_OUT_MS",
                "4",
                "_jms_p_TTL",
                "user");
        assertThat(message).isInstanceOf(BytesMessage.class);
        assertThat(message.getBody(byte[].class)).containsExactly(1, 2);
        assertThat(message.getJMSMessageID()).isEqualTo("ID:k1");
        assertThat(message.getJMSType()).isEqualTo("tag");
        assertThat(message.getJMSTimestamp()).isEqualTo(1_000);
        assertThat(message.getJMSPriority()).isEqualTo(4);
        assertThat(message.getJMSExpiration()).isZero();
        assertThat(message.getJMSCorrelationID()).isNull();
        assertThat(Wire.propertyNames(message)).containsExactly("JMS_FULMAR_Keys", "a", "TTL");
        assertThat(message.getObjectProperty("a")).isEqualTo("1");
        assertThat(message.getIntProperty("a")).isEqualTo(1);
    }

    @Test
    void theBodyOfANativeMessageIsATextIfThatIsWantedAndItIsUtf8() throws Exception {
        Reading text = new Reading(Wire.POLICY, true);
        byte[] body = "h\u00E4".getBytes(StandardCharsets.UTF_8);
        assertThat(Wire.ofNative(text, body).getBody(String.class)).isEqualTo("h\u00E4");
        assertThat(Wire.ofNative(text, new byte[] {(byte) 0xFF})).isInstanceOf(BytesMessage.class);
        assertThat(Wire.ofNative(text, body, "_jms_k", "b")).isInstanceOf(BytesMessage.class);
    }

    @Test
    void keysOfRocketMqAreAPropertyInBothDirections() throws Exception {
        assertThat(Wire.ofNative(new byte[0], "KEYS", "a b").getStringProperty("JMS_FULMAR_Keys"))
                .isEqualTo("a b");
        FulmarMessage message = new FulmarMessage();
        message.setStringProperty("JMS_FULMAR_Keys", "a b");
        message.setStringProperty("KEYS", "mine");
        assertThat(Wire.properties(message)).containsEntry("KEYS", "a b").containsEntry("_jms_p_KEYS", "mine");
        assertThat(Wire.trip(message).getStringProperty("JMS_FULMAR_Keys")).isEqualTo("a b");
    }

    @Test
    void theCorrelationIdOfANativeRequestIsThatOfTheMessage() throws Exception {
        FulmarMessage message = Wire.ofNative(new byte[0], "CORRELATION_ID", "c\\1");
        assertThat(message.getJMSCorrelationID()).isEqualTo("c\\1");
        assertThat(message.propertyExists("CORRELATION_ID")).isFalse();
    }

    @Test
    void aNativeMessageMaySayWhatKindItIs() throws Exception {
        byte[] body = "text".getBytes(StandardCharsets.UTF_8);
        assertThat(Wire.ofNative(body, "_jms_k", "t").getBody(String.class)).isEqualTo("text");
        assertThat(Wire.ofNative(body, "_jms_k", "?")).isInstanceOf(BytesMessage.class);
        assertThat(Wire.ofNative(body, "_jms_k", "tt")).isInstanceOf(BytesMessage.class);
    }

    @Test
    void theLastSeparatorMayBeMissingAndEntriesWithoutNameOrValueDoNotCount() throws Exception {
        byte[] block = "\u0002\u0001x\u0002b\u0001\u0002c\u0002a\u00011".getBytes(StandardCharsets.UTF_8);
        FulmarMessage message = MessageMapping.fromWire(0, ByteSlice.of(block), ByteSlice.EMPTY, 0, Wire.READING);
        assertThat(Wire.propertyNames(message)).containsExactly("a");
        assertThat(message.getStringProperty("a")).isEqualTo("1");
    }

    @Test
    void ofTwoEntriesWithOneNameTheFirstCounts() throws Exception {
        FulmarMessage message = Wire.ofNative(new byte[0], "a", "1", "UNIQ_KEY", "k1", "a", "2", "UNIQ_KEY", "k2");
        assertThat(message.getStringProperty("a")).isEqualTo("1");
        assertThat(message.getJMSMessageID()).isEqualTo("ID:k1");
    }

    @Test
    void blocksThatRocketMqHasReorderedReadTheSame() throws Exception {
        FulmarMapMessage message = new FulmarMapMessage();
        message.setJMSMessageID("ID:1");
        message.setIntProperty("a", 1);
        message.setStringProperty("b", "");
        WireMessage wire = MessageMapping.toWire(message);
        StringBuilder reordered = new StringBuilder();
        for (Map.Entry<String, String> entry :
                Wire.properties(wire.properties()).entrySet()) {
            String separator = reordered.length() == 0 ? "" : "\u0002";
            reordered.insert(0, entry.getKey() + "\u0001" + entry.getValue() + separator);
        }
        FulmarMessage received = MessageMapping.fromWire(
                wire.flag(),
                ByteSlice.of(reordered.toString().getBytes(StandardCharsets.UTF_8)),
                ByteSlice.of(wire.body()),
                0,
                Wire.READING);
        assertThat(received).isInstanceOf(FulmarMapMessage.class);
        assertThat(received.getJMSMessageID()).isEqualTo("ID:1");
        assertThat(received.getObjectProperty("a")).isEqualTo(1);
        assertThat(received.getObjectProperty("b")).isEqualTo("");
    }

    @Test
    void aDirectBufferIsCopiedAndAnArraysOwnIsShared() {
        ByteBuffer direct = ByteBuffer.allocateDirect(4).putInt(7).flip();
        assertThat(ByteSlice.of(direct).intAt(0)).isEqualTo(7);
        assertThat(direct.remaining()).isEqualTo(4);
        byte[] array = {1, 2, 3};
        ByteSlice shared = ByteSlice.of(ByteBuffer.wrap(array, 1, 2));
        assertThat(shared.array()).isSameAs(array);
        assertThat(shared.byteAt(0)).isEqualTo((byte) 2);
        assertThatThrownBy(() -> new ByteSlice(array, 1, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> shared.byteAt(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
