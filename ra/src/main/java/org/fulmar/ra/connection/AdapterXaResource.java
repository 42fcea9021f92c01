package org.fulmar.ra.connection;

import jakarta.jms.XASession;
import java.util.Arrays;
import java.util.Set;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session's resource as servers get it: knows what became of the last branch. Two of one connection are of one
 * resource manager, so that an endpoint and the connections of what it calls work on one branch.
 *
 * <p>Any thread may use it, as the resource itself.
 */
public class AdapterXaResource implements XAResource {
    private static final Logger LOG = LoggerFactory.getLogger(AdapterXaResource.class);

    private final XAResource resource;
    /** Those of its connection that work on a branch, or have suspended one. */
    private final Set<AdapterXaResource> working;

    private volatile boolean active;
    private volatile @Nullable Xid branch;
    private volatile @Nullable Xid ended;
    private volatile boolean rolledBack;
    private volatile boolean failed;

    /** The resource of a session of the leased connection. */
    public AdapterXaResource(XASession session, SharedConnections.Lease lease) {
        this.resource = session.getXAResource();
        this.working = lease.working();
    }

    /** Whether the session works on a branch now. */
    public boolean isActive() {
        return active;
    }

    /** The work on the branch has failed, which may only be rolled back, whatever the server thinks of it. */
    public void fail() {
        failed = true;
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
        failed = false;
        branch = xid;
        active = true;
        working.add(this);
    }

    /** A second time, of the same branch, is no error: Narayana does that with resources that have joined a branch. */
    @Override
    public void end(Xid xid, int flags) throws XAException {
        Xid before = ended;
        if (flags == TMSUCCESS && before != null && isSame(before, xid)) {
            return;
        }
        active = false;
        int used = failed && flags == TMSUCCESS ? TMFAIL : flags;
        rolledBack |= used == TMFAIL;
        if (flags != TMSUSPEND) {
            branch = null;
            working.remove(this);
        }
        resource.end(xid, used);
        ended = flags == TMSUSPEND ? null : xid;
    }

    private static boolean isSame(Xid one, Xid other) {
        return one.getFormatId() == other.getFormatId()
                && Arrays.equals(one.getGlobalTransactionId(), other.getGlobalTransactionId())
                && Arrays.equals(one.getBranchQualifier(), other.getBranchQualifier());
    }

    @Override
    public int prepare(Xid xid) throws XAException {
        return resource.prepare(xid);
    }

    @Override
    public void commit(Xid xid, boolean onePhase) throws XAException {
        try {
            resource.commit(xid, onePhase);
        } catch (XAException e) {
            rolledBack |= e.errorCode >= XAException.XA_RBBASE && e.errorCode <= XAException.XA_RBEND;
            if (e.errorCode == XAException.XA_RBCOMMFAIL) {
                // GlassFish and Payara would try again after a minute, with their thread
                e.errorCode = XAException.XA_RBROLLBACK;
            }
            throw e;
        }
    }

    @Override
    public void rollback(Xid xid) throws XAException {
        rolledBack = true;
        endOthers(xid);
        resource.rollback(xid);
    }

    /** GlassFish and Payara end those that have joined a branch when it is rolled back already. */
    private void endOthers(Xid xid) {
        for (AdapterXaResource other : working) {
            Xid joined = other.branch;
            if (other == this || joined == null || !isSame(joined, xid)) {
                continue;
            }
            try {
                other.end(joined, TMFAIL);
            } catch (XAException e) {
                LOG.debug("it has been ended in this moment", e);
            }
        }
    }

    @Override
    public void forget(Xid xid) throws XAException {
        resource.forget(xid);
    }

    @Override
    public Xid[] recover(int flags) throws XAException {
        return resource.recover(flags);
    }

    /** Servers wrap the resources of pools, and the wrapper asks the one inside: WildFly asks this with such a wrapper. */
    @Override
    public boolean isSameRM(@Nullable XAResource other) throws XAException {
        if (other instanceof AdapterXaResource ours) {
            return resource.isSameRM(ours.resource);
        }
        return resource.isSameRM(other) || other != null && other.isSameRM(resource);
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
