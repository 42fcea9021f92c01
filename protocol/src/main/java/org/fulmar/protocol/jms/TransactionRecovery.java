package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * TRANSACTION_RECOVER: asks for the branches that are prepared, or that an administrator has decided and nobody has
 * forgotten, whoever prepared them.
 *
 * @param after the number of the last branch that is known already; 0 for the first page
 */
public record TransactionRecovery(long after) {
    /** Most branches of one page. */
    public static final int PAGE = 1000;

    public void encode(ByteBuf out) {
        out.writeLong(after);
    }

    public static TransactionRecovery decode(ByteBuf in) {
        return new TransactionRecovery(in.readLong());
    }

    /** One branch in doubt, with the broker's number of it. */
    public record InDoubt(long number, BranchXid xid) {}

    /**
     * @param branches in the order of their numbers; fewer than {@link #PAGE} say that there are no more
     */
    public record Reply(List<InDoubt> branches) {
        public void encode(ByteBuf out) {
            out.writeInt(branches.size());
            for (InDoubt branch : branches) {
                out.writeLong(branch.number);
                branch.xid.encode(out);
            }
        }

        public static Reply decode(ByteBuf in) {
            int count = Body.count(in, 14);
            List<InDoubt> branches = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                branches.add(new InDoubt(in.readLong(), BranchXid.decode(in)));
            }
            return new Reply(branches);
        }
    }
}
