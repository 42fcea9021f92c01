package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.protocol.frame.FrameException;

/**
 * ACKNOWLEDGE: a session settles messages that it holds. Answered when the fact is in the log.
 *
 * @param replenish whether each settled message gives its consumer a credit back
 */
public record Acknowledge(int sessionId, boolean replenish, List<Range> ranges) {
    /** Most messages of all ranges together: ranges may overlap, and the broker looks at every message of each. */
    public static final int MAX_MESSAGES = 1 << 24;

    /** Consecutive offsets of one queue, delivered to one consumer. */
    public record Range(int consumerId, int queueId, long offset, int count) {
        static final int BYTES = 20;
    }

    public static int encodedBytes(int ranges) {
        return 9 + ranges * Range.BYTES;
    }

    public void encode(ByteBuf out) {
        out.writeInt(sessionId);
        out.writeBoolean(replenish);
        encodeRanges(out, ranges);
    }

    static void encodeRanges(ByteBuf out, List<Range> ranges) {
        out.writeInt(ranges.size());
        for (Range range : ranges) {
            out.writeInt(range.consumerId);
            out.writeInt(range.queueId);
            out.writeLong(range.offset);
            out.writeInt(range.count);
        }
    }

    public static Acknowledge decode(ByteBuf in) {
        int sessionId = in.readInt();
        boolean replenish = in.readBoolean();
        return new Acknowledge(sessionId, replenish, decodeRanges(in));
    }

    static List<Range> decodeRanges(ByteBuf in) {
        int count = Body.count(in, Range.BYTES);
        List<Range> ranges = new ArrayList<>(count);
        long messages = 0;
        for (int i = 0; i < count; i++) {
            Range range = checked(new Range(in.readInt(), in.readInt(), in.readLong(), in.readInt()));
            messages += range.count;
            if (messages > MAX_MESSAGES) {
                throw new FrameException("more than " + MAX_MESSAGES + " messages in one acknowledgement");
            }
            ranges.add(range);
        }
        return ranges;
    }

    private static Range checked(Range range) {
        if (range.count < 1 || range.offset < 0 || range.offset > Long.MAX_VALUE - range.count) {
            throw new FrameException(range.count + " messages from offset " + range.offset + " are acknowledged");
        }
        return range;
    }
}
