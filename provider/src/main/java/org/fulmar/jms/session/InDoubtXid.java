package org.fulmar.jms.session;

import javax.transaction.xa.Xid;
import org.fulmar.protocol.jms.BranchXid;

/** The Xid of a branch that the broker has in doubt. A value. */
record InDoubtXid(BranchXid xid) implements Xid {
    @Override
    public int getFormatId() {
        return xid.formatId();
    }

    @Override
    public byte[] getGlobalTransactionId() {
        return xid.globalId().clone();
    }

    @Override
    public byte[] getBranchQualifier() {
        return xid.qualifier().clone();
    }

    @Override
    public String toString() {
        return xid.text();
    }
}
