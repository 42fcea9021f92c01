package org.fulmar.broker.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.Compression;
import org.fulmar.protocol.message.HeaderText;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the values come from: records of JMS clients and of RocketMQ's, whole and damaged ones. */
@Timeout(180)
class SelectorRecordTest {
    private static void assertTrue(MessageRecord record, String... selectors) {
        for (String selector : selectors) {
            assertThat(Selections.truth(selector, record)).as(selector).isEqualTo(Truth.TRUE);
        }
    }

    @Test
    void aNativeMessageHasItsTagItsKeyAndItsPropertiesAsStrings() {
        MessageRecord record = TestMessage.ofNative()
                .born(77)
                .raw(JmsNames.TAGS, "order")
                .raw("KEYS", "k")
                .raw(JmsNames.UNIQ_KEY, "0A01")
                .raw("amount", "12")
                .raw("back", "a\\1b")
                .raw("WAIT", "true")
                .raw("TIMER_X", "1")
                .record();
        assertTrue(
                record,
                "JMSType = 'order'",
                "JMSMessageID = 'ID:0A01'",
                "JMSTimestamp = 77",
                "JMSPriority = 4",
                "JMSDeliveryMode = 'PERSISTENT'",
                "JMSCorrelationID IS NULL",
                "amount = '12'",
                "NOT amount = 12",
                "back = 'a\\1b'",
                "KEYS IS NULL AND TAGS IS NULL AND UNIQ_KEY IS NULL AND WAIT IS NULL AND TIMER_X IS NULL");
    }

    @Test
    void flagBitsMeanNothingInANativeMessage() {
        int bits = JmsFlag.PROPERTIES_IN_BODY | JmsFlag.NON_PERSISTENT | JmsFlag.NO_TIMESTAMP | 9;
        MessageRecord record = TestMessage.ofNative()
                .flag(bits)
                .born(5)
                .body(ByteBuffer.allocate(12)
                        .putInt(4)
                        .put(new byte[] {'a', 1, 'b', 2})
                        .array())
                .raw("c", "d")
                .record();
        assertTrue(record, "JMSPriority = 4", "JMSDeliveryMode = 'PERSISTENT'", "JMSTimestamp = 5", "a IS NULL");
    }

    @Test
    void headersThatASenderLeftOutAreNull() {
        MessageRecord record =
                TestMessage.jms().flag(JmsFlag.MARK | JmsFlag.NO_TIMESTAMP).record();
        assertTrue(
                record,
                "JMSMessageID IS NULL",
                "JMSCorrelationID IS NULL",
                "JMSType IS NULL",
                "JMSTimestamp = 0",
                "JMSPriority = 0",
                "JMSDeliveryMode = 'PERSISTENT'");
    }

    @Test
    void headersThatNativeFormsCannotHoldComeEscaped() {
        MessageRecord record = TestMessage.jms()
                .raw(JmsNames.MESSAGE_ID, HeaderText.encode("no prefix\u0001"))
                .type("a|b")
                .movable(JmsNames.CORRELATION_ID, HeaderText.encode(""))
                .record();
        assertTrue(record, "JMSMessageID LIKE 'no prefix_'", "JMSType = 'a|b'", "JMSCorrelationID = ''");
    }

    @Test
    void aCorrelationIdOfBytesIsNull() {
        MessageRecord record = TestMessage.jms()
                .movable(JmsNames.CORRELATION_ID, HeaderText.encodeCorrelationId(new byte[] {1, 2}))
                .record();
        assertTrue(record, "JMSCorrelationID IS NULL");
    }

    @Test
    void damagedValuesAreNull() {
        MessageRecord record = TestMessage.jms()
                .raw(JmsNames.MESSAGE_ID, "?")
                .raw(JmsNames.CORRELATION_ID, "bxyz")
                .raw(JmsNames.TYPE, "s\\q")
                .raw("a", "x")
                .raw("b", "\\q")
                .raw("c", "1")
                .raw("d", "99999999999")
                .raw("good", "5")
                .raw(JmsNames.PROPERTY_TYPES, "a:i,b:s,c:?,d:i,gone:l,good:i")
                .record();
        assertTrue(
                record,
                "JMSMessageID IS NULL AND JMSCorrelationID IS NULL AND JMSType IS NULL",
                "a IS NULL AND b IS NULL AND c IS NULL AND d IS NULL AND gone IS NULL",
                "good = 5");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a:", ":i", "a:i,", "a:i,,", "ai", "a:i,b", "x:i,a;i"})
    void aDamagedListOfTypesLeavesNoProperties(String types) {
        MessageRecord record = TestMessage.jms()
                .raw("a", "1")
                .raw(JmsNames.PROPERTY_TYPES, types)
                .record();
        boolean whole = types.equals("a:i,");
        assertTrue(record, whole ? "a = 1" : "a IS NULL");
    }

    @Test
    void theFirstOfTwoEntriesCountsAndEmptyOnesDoNot() {
        MessageRecord record = TestMessage.jms()
                .raw("a", "")
                .raw("", "x")
                .raw("a", "1")
                .raw("a", "2")
                .raw("_jms_p_a", "3")
                .raw("_jms_p_b", "4")
                .raw("b", "5")
                .raw("long\u0001name", "v")
                .record();
        assertTrue(record, "a = '1'", "b = '4'");
    }

    @Test
    void reservedNamesAreNotThoseOfProperties() {
        MessageRecord record = TestMessage.jms()
                .raw("TAGS", "tag")
                .raw("_jms_k", "T")
                .raw("_jms_p_KEYS", "mine")
                .raw("JMSXDeliveryCount", "9")
                .record();
        assertTrue(record, "TAGS IS NULL", "_jms_k IS NULL", "KEYS = 'mine'", "JMSXDeliveryCount IS NULL");
    }

    @Test
    void keysAndCorrelationIdOfRocketMqHaveNamesOfTheirOwn() {
        MessageRecord record =
                TestMessage.jms().raw("KEYS", "a b").raw("CORRELATION_ID", "c").record();
        assertTrue(record, "JMS_FULMAR_Keys = 'a b'", "KEYS IS NULL", "JMSCorrelationID = 'c'");
    }

    @Test
    void propertiesAtTheFrontOfTheBodyAreFound() {
        MessageRecord record = overflowing(null);
        assertTrue(record, "a = 1", "s = 'x'", "e = ''", "JMSCorrelationID = 'c'", "JMSType = 'x|y'", "gone IS NULL");
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void propertiesAtTheFrontOfACompressedBodyAreFound(Compression compression) {
        MessageRecord record = overflowing(compression);
        assertTrue(record, "a = 1", "s = 'x'", "e = ''", "JMSCorrelationID = 'c'", "JMSType = 'x|y'", "gone IS NULL");
    }

    private static MessageRecord overflowing(Compression compression) {
        return TestMessage.jms()
                .propertiesInBody()
                .compressed(compression)
                .body(new byte[10_000])
                .with("a", 1)
                .with("s", "x")
                .with("e", "")
                .type("x|y")
                .movable(JmsNames.CORRELATION_ID, HeaderText.encode("c"))
                .record();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 5, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aDamagedLengthBeforeTheBodyLeavesTheOtherProperties(int length) {
        byte[] body = ByteBuffer.allocate(8).putInt(length).array();
        for (Compression compression : new Compression[] {null, Compression.LZ4}) {
            MessageRecord record = TestMessage.jms()
                    .flag(JmsFlag.MARK)
                    .compressed(compression)
                    .body(body)
                    .raw("a", "x")
                    .record();
            record.buffer().putInt(record.position() + 16, JmsFlag.MARK | JmsFlag.PROPERTIES_IN_BODY);
            assertTrue(record, "a = 'x'", "b IS NULL", "JMSType IS NULL");
        }
    }

    @Test
    void aBodyThatCannotBeUnpackedLeavesTheOtherProperties() {
        MessageRecord record = TestMessage.jms()
                .flag(JmsFlag.MARK)
                .compressed(Compression.ZSTD)
                .raw("a", "x")
                .record();
        record.buffer().putInt(record.position() + 16, JmsFlag.MARK | JmsFlag.PROPERTIES_IN_BODY);
        record.buffer().putInt(record.position() + MessageRecord.SYS_FLAG_AT, 0x701);
        assertTrue(record, "a = 'x'", "b IS NULL");
    }

    @Test
    void aSelectorKeepsNothingOfOneMessageForTheNext() throws DeliveryException {
        Selector selector = Selector.compile("a = 1 AND b IS NULL AND JMSType = 'x'");
        MessageRecord matching = TestMessage.jms().type("x").with("a", 1).record();
        MessageRecord other =
                TestMessage.jms().type("y").with("a", "1").with("b", 2).record();
        MessageRecord bare = TestMessage.jms().record();
        for (int i = 0; i < 3; i++) {
            assertThat(selector.matches(matching)).isTrue();
            assertThat(selector.matches(other)).isFalse();
            assertThat(selector.matches(bare)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "JMSType = 'car'",
                "'car' = JMSType",
                "JMSType = 'car' AND a = 1",
                "a = 1 AND (b = 2 AND JMSType = 'car')",
                "((JMSType) = ('car')) AND TRUE",
                "JMSType IN ('car')",
                "NOT NOT JMSType = 'car'"
            })
    void aDemandedTypeIsKnownByItsTagHash(String selector) throws DeliveryException {
        assertThat(Selector.compile(selector).requiredTagHash())
                .isEqualTo(OptionalLong.of(MessageProperties.tagHash("car")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a = 1",
                "JMSType <> 'car'",
                "NOT JMSType = 'car'",
                "JMSType = 'car' OR a = 1",
                "JMSType = a",
                "JMSType LIKE 'car'",
                "JMSType IN ('car', 'bike')",
                "JMSType NOT IN ('car')",
                "JMSType = ''",
                "JMSType = ' car'",
                "JMSType = 'a|b'",
                "(JMSType = 'car') = TRUE",
                "TAGS = 'car'",
                "JMSCorrelationID = 'car'"
            })
    void otherwiseNoTagIsDemanded(String selector) throws DeliveryException {
        assertThat(Selector.compile(selector).requiredTagHash()).isEmpty();
    }
}
