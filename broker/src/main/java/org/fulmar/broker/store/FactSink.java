package org.fulmar.broker.store;

import io.netty.buffer.ByteBuf;

/** Where state machines put the facts that they have decided. Used on the core only. */
public interface FactSink {
    /** Writes one fact; it is in the log before anything that follows from it leaves the broker. */
    void fact(Body body);

    /** Writes the bytes of a fact, its type first. */
    interface Body {
        void write(ByteBuf out);
    }
}
