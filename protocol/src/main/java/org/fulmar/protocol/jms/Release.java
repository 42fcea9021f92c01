package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * RELEASE: a session gives back single messages that it holds. Answered when that is in the log.
 *
 * @param seen whether the application may have seen them: they come again flagged then, and count as delivered; else as if
 *     they had never been sent, and each gives its consumer a credit back
 */
public record Release(int sessionId, boolean seen, List<Acknowledge.Range> ranges) {
    public static int encodedBytes(int ranges) {
        return Acknowledge.encodedBytes(ranges);
    }

    public void encode(ByteBuf out) {
        out.writeInt(sessionId);
        out.writeBoolean(seen);
        Acknowledge.encodeRanges(out, ranges);
    }

    public static Release decode(ByteBuf in) {
        int sessionId = in.readInt();
        boolean seen = in.readBoolean();
        return new Release(sessionId, seen, Acknowledge.decodeRanges(in));
    }
}
