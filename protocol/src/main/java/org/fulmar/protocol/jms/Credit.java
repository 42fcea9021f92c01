package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;

/**
 * CREDIT (one-way): a consumer may be sent so many more messages. DRAIN (answered): as CREDIT, and the answer comes
 * behind every message that is available now, and takes back what credit is left then if {@code withdraw} says so.
 */
public record Credit(int consumerId, int credit, boolean withdraw) {
    public void encode(ByteBuf out) {
        out.writeInt(consumerId);
        out.writeInt(credit);
        out.writeBoolean(withdraw);
    }

    public static Credit decode(ByteBuf in) {
        return new Credit(in.readInt(), in.readInt(), in.readBoolean());
    }
}
