package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.protocol.frame.FrameException;

/**
 * DELIVER (broker to client, one-way): messages for one consumer, in order.
 *
 * @param epoch the consumer's epoch ({@link ConsumerPosition})
 */
public record Deliver(int consumerId, int epoch, List<Message> messages) {
    private static final int MESSAGE_HEADER = 4 + 8 + 4 + 4;

    /**
     * One delivered message.
     *
     * @param deliveryCount 1 for the first delivery
     * @param record the record as it stands in the log, a copy of its own
     */
    public record Message(int queueId, long queueOffset, int deliveryCount, byte[] record) {}

    /** Begins a body; {@link #add} follows for each message. */
    public static void begin(ByteBuf out, int consumerId, int epoch) {
        out.writeInt(consumerId);
        out.writeInt(epoch);
    }

    /** Adds the record that {@code record} has remaining. */
    public static void add(ByteBuf out, int queueId, long queueOffset, int deliveryCount, ByteBuffer record) {
        out.writeInt(queueId);
        out.writeLong(queueOffset);
        out.writeInt(deliveryCount);
        out.writeInt(record.remaining());
        out.writeBytes(record);
    }

    public static Deliver decode(ByteBuf in) {
        int consumerId = in.readInt();
        int epoch = in.readInt();
        return new Deliver(consumerId, epoch, messages(in));
    }

    static List<Message> messages(ByteBuf in) {
        List<Message> messages = new ArrayList<>();
        while (in.isReadable()) {
            if (in.readableBytes() < MESSAGE_HEADER) {
                throw new FrameException("the delivery ends inside message " + messages.size());
            }
            int queueId = in.readInt();
            long offset = in.readLong();
            int count = in.readInt();
            int length = in.readInt();
            if (length < 0 || length > in.readableBytes()) {
                throw new FrameException("a message of " + length + " bytes exceeds the delivery");
            }
            byte[] record = new byte[length];
            in.readBytes(record);
            messages.add(new Message(queueId, offset, count, record));
        }
        return messages;
    }
}
