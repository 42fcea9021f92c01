package org.fulmar.ra.connection;

import java.util.Arrays;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.jspecify.annotations.Nullable;

/**
 * A session's resource as servers get it: knows what became of the last branch. Two of one connection are of one
 * resource manager, so that an endpoint and the connections of what it calls work on one branch.
 *
 * <p>Any thread may use it, as the resource itself.
 */
public class AdapterXaResource implements XAResource {
    private final XAResource resource;
    private volatile boolean active;
    private volatile @Nullable Xid ended;
    private volatile boolean rolledBack;

    public AdapterXaResource(XAResource resource) {
        this.resource = resource;
    }

    /** Whether the session works on a branch now. */
    public boolean isActive() {
        return active;
    }

    /** Whether a branch was rolled back, or marked for that, since this was asked last. */
    public boolean takeRolledBack() {
        boolean was = rolledBack;
        rolledBack = false;
        return was;
    }

    @Override
    public void start(Xid xid, int flags) throws XAException {
        resource.start(xid, flags);
        ended = null;
        active = true;
    }

    /** A second time, of the same branch, is no error: Narayana does that with resources that have joined a branch. */
    @Override
    public void end(Xid xid, int flags) throws XAException {
        Xid before = ended;
        if (flags == TMSUCCESS && before != null && isSame(before, xid)) {
            return;
        }
        active = false;
        rolledBack |= flags == TMFAIL;
        resource.end(xid, flags);
        ended = flags == TMSUSPEND ? null : xid;
    }

    private static boolean isSame(Xid one, Xid other) {
        return one.getFormatId() == other.getFormatId()
                && Arrays.equals(one.getGlobalTransactionId(), other.getGlobalTransactionId())
                && Arrays.equals(one.getBranchQualifier(), other.getBranchQualifier());
    }

    @Override
    public int prepare(Xid xid) throws XAException {
        try {
            return resource.prepare(xid);
        } finally {
            ServerThreads.leave();
        }
    }

    @Override
    public void commit(Xid xid, boolean onePhase) throws XAException {
        try {
            resource.commit(xid, onePhase);
        } catch (XAException e) {
            rolledBack |= e.errorCode >= XAException.XA_RBBASE && e.errorCode <= XAException.XA_RBEND;
            throw e;
        } finally {
            ServerThreads.leave();
        }
    }

    @Override
    public void rollback(Xid xid) throws XAException {
        rolledBack = true;
        try {
            resource.rollback(xid);
        } finally {
            ServerThreads.leave();
        }
    }

    @Override
    public void forget(Xid xid) throws XAException {
        resource.forget(xid);
    }

    @Override
    public Xid[] recover(int flags) throws XAException {
        try {
            return resource.recover(flags);
        } finally {
            ServerThreads.leave();
        }
    }

    @Override
    public boolean isSameRM(@Nullable XAResource other) throws XAException {
        return resource.isSameRM(other instanceof AdapterXaResource ours ? ours.resource : other);
    }

    @Override
    public int getTransactionTimeout() throws XAException {
        return resource.getTransactionTimeout();
    }

    @Override
    public boolean setTransactionTimeout(int seconds) throws XAException {
        return resource.setTransactionTimeout(seconds);
    }
}
