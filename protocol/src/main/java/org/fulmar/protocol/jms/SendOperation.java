package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.message.MessageProperties;

/**
 * SEND: one message to an open destination. Answered when the message is as durable as its delivery mode asks.
 *
 * @param handle of the destination
 * @param flag the message's flag, which carries priority and delivery mode ({@link JmsFlag})
 * @param deliverAt when it may be delivered, in milliseconds since the epoch; 0 for at once
 * @param producerId who sends, so that a repeated send is known; 0 if it is not to be known
 * @param sequence rises with each message of the producer; one that is not above the last that was stored is a repeat
 * @param bornTimestamp milliseconds since the epoch
 * @param properties the property block
 * @param body the message's body, a slice of the request when decoded
 */
public record SendOperation(
        int handle,
        int flag,
        int sysFlag,
        long deliverAt,
        long producerId,
        long sequence,
        long bornTimestamp,
        byte[] properties,
        ByteBuf body) {
    static final int FIXED = 4 + 4 + 4 + 8 + 8 + 8 + 8 + 4;

    /** What a send says besides the message itself. */
    public record Envelope(int handle, long deliverAt, long producerId, long sequence) {
        /** To be delivered at once, by nobody in particular. */
        public static Envelope to(int handle) {
            return new Envelope(handle, 0, 0, 0);
        }
    }

    /** Writes an operation without an intermediate copy of the body. */
    public static void encode(
            ByteBuf out, Envelope envelope, int flag, int sysFlag, long bornTimestamp, byte[] properties, byte[] body) {
        out.writeInt(envelope.handle);
        out.writeInt(flag);
        out.writeInt(sysFlag);
        out.writeLong(envelope.deliverAt);
        out.writeLong(envelope.producerId);
        out.writeLong(envelope.sequence);
        out.writeLong(bornTimestamp);
        out.writeInt(properties.length);
        out.writeBytes(properties);
        out.writeBytes(body);
    }

    public static int encodedBytes(byte[] properties, byte[] body) {
        return FIXED + properties.length + body.length;
    }

    public static SendOperation decode(ByteBuf in) {
        int handle = in.readInt();
        int flag = in.readInt();
        int sysFlag = in.readInt();
        long deliverAt = in.readLong();
        long producerId = in.readLong();
        long sequence = in.readLong();
        long born = in.readLong();
        int length = in.readInt();
        if (length < 0 || length > in.readableBytes() || length > MessageProperties.MAX_BYTES) {
            throw new FrameException(
                    "properties of " + length + " bytes, at most " + MessageProperties.MAX_BYTES + " are accepted");
        }
        byte[] properties = new byte[length];
        in.readBytes(properties);
        return new SendOperation(
                handle,
                flag,
                sysFlag,
                deliverAt,
                producerId,
                sequence,
                born,
                properties,
                in.readSlice(in.readableBytes()));
    }
}
