package org.fulmar.protocol.message;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.protocol.frame.FrameException;

/** The body of a batch send: messages of one topic and queue, one behind the other. Stateless. */
public final class MessageBatch {
    /** Most messages that one batch may hold. */
    public static final int MAX_MESSAGES = 65_536;

    /**
     * One message of a batch.
     *
     * @param body a slice of the batch, valid as long as it
     */
    public record Entry(int flag, byte[] properties, ByteBuf body) {}

    private MessageBatch() {}

    /**
     * @throws FrameException if a length does not fit
     */
    public static List<Entry> parse(ByteBuf in) {
        List<Entry> entries = new ArrayList<>();
        while (in.isReadable()) {
            int start = in.readerIndex();
            if (in.readableBytes() < 22 || entries.size() >= MAX_MESSAGES) {
                throw new FrameException("the batch ends inside message " + entries.size());
            }
            int total = in.readInt();
            in.skipBytes(8);
            int flag = in.readInt();
            ByteBuf body = in.readSlice(checked(in.readInt(), in.readableBytes() - 2, entries));
            byte[] properties = new byte[checked(in.readShort(), in.readableBytes(), entries)];
            in.readBytes(properties);
            if (in.readerIndex() - start != total) {
                throw new FrameException("message " + entries.size() + " of the batch is not " + total + " bytes long");
            }
            entries.add(new Entry(flag, properties, body));
        }
        return entries;
    }

    private static int checked(int length, int available, List<Entry> entries) {
        if (length < 0 || length > available) {
            throw new FrameException("a length of " + length + " in message " + entries.size() + " exceeds the batch");
        }
        return length;
    }

    public static void write(ByteBuf out, int flag, byte[] properties, ByteBuf body) {
        int bodyLength = body.readableBytes();
        out.writeInt(22 + bodyLength + properties.length);
        out.writeLong(0);
        out.writeInt(flag);
        out.writeInt(bodyLength);
        out.writeBytes(body, body.readerIndex(), bodyLength);
        out.writeShort(properties.length);
        out.writeBytes(properties);
    }
}
