package org.fulmar.protocol.message;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Reads one message record, in the log or from the wire, in place.
 *
 * <p>A view on a buffer that is never copied and never moved by it: any thread may make one, and it lives as long as
 * the buffer. {@link #wrap} checks that every length in the record fits before a view is handed out.
 */
public final class MessageRecord {
    public static final int MAGIC_V1 = 0xDAA320A7;
    public static final int MAGIC_V2 = 0xDAA320AB;
    /** The magic of the filler at the end of a log file. */
    public static final int MAGIC_FILLER = 0xCBD43194;

    public static final int QUEUE_OFFSET_AT = 20;
    public static final int PHYSICAL_OFFSET_AT = 28;
    public static final int SYS_FLAG_AT = 36;
    static final int BORN_HOST_AT = 48;

    /** Bytes of the checksum property that closes our records: name, separator, ten digits, separator. */
    public static final int CRC_BYTES = 20;

    private static final byte[] CRC_NAME = MessageProperties.name("__CRC32#");

    private final ByteBuffer buffer;
    private final int at;
    private final int size;
    private final int bodyAt;
    private final int bodyLength;
    private final int topicAt;
    private final int topicLength;
    private final int propertiesAt;
    private final int propertiesLength;

    private MessageRecord(
            ByteBuffer buffer, int at, int size, int bodyAt, int bodyLength, int topicAt, int topicLength) {
        this.buffer = buffer;
        this.at = at;
        this.size = size;
        this.bodyAt = bodyAt;
        this.bodyLength = bodyLength;
        this.topicAt = topicAt;
        this.topicLength = topicLength;
        this.propertiesAt = topicAt + topicLength + 2;
        this.propertiesLength = buffer.getShort(propertiesAt - 2);
    }

    /**
     * A view of the record at {@code at}, or null if there is no whole, consistent record within {@code limit}. Checks
     * lengths, not checksums.
     */
    public static @Nullable MessageRecord wrap(ByteBuffer buffer, int at, int limit) {
        if (limit - at < BORN_HOST_AT + 8) {
            return null;
        }
        int size = buffer.getInt(at);
        int magic = buffer.getInt(at + 4);
        if ((magic != MAGIC_V1 && magic != MAGIC_V2) || size < 91 || size > limit - at) {
            return null;
        }
        int sysFlag = buffer.getInt(at + SYS_FLAG_AT);
        int bodyAt = at + bodyLengthAt(sysFlag) + 4;
        int end = at + size;
        if (bodyAt > end) {
            return null;
        }
        int bodyLength = buffer.getInt(bodyAt - 4);
        int topicLengthBytes = magic == MAGIC_V1 ? 1 : 2;
        if (bodyLength < 0 || bodyLength > end - bodyAt - topicLengthBytes) {
            return null;
        }
        int topicAt = bodyAt + bodyLength + topicLengthBytes;
        int topicLength = magic == MAGIC_V1 ? buffer.get(topicAt - 1) & 0xFF : buffer.getShort(topicAt - 2) & 0xFFFF;
        if (topicLength > end - topicAt - 2) {
            return null;
        }
        int propertiesLength = buffer.getShort(topicAt + topicLength);
        if (propertiesLength < 0 || topicAt + topicLength + 2 + propertiesLength != end) {
            return null;
        }
        return new MessageRecord(buffer, at, size, bodyAt, bodyLength, topicAt, topicLength);
    }

    /** Offset of the body length within a record. */
    static int bodyLengthAt(int sysFlag) {
        int hosts =
                SysFlag.hostLength(sysFlag, SysFlag.BORN_HOST_V6) + SysFlag.hostLength(sysFlag, SysFlag.STORE_HOST_V6);
        return BORN_HOST_AT + hosts + 8 + 4 + 8;
    }

    public int size() {
        return size;
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    public int position() {
        return at;
    }

    public int bodyCrc() {
        return buffer.getInt(at + 8);
    }

    public int queueId() {
        return buffer.getInt(at + 12);
    }

    public int flag() {
        return buffer.getInt(at + 16);
    }

    public long queueOffset() {
        return buffer.getLong(at + QUEUE_OFFSET_AT);
    }

    public long physicalOffset() {
        return buffer.getLong(at + PHYSICAL_OFFSET_AT);
    }

    public int sysFlag() {
        return buffer.getInt(at + SYS_FLAG_AT);
    }

    public long bornTimestamp() {
        return buffer.getLong(at + 40);
    }

    private int storeTimestampAt() {
        return at + BORN_HOST_AT + SysFlag.hostLength(sysFlag(), SysFlag.BORN_HOST_V6);
    }

    public long storeTimestamp() {
        return buffer.getLong(storeTimestampAt());
    }

    public byte[] bornHost() {
        byte[] host = new byte[SysFlag.hostLength(sysFlag(), SysFlag.BORN_HOST_V6)];
        buffer.get(at + BORN_HOST_AT, host);
        return host;
    }

    public byte[] storeHost() {
        byte[] host = new byte[SysFlag.hostLength(sysFlag(), SysFlag.STORE_HOST_V6)];
        buffer.get(storeTimestampAt() + 8, host);
        return host;
    }

    public int reconsumeTimes() {
        return buffer.getInt(bodyAt - 16);
    }

    public long preparedTransactionOffset() {
        return buffer.getLong(bodyAt - 12);
    }

    public int bodyLength() {
        return bodyLength;
    }

    /** The stored body, still compressed if {@link SysFlag#COMPRESSED} is set; a slice, not a copy. */
    public ByteBuffer body() {
        return buffer.slice(bodyAt, bodyLength);
    }

    public byte[] bodyBytes() {
        byte[] body = new byte[bodyLength];
        buffer.get(bodyAt, body);
        return body;
    }

    public String topic() {
        byte[] topic = new byte[topicLength];
        buffer.get(topicAt, topic);
        return new String(topic, StandardCharsets.UTF_8);
    }

    /** Whether the topic's bytes are exactly {@code name}; allocates nothing. */
    public boolean topicIs(byte[] name) {
        boolean same = name.length == topicLength;
        for (int i = 0; same && i < topicLength; i++) {
            same = buffer.get(topicAt + i) == name[i];
        }
        return same;
    }

    public byte[] propertyBytes() {
        byte[] properties = new byte[propertiesLength];
        buffer.get(propertiesAt, properties);
        return properties;
    }

    /** Where the property block begins in {@link #buffer}. */
    public int propertiesPosition() {
        return propertiesAt;
    }

    public int propertiesLength() {
        return propertiesLength;
    }

    public @Nullable String property(byte[] name) {
        return MessageProperties.find(buffer, propertiesAt, propertiesLength, name);
    }

    /** Whether the closing checksum is there and matches every byte before it. */
    public boolean intact() {
        int crcAt = at + size - CRC_BYTES;
        if (crcAt < propertiesAt) {
            return false;
        }
        for (int i = 0; i < CRC_NAME.length; i++) {
            if (buffer.get(crcAt + i) != CRC_NAME[i]) {
                return false;
            }
        }
        if (buffer.get(crcAt + CRC_NAME.length) != MessageProperties.NAME_END
                || buffer.get(crcAt + CRC_BYTES - 1) != MessageProperties.VALUE_END) {
            return false;
        }
        long stored = 0;
        for (int i = CRC_BYTES - 2; i > CRC_NAME.length; i--) {
            int digit = buffer.get(crcAt + i) - '0';
            if (digit < 0 || digit > 9) {
                return false;
            }
            stored = stored * 10 + digit;
        }
        return stored == crc(buffer, at, size - CRC_BYTES);
    }

    /**
     * Copies the record behind what {@code out} has, under another number of earlier deliveries. The checksum fits the
     * copy; the record itself stays as it is.
     */
    public void copyTo(ByteBuf out, int reconsumeTimes) {
        int start = out.writerIndex();
        out.writeBytes(buffer.slice(at, size));
        if (reconsumeTimes == reconsumeTimes()) {
            return;
        }
        out.setInt(start + bodyAt - at - 16, reconsumeTimes);
        ByteBuffer copy = out.nioBuffer(start, size);
        copy.position(size - CRC_BYTES);
        putCrc(copy, 0);
    }

    /** CRC-32 without its top bit, as RocketMQ has it. */
    static int crc(ByteBuffer buffer, int from, int length) {
        CRC32 crc = new CRC32();
        crc.update(buffer.slice(from, length));
        return (int) crc.getValue() & 0x7FFFFFFF;
    }

    /** Writes the checksum property over the bytes from {@code start} to the buffer's position; least digit first. */
    static void putCrc(ByteBuffer out, int start) {
        int crc = crc(out, start, out.position() - start);
        out.put(CRC_NAME).put(MessageProperties.NAME_END);
        for (int i = 0; i < 10; i++) {
            out.put((byte) ('0' + crc % 10));
            crc /= 10;
        }
        out.put(MessageProperties.VALUE_END);
    }
}
