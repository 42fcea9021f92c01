package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import java.nio.ByteBuffer;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.filter.Selector;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.Compression;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The broker's selectors see in a stored record what a consumer sees in the message. */
@Timeout(60)
class SelectorOverMessagesTest {
    private static final int SEEDS = 1_500;

    @Test
    void aSelectorSeesTheValuesThatTheConsumerSees() throws Exception {
        Long only = Long.getLong("fulmar.seed");
        long first = only == null ? 1 : only;
        long last = only == null ? SEEDS : only;
        int overflowing = 0;
        for (long seed = first; seed <= last; seed++) {
            FulmarMessage message = new RandomMessages(seed).next();
            WireMessage wire = MessageMapping.toWire(message);
            overflowing += JmsFlag.hasPropertiesInBody(wire.flag()) ? 1 : 0;
            MessageRecord record = record(wire, seed % 4 == 0 ? Compression.LZ4 : null);
            try {
                checkHeaders(Wire.trip(message), record);
                checkProperties(Wire.trip(message), record);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        if (only == null) {
            assertThat(overflowing).isGreaterThan(SEEDS / 100);
        }
    }

    private static MessageRecord record(WireMessage wire, @Nullable Compression compression) throws Exception {
        byte[] body = compression == null ? wire.body() : compression.compress(wire.body());
        RecordDraft draft = new RecordDraft("t", 0, wire.properties(), Unpooled.wrappedBuffer(body))
                .born(wire.bornTimestamp(), new byte[8])
                .flags(wire.flag(), compression == null ? 0 : compression.sysFlagBits());
        ByteBuffer out = ByteBuffer.allocate(draft.size(new byte[8]));
        draft.write(out, 1, 2, 3, new byte[8]);
        return MessageRecord.wrap(out, 0, out.capacity());
    }

    private static void checkHeaders(FulmarMessage message, MessageRecord record) throws Exception {
        check("JMSMessageID", message.getJMSMessageID(), record);
        check("JMSType", message.getJMSType(), record);
        check("JMSPriority", message.getJMSPriority(), record);
        check("JMSTimestamp", message.getJMSTimestamp(), record);
        boolean persistent = message.getJMSDeliveryMode() == DeliveryMode.PERSISTENT;
        check("JMSDeliveryMode", persistent ? "PERSISTENT" : "NON_PERSISTENT", record);
        Object id = message.correlationId();
        check("JMSCorrelationID", id instanceof byte[] ? null : id, record);
        String type = message.getJMSType();
        if (type != null && isWritable(type)) {
            Selector selector = Selector.compile("JMSType = " + literal(type));
            String tags = record.property("TAGS".getBytes());
            if (selector.requiredTagHash().isPresent()) {
                assertThat(selector.requiredTagHash().getAsLong()).isEqualTo(tags.hashCode());
            } else {
                assertThat(tags).isNull();
            }
        }
    }

    private static void checkProperties(FulmarMessage message, MessageRecord record)
            throws JMSException, DeliveryException {
        int count = 0;
        for (String name : Wire.propertyNames(message)) {
            if (!name.equals("JMSXDeliveryCount") && count++ < 30) {
                check(name, message.getObjectProperty(name), record);
            }
        }
        check("absent", null, record);
    }

    private static void check(String name, @Nullable Object value, MessageRecord record) throws DeliveryException {
        assertTrue(name + " IS " + (value == null ? "" : "NOT ") + "NULL", record);
        if (value instanceof String text) {
            if (isWritable(text)) {
                assertTrue(name + " = " + literal(text), record);
            }
        } else if (value instanceof Boolean) {
            assertTrue(name + " = " + value, record);
        } else if (value instanceof Number number) {
            double approximate = number.doubleValue();
            if (Double.isNaN(approximate)) {
                assertTrue(name + " <> " + name, record);
            } else if (Double.isInfinite(approximate)) {
                assertTrue((approximate > 0 ? "" : "-") + name + " > 1e308", record);
            } else {
                assertTrue(name + " = " + value + (value instanceof Float ? "F" : ""), record);
            }
        }
    }

    private static void assertTrue(String selector, MessageRecord record) throws DeliveryException {
        assertThat(Selector.compile(selector).matches(record))
                .as(selector.length() > 200 ? selector.substring(0, 200) : selector)
                .isTrue();
    }

    private static boolean isWritable(String text) {
        return text.length() < 10_000 && !Texts.hasUnpairedSurrogate(text);
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
