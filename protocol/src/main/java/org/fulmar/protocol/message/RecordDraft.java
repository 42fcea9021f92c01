package org.fulmar.protocol.message;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * A message on its way into the log: everything a record holds but the places that the log assigns.
 *
 * <p>Mutable; owned by the request that builds it, then by the log's owner. The body is not copied: its holder keeps it
 * alive until {@link #write} has run.
 */
public final class RecordDraft {
    private final byte[] topic;
    private final byte[] properties;
    private final ByteBuf body;
    private int queueId;
    private int flag;
    private int sysFlag;
    private long bornTimestamp;
    private byte[] bornHost = new byte[8];
    private int reconsumeTimes;
    private long preparedTransactionOffset;

    /**
     * @param properties the property block, which must end in the value separator if it is not empty
     */
    public RecordDraft(String topic, int queueId, byte[] properties, ByteBuf body) {
        this(topic.getBytes(StandardCharsets.UTF_8), queueId, properties, body);
    }

    public RecordDraft(byte[] topic, int queueId, byte[] properties, ByteBuf body) {
        if (properties.length > 0 && properties[properties.length - 1] != MessageProperties.VALUE_END) {
            throw new IllegalArgumentException("the property block is not closed");
        }
        if (topic.length > 0xFFFF) {
            throw new IllegalArgumentException("a topic of " + topic.length + " bytes fits no record");
        }
        this.topic = topic;
        this.queueId = queueId;
        this.properties = properties;
        this.body = body;
    }

    /** A record of our own making that has only a body. */
    public static RecordDraft of(byte[] topic, byte[] body, long now) {
        return new RecordDraft(topic, 0, new byte[0], Unpooled.wrappedBuffer(body)).born(now, new byte[8]);
    }

    public RecordDraft flags(int userFlag, int systemFlag) {
        this.flag = userFlag;
        this.sysFlag = systemFlag & ~(SysFlag.BORN_HOST_V6 | SysFlag.STORE_HOST_V6 | SysFlag.RELOCATED)
                | (bornHost.length == 20 ? SysFlag.BORN_HOST_V6 : 0);
        return this;
    }

    /**
     * @param host address and port, 8 or 20 bytes
     */
    public RecordDraft born(long timestamp, byte[] host) {
        this.bornTimestamp = timestamp;
        this.bornHost = host;
        this.sysFlag = sysFlag & ~SysFlag.BORN_HOST_V6 | (host.length == 20 ? SysFlag.BORN_HOST_V6 : 0);
        return this;
    }

    public RecordDraft reconsumeTimes(int times) {
        this.reconsumeTimes = times;
        return this;
    }

    public RecordDraft preparedTransactionOffset(long offset) {
        this.preparedTransactionOffset = offset;
        return this;
    }

    /** It counts only together with the record behind it ({@link SysFlag#CONTINUED}). */
    public RecordDraft continued() {
        this.sysFlag |= SysFlag.CONTINUED;
        return this;
    }

    /**
     * The same message at another place of the log ({@link SysFlag#RELOCATED}).
     *
     * @param record ends in its checksum; its body stays where it is until {@link #write} has run
     */
    public static RecordDraft relocated(MessageRecord record) {
        byte[] block = record.propertyBytes();
        byte[] properties = Arrays.copyOf(block, block.length - MessageRecord.CRC_BYTES);
        RecordDraft draft = new RecordDraft(
                        record.topic(), record.queueId(), properties, Unpooled.wrappedBuffer(record.body()))
                .born(record.bornTimestamp(), record.bornHost())
                .flags(record.flag(), record.sysFlag() & ~SysFlag.CONTINUED)
                .reconsumeTimes(record.reconsumeTimes())
                .preparedTransactionOffset(record.physicalOffset());
        draft.sysFlag |= SysFlag.RELOCATED;
        return draft;
    }

    public RecordDraft queueId(int id) {
        this.queueId = id;
        return this;
    }

    public int queueId() {
        return queueId;
    }

    public int propertiesLength() {
        return properties.length + MessageRecord.CRC_BYTES;
    }

    public int bodyLength() {
        return body.readableBytes();
    }

    /** The size of the record in the log, in bytes. */
    public int size(byte[] storeHost) {
        return MessageRecord.BORN_HOST_AT
                + bornHost.length
                + storeHost.length
                + 24
                + body.readableBytes()
                + (topic.length > 127 ? 2 : 1)
                + topic.length
                + 2
                + propertiesLength();
    }

    /**
     * Writes the whole record, checksum included, at the buffer's position.
     *
     * @param storeHost the broker's address and port, 8 or 20 bytes
     */
    public void write(ByteBuffer out, long queueOffset, long physicalOffset, long storeTimestamp, byte[] storeHost) {
        int start = out.position();
        int bodyLength = body.readableBytes();
        boolean longTopic = topic.length > 127;
        out.putInt(size(storeHost));
        out.putInt(longTopic ? MessageRecord.MAGIC_V2 : MessageRecord.MAGIC_V1);
        out.putInt(0);
        out.putInt(queueId);
        out.putInt(flag);
        out.putLong(queueOffset);
        out.putLong(physicalOffset);
        out.putInt(sysFlag | (storeHost.length == 20 ? SysFlag.STORE_HOST_V6 : 0));
        out.putLong(bornTimestamp);
        out.put(bornHost);
        out.putLong(storeTimestamp);
        out.put(storeHost);
        out.putInt(reconsumeTimes);
        out.putLong(preparedTransactionOffset);
        out.putInt(bodyLength);
        int bodyAt = out.position();
        out.limit(bodyAt + bodyLength);
        body.getBytes(body.readerIndex(), out);
        out.limit(out.capacity());
        out.putInt(start + 8, bodyLength == 0 ? 0 : MessageRecord.crc(out, bodyAt, bodyLength));
        if (longTopic) {
            out.putShort((short) topic.length);
        } else {
            out.put((byte) topic.length);
        }
        out.put(topic);
        out.putShort((short) propertiesLength());
        out.put(properties);
        MessageRecord.putCrc(out, start);
    }

    /** The CRC that RocketMQ keeps of bodies and registrations. */
    public static int crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return (int) crc.getValue() & 0x7FFFFFFF;
    }
}
