package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * BROWSE: shows available messages of a queue without taking them, some at a time. The broker keeps nothing between two
 * of them: the positions of an answer are those of the next request.
 *
 * @param handle of the destination, a queue
 * @param selector the message selector, or null
 * @param positions empty for the beginning, else what the answer before said
 * @param max most messages that are wanted
 */
public record Browse(int handle, @Nullable String selector, List<QueuePosition> positions, int max) {
    public void encode(ByteBuf out) {
        out.writeInt(handle);
        Body.text(out, selector);
        QueuePosition.encode(out, positions);
        out.writeInt(max);
    }

    public static Browse decode(ByteBuf in) {
        return new Browse(in.readInt(), Body.optionalText(in), QueuePosition.decode(in), in.readInt());
    }

    /**
     * What the broker answers. It may hold no message and yet not be the last, when a selector passes over many.
     *
     * @param last whether nothing comes behind it
     * @param messages in the order in which a consumer would get them
     */
    public record Reply(boolean last, List<QueuePosition> positions, List<Deliver.Message> messages) {
        /** Begins a body; {@link #add} follows for each message. */
        public static void begin(ByteBuf out, boolean last, List<QueuePosition> positions) {
            out.writeBoolean(last);
            QueuePosition.encode(out, positions);
        }

        public static void add(ByteBuf out, int queueId, long queueOffset, int deliveryCount, ByteBuffer record) {
            Deliver.add(out, queueId, queueOffset, deliveryCount, record);
        }

        public static Reply decode(ByteBuf in) {
            boolean last = in.readBoolean();
            return new Reply(last, QueuePosition.decode(in), Deliver.messages(in));
        }
    }
}
