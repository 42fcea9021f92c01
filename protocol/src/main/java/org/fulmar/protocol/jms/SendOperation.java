package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.message.MessageProperties;

/**
 * SEND: one message to an open destination. Answered when the message is as durable as its delivery mode asks.
 *
 * @param handle of the destination
 * @param flag the message's flag, which carries priority and delivery mode ({@link JmsFlag})
 * @param bornTimestamp milliseconds since the epoch
 * @param properties the property block
 * @param body the message's body, a slice of the request when decoded
 */
public record SendOperation(int handle, int flag, int sysFlag, long bornTimestamp, byte[] properties, ByteBuf body) {
    private static final int FIXED = 4 + 4 + 4 + 8 + 4;

    /** Writes an operation without an intermediate copy of the body. */
    public static void encode(
            ByteBuf out, int handle, int flag, int sysFlag, long bornTimestamp, byte[] properties, byte[] body) {
        out.writeInt(handle);
        out.writeInt(flag);
        out.writeInt(sysFlag);
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
        long born = in.readLong();
        int length = in.readInt();
        if (length < 0 || length > in.readableBytes() || length > MessageProperties.MAX_BYTES) {
            throw new FrameException(
                    "properties of " + length + " bytes, at most " + MessageProperties.MAX_BYTES + " are accepted");
        }
        byte[] properties = new byte[length];
        in.readBytes(properties);
        return new SendOperation(handle, flag, sysFlag, born, properties, in.readSlice(in.readableBytes()));
    }
}
