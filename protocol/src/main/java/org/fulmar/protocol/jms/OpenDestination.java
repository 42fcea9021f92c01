package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;

/** OPEN_DESTINATION: makes a destination if it may and must be made, and answers with a handle for the connection. */
public record OpenDestination(DestinationKind kind, String name) {
    public void encode(ByteBuf out) {
        out.writeByte(kind.ordinal());
        Body.text(out, name);
    }

    public static OpenDestination decode(ByteBuf in) {
        return new OpenDestination(DestinationKind.of(in.readByte()), Body.text(in));
    }

    /**
     * The answer, also of CREATE_TEMPORARY, where it brings the name that the broker chose.
     *
     * @param handle the destination's number on this connection
     */
    public record Reply(int handle, String name) {
        public void encode(ByteBuf out) {
            out.writeInt(handle);
            Body.text(out, name);
        }

        public static Reply decode(ByteBuf in) {
            return new Reply(in.readInt(), Body.text(in));
        }
    }
}
