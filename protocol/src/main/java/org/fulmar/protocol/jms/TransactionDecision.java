package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;

/** TRANSACTION_DECIDE: the second phase of a branch. Answered when the outcome is whole, visible and durable. */
public record TransactionDecision(BranchXid xid, boolean commit) {
    public void encode(ByteBuf out) {
        xid.encode(out);
        out.writeBoolean(commit);
    }

    public static TransactionDecision decode(ByteBuf in) {
        return new TransactionDecision(BranchXid.decode(in), in.readBoolean());
    }
}
