package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Which transaction: a branch by its Xid, a session's own by its number. The number is given in both, so that a commit
 * or prepare that is sent again, because its answer was lost, is known.
 *
 * @param xid of a branch; null for a session's own transaction
 * @param producerId who ends it
 * @param sequence rises with each transaction that the producer ends
 */
public record TransactionId(@Nullable BranchXid xid, long producerId, long sequence) {
    public void encode(ByteBuf out) {
        out.writeLong(producerId);
        out.writeLong(sequence);
        out.writeBoolean(xid != null);
        if (xid != null) {
            xid.encode(out);
        }
    }

    public static TransactionId decode(ByteBuf in) {
        long producerId = in.readLong();
        long sequence = in.readLong();
        return new TransactionId(in.readBoolean() ? BranchXid.decode(in) : null, producerId, sequence);
    }

    /** For people. */
    public String text() {
        return xid != null ? xid.text() : Long.toHexString(producerId) + "-" + sequence;
    }
}
