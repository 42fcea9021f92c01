package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;

/**
 * CREATE_CONSUMER: a consumer on an open destination.
 *
 * @param consumerId chosen by the client, unique on its connection
 * @param sessionId the session that what it receives belongs to; chosen by the client
 * @param handle of the destination
 * @param subscriptionName the subscription's name, for all kinds but {@link Kind#QUEUE} and {@link Kind#NON_DURABLE}
 * @param selector the message selector, or null
 * @param positions where a {@link Kind#NON_DURABLE} consumer that was there before goes on; empty for the end
 * @param credit messages that may be sent to it at once
 */
public record CreateConsumer(
        int consumerId,
        int sessionId,
        int handle,
        Kind kind,
        @Nullable String subscriptionName,
        @Nullable String selector,
        boolean noLocal,
        List<QueuePosition> positions,
        int credit) {
    /** What the consumer consumes. */
    public enum Kind {
        QUEUE,
        NON_DURABLE,
        DURABLE,
        SHARED,
        SHARED_DURABLE;

        /** Whether messages wait for it while it has no consumer. */
        public boolean isDurable() {
            return this == DURABLE || this == SHARED_DURABLE;
        }

        public boolean isShared() {
            return this == SHARED || this == SHARED_DURABLE;
        }
    }

    public void encode(ByteBuf out) {
        out.writeInt(consumerId);
        out.writeInt(sessionId);
        out.writeInt(handle);
        out.writeByte(kind.ordinal());
        Body.text(out, subscriptionName);
        Body.text(out, selector);
        out.writeBoolean(noLocal);
        QueuePosition.encode(out, positions);
        out.writeInt(credit);
    }

    public static CreateConsumer decode(ByteBuf in) {
        int consumerId = in.readInt();
        int sessionId = in.readInt();
        int handle = in.readInt();
        int kind = in.readByte();
        if (kind < 0 || kind >= Kind.values().length) {
            throw new FrameException("unknown kind of consumer " + kind);
        }
        return new CreateConsumer(
                consumerId,
                sessionId,
                handle,
                Kind.values()[kind],
                Body.optionalText(in),
                Body.optionalText(in),
                in.readBoolean(),
                QueuePosition.decode(in),
                in.readInt());
    }
}
