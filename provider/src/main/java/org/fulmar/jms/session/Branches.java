package org.fulmar.jms.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.transaction.xa.XAException;
import org.fulmar.protocol.jms.BranchXid;
import org.jspecify.annotations.Nullable;

/**
 * The branches that the sessions of one connection work on, and those that they have prepared. A branch is the
 * connection's, so that several of its sessions may work on one, and any of their resources may end it.
 *
 * <p>Any thread may use it; its monitor guards the branches, and nothing is waited for while it is held.
 */
final class Branches {
    /** Branches that are remembered when they are prepared, at most: others may end them, who do not tell. */
    private static final int MAX_PREPARED = 10_000;

    private final Map<BranchXid, Branch> working = new HashMap<>();
    private final Map<BranchXid, Branch> prepared = bounded();
    /** Branches that the broker was told to end, and has not answered. */
    private final Map<BranchXid, Boolean> told = bounded();
    /** Closed sessions that a branch needs. */
    private final Set<FulmarSession> closed = new HashSet<>();

    private static <T> Map<BranchXid, T> bounded() {
        return new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<BranchXid, T> eldest) {
                return size() > MAX_PREPARED;
            }
        };
    }

    synchronized @Nullable Branch find(BranchXid xid) {
        Branch branch = working.get(xid);
        return branch == null ? prepared.get(xid) : branch;
    }

    /** Whether a branch is known here that is not prepared, as far as is known. */
    synchronized boolean isUnprepared(BranchXid xid) {
        Branch branch = find(xid);
        if (branch == null) {
            return false;
        }
        Branch.State state = branch.state == Branch.State.ENDING ? branch.takenFrom : branch.state;
        return state == Branch.State.OPEN || state == Branch.State.COMMIT_IN_DOUBT;
    }

    private Branch known(BranchXid xid) throws XAException {
        Branch branch = find(xid);
        if (branch == null) {
            throw XaErrors.of(XAException.XAER_NOTA, xid, "it is not known");
        }
        return branch;
    }

    /** Begins a branch for a resource. */
    synchronized Branch start(Branch fresh, FulmarXaResource by) throws XAException {
        if (find(fresh.xid) != null) {
            throw XaErrors.of(XAException.XAER_DUPID, fresh.xid, "it was started before");
        }
        working.put(fresh.xid, fresh);
        fresh.active.add(by);
        return fresh;
    }

    /** Lets a resource work on a branch that another has begun. */
    synchronized Branch join(BranchXid xid, FulmarXaResource by) throws XAException {
        Branch branch = known(xid);
        if (branch.state != Branch.State.OPEN || branch.suspended.contains(by)) {
            throw XaErrors.of(XAException.XAER_PROTO, xid, "it can't be joined, as it is suspended or ended");
        }
        checkNotRollbackOnly(branch);
        branch.active.add(by);
        return branch;
    }

    synchronized Branch resume(BranchXid xid, FulmarXaResource by) throws XAException {
        Branch branch = known(xid);
        if (!branch.suspended.contains(by)) {
            throw XaErrors.of(XAException.XAER_PROTO, xid, "this resource has not suspended it");
        }
        checkNotRollbackOnly(branch);
        branch.suspended.remove(by);
        branch.active.add(by);
        return branch;
    }

    private static void checkNotRollbackOnly(Branch branch) throws XAException {
        if (branch.rollbackOnly == 0 && branch.isLate()) {
            branch.rollbackOnly = XAException.XA_RBTIMEOUT;
        }
        if (branch.rollbackOnly != 0) {
            throw rollbackOnly(branch);
        }
    }

    private static XAException rollbackOnly(Branch branch) {
        return XaErrors.of(
                branch.rollbackOnly,
                branch.xid,
                branch.rollbackOnly == XAException.XA_RBTIMEOUT
                        ? "it has taken longer than its timeout"
                        : "its work has failed");
    }

    synchronized void suspend(BranchXid xid, FulmarXaResource by) throws XAException {
        Branch branch = known(xid);
        if (!branch.active.remove(by)) {
            throw XaErrors.of(XAException.XAER_PROTO, xid, "this resource does not work on it");
        }
        checkNotRollbackOnly(branch);
        branch.suspended.add(by);
    }

    synchronized void end(BranchXid xid, FulmarXaResource by, boolean failed) throws XAException {
        Branch branch = known(xid);
        if (!branch.active.remove(by) && !branch.suspended.remove(by)) {
            throw XaErrors.of(XAException.XAER_PROTO, xid, "this resource does not work on it");
        }
        if (!failed) {
            checkNotRollbackOnly(branch);
        } else if (branch.rollbackOnly == 0) {
            branch.rollbackOnly = XAException.XA_RBROLLBACK;
        }
    }

    /** Whether and why a branch that is being ended may only be rolled back; null if it may be committed. */
    synchronized @Nullable XAException refusal(Branch branch) {
        if (branch.rollbackOnly == 0 && branch.isLate()) {
            branch.rollbackOnly = XAException.XA_RBTIMEOUT;
        }
        return branch.rollbackOnly == 0 ? null : rollbackOnly(branch);
    }

    /** Takes a branch to end it; one that nobody works on any more, and that is in one of these states. */
    synchronized Branch take(BranchXid xid, Set<Branch.State> from) throws XAException {
        Branch branch = known(xid);
        if (!from.contains(branch.state) || branch.isAssociated()) {
            throw XaErrors.of(
                    XAException.XAER_PROTO,
                    xid,
                    branch.isAssociated() ? "its work has not ended" : "it is " + branch.state);
        }
        branch.takenFrom = branch.state;
        branch.state = Branch.State.ENDING;
        return branch;
    }

    /** A branch that was taken is not ended. */
    synchronized void putBack(Branch branch, Branch.State as) {
        branch.state = as;
        if (as == Branch.State.PREPARED) {
            working.remove(branch.xid);
            prepared.put(branch.xid, branch);
        }
    }

    /** A branch is over. */
    synchronized void forget(BranchXid xid) {
        working.remove(xid);
        prepared.remove(xid);
        told.remove(xid);
    }

    synchronized void tell(BranchXid xid) {
        told.put(xid, true);
    }

    synchronized boolean wasTold(BranchXid xid) {
        return told.containsKey(xid);
    }

    /** Whether another branch than this has received messages that the session holds. */
    synchronized boolean isNeededBesides(FulmarSession session, @Nullable Branch ending) {
        return working.values().stream().anyMatch(branch -> branch != ending && branch.work.isHeldBy(session));
    }

    /** A session is closed; whether a branch needs what it holds, so that it must not end at the broker. */
    synchronized boolean outlives(FulmarSession session) {
        boolean needed = isNeededBesides(session, null);
        if (needed) {
            closed.add(session);
        }
        return needed;
    }

    /** The closed sessions that no branch needs any more. */
    synchronized List<FulmarSession> released() {
        List<FulmarSession> released = new ArrayList<>();
        for (FulmarSession session : closed) {
            if (!isNeededBesides(session, null)) {
                released.add(session);
            }
        }
        released.forEach(closed::remove);
        return released;
    }
}
