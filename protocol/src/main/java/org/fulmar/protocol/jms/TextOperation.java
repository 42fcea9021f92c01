package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;

/** The body of operations that take one text: SET_CLIENT_ID, UNSUBSCRIBE (a subscription's name). */
public record TextOperation(String text) {
    public void encode(ByteBuf out) {
        Body.text(out, text);
    }

    public static TextOperation decode(ByteBuf in) {
        return new TextOperation(Body.text(in));
    }
}
