package org.fulmar.client;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.message.Compression;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.jspecify.annotations.Nullable;

/**
 * A message from a broker, its body decompressed. Immutable, but for the body's bytes.
 *
 * @param topic where it was sent to; for what comes from a retry topic, see {@link #withTopic}
 * @param offset its place in its queue
 * @param physicalOffset its place in the broker's log
 * @param bornTimestamp when it was sent, in milliseconds since the epoch by the sender's clock
 * @param storeTimestamp when it was stored, by the broker's clock
 * @param reconsumeTimes how often it was given back
 * @param damage why the body can't be read, if so; then {@code body} is as it was stored
 */
public record ReceivedMessage(
        String topic,
        String brokerName,
        int queueId,
        long offset,
        long physicalOffset,
        int flag,
        int sysFlag,
        long bornTimestamp,
        InetSocketAddress bornHost,
        long storeTimestamp,
        InetSocketAddress storeHost,
        int reconsumeTimes,
        long preparedTransactionOffset,
        int storedSize,
        Map<String, String> properties,
        byte[] body,
        @Nullable String damage) {

    /**
     * Reads the records that an answer holds, from its reader index to its end; the buffer stays as it is.
     *
     * @param maxBodyBytes the largest body, decompressed; one that is larger counts as damaged
     * @throws FrameException if the bytes are no records
     */
    public static List<ReceivedMessage> decode(ByteBuf records, String brokerName, int maxBodyBytes) {
        List<ReceivedMessage> messages = new ArrayList<>();
        int length = records.readableBytes();
        ByteBuffer bytes = length == 0 ? ByteBuffer.allocate(0) : records.nioBuffer();
        int at = 0;
        while (at < length) {
            MessageRecord record = MessageRecord.wrap(bytes, at, length);
            if (record == null) {
                throw new FrameException(
                        "the answer of " + brokerName + " holds no whole record at byte " + at + " of " + length);
            }
            messages.add(decode(record, brokerName, maxBodyBytes));
            at += record.size();
        }
        return messages;
    }

    private static ReceivedMessage decode(MessageRecord record, String brokerName, int maxBodyBytes) {
        byte[] body = record.bodyBytes();
        String damage = null;
        if (body.length > 0 && record.bodyCrc() != RecordDraft.crc(body)) {
            damage = "the body does not match its checksum";
        } else if ((record.sysFlag() & SysFlag.COMPRESSED) != 0) {
            try {
                body = Compression.ofSysFlag(record.sysFlag()).decompress(body, maxBodyBytes);
            } catch (IOException e) {
                damage = "the body can't be decompressed: " + e.getMessage();
            }
        }
        return new ReceivedMessage(
                record.topic(),
                brokerName,
                record.queueId(),
                record.queueOffset(),
                record.physicalOffset(),
                record.flag(),
                record.sysFlag(),
                record.bornTimestamp(),
                host(record.bornHost()),
                record.storeTimestamp(),
                host(record.storeHost()),
                record.reconsumeTimes(),
                record.preparedTransactionOffset(),
                record.size(),
                Collections.unmodifiableMap(MessageProperties.parse(record.propertyBytes())),
                body,
                damage);
    }

    private static InetSocketAddress host(byte[] bytes) {
        try {
            return MessageId.address(bytes);
        } catch (IllegalArgumentException e) {
            throw new FrameException("a record has a host that is none: " + e.getMessage(), e);
        }
    }

    public MessageQueue queue() {
        return new MessageQueue(topic, brokerName, queueId);
    }

    public @Nullable String property(String name) {
        return properties.get(name);
    }

    public @Nullable String tags() {
        return properties.get(MessageProperties.TAGS);
    }

    public List<String> keys() {
        String keys = properties.get(MessageProperties.KEYS);
        return keys == null ? List.of() : List.of(keys.split(" "));
    }

    /** What its sender calls it; the {@link #offsetMessageId} if that said nothing. */
    public String messageId() {
        String unique = properties.get(MessageProperties.UNIQ_KEY);
        return unique == null ? offsetMessageId() : unique;
    }

    /** The broker's address and the place in its log. */
    public String offsetMessageId() {
        return new MessageId(MessageId.hostBytes(storeHost), physicalOffset).text();
    }

    /** The same message, under another topic. */
    public ReceivedMessage withTopic(String other) {
        return with(other, properties);
    }

    /** The same message, with one more property or another value for it. */
    public ReceivedMessage withProperty(String name, String value) {
        Map<String, String> changed = new LinkedHashMap<>(properties);
        changed.put(name, value);
        return with(topic, Collections.unmodifiableMap(changed));
    }

    private ReceivedMessage with(String newTopic, Map<String, String> newProperties) {
        return new ReceivedMessage(
                newTopic,
                brokerName,
                queueId,
                offset,
                physicalOffset,
                flag,
                sysFlag,
                bornTimestamp,
                bornHost,
                storeTimestamp,
                storeHost,
                reconsumeTimes,
                preparedTransactionOffset,
                storedSize,
                newProperties,
                body,
                damage);
    }

    @Override
    public String toString() {
        return "ReceivedMessage[" + messageId() + ", topic=" + topic + ", broker=" + brokerName + ", queue=" + queueId
                + ", offset=" + offset + ", body=" + body.length + " bytes]";
    }
}
