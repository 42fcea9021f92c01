package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/** A place in a queue of a topic. */
public record QueuePosition(int queueId, long offset) {
    private static final int BYTES = 12;

    static void encode(ByteBuf out, List<QueuePosition> positions) {
        out.writeInt(positions.size());
        for (QueuePosition position : positions) {
            out.writeInt(position.queueId);
            out.writeLong(position.offset);
        }
    }

    static List<QueuePosition> decode(ByteBuf in) {
        int count = Body.count(in, BYTES);
        List<QueuePosition> positions = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            positions.add(new QueuePosition(in.readInt(), in.readLong()));
        }
        return positions;
    }
}
