package org.fulmar.jms.crash;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import javax.transaction.xa.Xid;

/**
 * The branch of a transaction of one cell. {@code ChildJvm} processes agree on it by its name alone.
 *
 * @param cell its manager ends branches of its own cell, and no others
 */
record BranchId(String cell, String transaction) implements Xid {
    private static final int FORMAT = 0x464C_4352;
    private static final String SEPARATOR = "/";

    /** The branch that an Xid stands for; empty if it is none of that cell. */
    static Optional<BranchId> of(Xid xid, String cell) {
        String global = new String(xid.getGlobalTransactionId(), StandardCharsets.UTF_8);
        return xid.getFormatId() == FORMAT && global.startsWith(cell + SEPARATOR)
                ? Optional.of(new BranchId(cell, global.substring(cell.length() + 1)))
                : Optional.empty();
    }

    @Override
    public int getFormatId() {
        return FORMAT;
    }

    @Override
    public byte[] getGlobalTransactionId() {
        return (cell + SEPARATOR + transaction).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] getBranchQualifier() {
        return new byte[] {1};
    }
}
