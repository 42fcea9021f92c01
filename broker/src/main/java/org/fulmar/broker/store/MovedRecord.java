package org.fulmar.broker.store;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.jspecify.annotations.Nullable;

/**
 * Copies of stored messages to another topic. A copy says which message it was made of: that one record is the fact that
 * the message has gone from there and is here, so that no crash can leave it at both places or at none. Stateless.
 */
public final class MovedRecord {
    private static final byte[] CRC = MessageProperties.name("__CRC32#");
    private static final byte[] REAL_TOPIC = MessageProperties.name(MessageProperties.REAL_TOPIC);
    private static final byte[] REAL_QUEUE = MessageProperties.name(MessageProperties.REAL_QID);
    private static final byte[] TIMER = MessageProperties.name(MessageProperties.TIMER_OUT_MS);
    private static final char OF_TIMER = 't';
    private static final char OF_CURSOR = 'c';
    private static final char OF_HALF = 'h';
    private static final char OF_TRANSACTION = 'x';
    private static final char OF_LEVEL = 'l';

    /** What a copy was made of; each table takes up what is its own. */
    public interface Origin {
        /** A record that waited for its time, at this place of the log. */
        default void timer(long logOffset) {}

        /** A message of a subscription group's queue. */
        default void delivery(int cursorId, long offset) {}

        /** A RocketMQ producer's half message at this place of the log: it is committed. */
        default void half(long logOffset) {}

        /** A message of a committed JMS transaction: its half messages before this place of the log are done. */
        default void transaction(long number, long before) {}

        /** The message at this offset of a delay level's queue: it is delivered. */
        default void level(int level, long offset) {}
    }

    private MovedRecord() {}

    public static String ofTimer(long logOffset) {
        return OF_TIMER + Long.toString(logOffset);
    }

    public static String ofDelivery(int cursorId, long offset) {
        return OF_CURSOR + Integer.toString(cursorId) + ":" + offset;
    }

    public static String ofHalf(long logOffset) {
        return OF_HALF + Long.toString(logOffset);
    }

    public static String ofTransaction(long number, long before) {
        return OF_TRANSACTION + Long.toString(number) + ":" + before;
    }

    public static String ofLevel(int level, long offset) {
        return OF_LEVEL + Integer.toString(level) + ":" + offset;
    }

    /**
     * The copy of a record, which has its body still in the log.
     *
     * @param origin from {@link #ofTimer} or {@link #ofDelivery}
     * @param more properties to add instead of those of the same names; none if there is no room
     */
    public static RecordDraft copy(
            MessageRecord record, String topic, int queueId, String origin, Map<String, String> more) {
        byte[] old = record.propertyBytes();
        List<byte[]> gone =
                new ArrayList<>(List.of(CRC, JmsNames.MOVED_FROM, JmsNames.TRANSACTION, REAL_TOPIC, REAL_QUEUE, TIMER));
        more.keySet().forEach(name -> gone.add(MessageProperties.name(name)));
        byte[] kept = MessageProperties.without(old, old.length, gone.toArray(byte[][]::new));
        StringBuilder first = new StringBuilder();
        MessageProperties.append(first, new String(JmsNames.MOVED_FROM, StandardCharsets.US_ASCII), origin);
        StringBuilder last = new StringBuilder();
        more.forEach((name, value) -> MessageProperties.append(last, name, value));
        byte[] properties = joined(first, kept, last);
        if (properties.length > MessageProperties.MAX_BYTES - MessageRecord.CRC_BYTES) {
            properties = joined(first, kept, new StringBuilder());
        }
        return new RecordDraft(topic, queueId, properties, Unpooled.wrappedBuffer(record.body()))
                .born(record.bornTimestamp(), record.bornHost())
                .flags(record.flag(), record.sysFlag() & ~SysFlag.CONTINUED | SysFlag.MOVED)
                .reconsumeTimes(record.reconsumeTimes());
    }

    private static byte[] joined(StringBuilder first, byte[] kept, StringBuilder last) {
        byte[] before = first.toString().getBytes(StandardCharsets.UTF_8);
        byte[] behind = last.toString().getBytes(StandardCharsets.UTF_8);
        byte[] all = java.util.Arrays.copyOf(before, before.length + kept.length + behind.length);
        System.arraycopy(kept, 0, all, before.length, kept.length);
        System.arraycopy(behind, 0, all, before.length + kept.length, behind.length);
        return all;
    }

    /** Tells what a record was made of, if it is a copy. */
    public static void tell(MessageRecord record, Origin origin) {
        if ((record.sysFlag() & SysFlag.MOVED) == 0) {
            return;
        }
        @Nullable String from = record.property(JmsNames.MOVED_FROM);
        if (from == null) {
            return;
        }
        if (from.charAt(0) == OF_TIMER) {
            origin.timer(Long.parseLong(from, 1, from.length(), 10));
        } else if (from.charAt(0) == OF_HALF) {
            origin.half(Long.parseLong(from, 1, from.length(), 10));
        } else if (from.charAt(0) == OF_CURSOR || from.charAt(0) == OF_TRANSACTION || from.charAt(0) == OF_LEVEL) {
            int colon = from.indexOf(':');
            long offset = Long.parseLong(from, colon + 1, from.length(), 10);
            if (from.charAt(0) == OF_CURSOR) {
                origin.delivery(Integer.parseInt(from, 1, colon, 10), offset);
            } else if (from.charAt(0) == OF_LEVEL) {
                origin.level(Integer.parseInt(from, 1, colon, 10), offset);
            } else {
                origin.transaction(Long.parseLong(from, 1, colon, 10), offset);
            }
        }
    }
}
