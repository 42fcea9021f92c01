package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * How far a consumer's session has come with what was delivered to it. Deliveries of a consumer are counted from 1.
 *
 * @param handedOut number of the last delivery that the application has seen; later ones are returned uncounted
 * @param epoch the consumer's new epoch: deliveries of older epochs that are still under way are to be dropped
 */
public record ConsumerPosition(int consumerId, long handedOut, int epoch) {
    static final int BYTES = 16;

    public void encode(ByteBuf out) {
        out.writeInt(consumerId);
        out.writeLong(handedOut);
        out.writeInt(epoch);
    }

    public static ConsumerPosition decode(ByteBuf in) {
        return new ConsumerPosition(in.readInt(), in.readLong(), in.readInt());
    }

    /** The body of CLOSE_SESSION and RECOVER: a session and the positions of its consumers. */
    public record OfSession(int sessionId, List<ConsumerPosition> consumers) {
        public void encode(ByteBuf out) {
            out.writeInt(sessionId);
            out.writeInt(consumers.size());
            consumers.forEach(consumer -> consumer.encode(out));
        }

        public static OfSession decode(ByteBuf in) {
            int sessionId = in.readInt();
            int count = Body.count(in, BYTES);
            List<ConsumerPosition> consumers = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                consumers.add(ConsumerPosition.decode(in));
            }
            return new OfSession(sessionId, consumers);
        }
    }
}
