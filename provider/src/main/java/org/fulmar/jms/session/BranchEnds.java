package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.TransactionDecision;
import org.fulmar.protocol.jms.TransactionId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the branches of a connection, as transaction managers ask: in one phase or two, and after a failure. Used by the
 * thread of whoever asks, which waits for the broker; two of them never end one branch at the same time.
 */
final class BranchEnds {
    private static final Logger LOG = LoggerFactory.getLogger(BranchEnds.class);

    private static final Set<Branch.State> OPEN = EnumSet.of(Branch.State.OPEN);
    private static final Set<Branch.State> OPEN_OR_COMMITTED =
            EnumSet.of(Branch.State.OPEN, Branch.State.COMMIT_IN_DOUBT);
    private static final Set<Branch.State> PREPARED = EnumSet.of(Branch.State.PREPARED, Branch.State.PREPARE_IN_DOUBT);

    private final FulmarConnection connection;
    private final Branches branches;
    private final TransactionEnd ends;

    BranchEnds(FulmarConnection connection) {
        this.connection = connection;
        this.branches = connection.branches();
        this.ends = new TransactionEnd(connection);
    }

    private interface Call {
        Ending on(Transaction work);
    }

    /** The vote on a branch; one in which nothing was done is forgotten without asking the broker. */
    int prepare(BranchXid xid, FulmarXaResource by) throws XAException {
        Branch branch = branches.take(xid, OPEN);
        if (isNothingToDo(branch)) {
            return XAResource.XA_RDONLY;
        }
        Ending end = finish(branch, by, Branch.State.PREPARE_IN_DOUBT, work -> ends.prepare(work, xid));
        check(end, branch);
        branches.putBack(branch, Branch.State.PREPARED);
        endReleasedSessions();
        return XAResource.XA_OK;
    }

    /** Commits in one phase. */
    void commit(BranchXid xid, FulmarXaResource by) throws XAException {
        Branch branch = branches.take(xid, OPEN_OR_COMMITTED);
        if (branch.takenFrom == Branch.State.COMMIT_IN_DOUBT) {
            Ending end = ends.outcome(branch.work);
            if (end.result() == Ending.Result.UNKNOWN) {
                branches.putBack(branch, Branch.State.COMMIT_IN_DOUBT);
            }
            check(end, branch);
        } else if (isNothingToDo(branch)) {
            return;
        } else {
            check(finish(branch, by, Branch.State.COMMIT_IN_DOUBT, ends::commit), branch);
        }
        forget(branch);
    }

    /** Whether nothing was done in it; it is forgotten then. */
    private boolean isNothingToDo(Branch branch) throws XAException {
        XAException refusal = branches.refusal(branch);
        if (refusal != null) {
            undo(branch);
            throw refusal;
        }
        if (!branch.work.isEmpty()) {
            return false;
        }
        branch.work.settled();
        forget(branch);
        return true;
    }

    private Ending finish(Branch branch, FulmarXaResource by, Branch.State inDoubt, Call call) {
        branch.work.number(by.numbers());
        Ending end = call.on(branch.work);
        if (end.result() == Ending.Result.UNKNOWN) {
            by.renumber();
            branches.putBack(branch, inDoubt);
        } else if (end.result() == Ending.Result.DONE) {
            branch.work.settled();
        }
        return end;
    }

    /** Throws what has gone wrong; what was rolled back at the broker is given up here. */
    private void check(Ending end, Branch branch) throws XAException {
        JMSException why = end.why();
        if (why == null) {
            return;
        }
        if (end.result() == Ending.Result.UNKNOWN) {
            throw XaErrors.unreachable(branch.xid, why);
        }
        XAException rolledBack = XaErrors.rolledBack(branch.xid, why);
        undo(branch);
        throw rolledBack;
    }

    private void undo(Branch branch) {
        try {
            ends.undo(branch.work, session -> session.isXa() && !branches.isNeededBesides(session, branch));
        } catch (JMSException e) {
            LOG.warn("what branch {} has received is not given back before its connection ends", branch.xid.text(), e);
        }
        forget(branch);
    }

    private void forget(Branch branch) {
        branches.forget(branch.xid);
        endReleasedSessions();
    }

    private void endReleasedSessions() {
        for (FulmarSession session : branches.released()) {
            try {
                session.endAfterBranches();
            } catch (JMSException e) {
                LOG.warn("session {} has not ended at the broker before its connection does", session.id(), e);
            }
        }
    }

    /** Rolls a branch back, of whatever connection if it is prepared. */
    void rollback(BranchXid xid) throws XAException {
        if (!branches.isUnprepared(xid)) {
            decide(xid, false);
            return;
        }
        Branch branch = branches.take(xid, OPEN_OR_COMMITTED);
        if (branch.takenFrom == Branch.State.COMMIT_IN_DOUBT) {
            Ending end = ends.outcome(branch.work);
            if (end.result() == Ending.Result.UNKNOWN) {
                branches.putBack(branch, Branch.State.COMMIT_IN_DOUBT);
                check(end, branch);
            }
            if (end.result() == Ending.Result.DONE) {
                forget(branch);
                throw XaErrors.of(XAException.XA_HEURCOM, xid, "it was committed before");
            }
        }
        undo(branch);
    }

    /** The second phase, of whatever connection's branch. */
    void decide(BranchXid xid, boolean commit) throws XAException {
        if (branches.find(xid) == null) {
            // another connection's, which recovery ends: it has many to end, asks again, and others wait for it
            ask(xid, commit, false, false);
            return;
        }
        Branch branch = branches.take(xid, PREPARED);
        Branch.State before = branch.takenFrom;
        boolean over = false;
        try {
            ask(xid, commit, before == Branch.State.PREPARE_IN_DOUBT && !commit, true);
            over = true;
        } catch (XAException e) {
            over = e.errorCode != XAException.XAER_RMFAIL && e.errorCode != XAException.XAER_PROTO;
            throw e;
        } finally {
            if (!over) {
                branches.putBack(branch, before);
            } else if (before == Branch.State.PREPARE_IN_DOUBT) {
                undo(branch);
            } else {
                forget(branch);
            }
        }
    }

    /**
     * Asks until the broker answers.
     *
     * @param maybeUnknown whether the broker may rightly not know the branch
     * @param waits whether for a link, if there is none
     */
    private void ask(BranchXid xid, boolean commit, boolean maybeUnknown, boolean waits) throws XAException {
        boolean repeated = maybeUnknown || branches.wasTold(xid);
        long deadline = System.nanoTime()
                + 2 * TimeUnit.MILLISECONDS.toNanos(connection.options().requestTimeoutMillis());
        Attached at = null;
        while (true) {
            try {
                connection.checkOpen();
                at = waits
                        ? connection.lifeline().await(at, deadline)
                        : connection.lifeline().present();
                JmsErrors.await(at.link().decide(new TransactionDecision(xid, commit)));
                branches.forget(xid);
                return;
            } catch (JMSException e) {
                if (at != null && ends.isOpen(e, at)) {
                    repeated = true;
                    branches.tell(xid);
                    if (!waits) {
                        throw XaErrors.unreachable(xid, e);
                    }
                } else if (repeated && JmsErrors.code(e) == ResponseCode.JMS_TRANSACTION_UNKNOWN) {
                    // it was done before, and the answer lost
                    branches.forget(xid);
                    return;
                } else {
                    throw XaErrors.refused(xid, e);
                }
            }
        }
    }

    void forget(BranchXid xid) throws XAException {
        if (branches.isUnprepared(xid)) {
            throw XaErrors.of(XAException.XAER_PROTO, xid, "it is not decided");
        }
        int[] tries = new int[1];
        try {
            connection.call(at -> {
                tries[0]++;
                return at.link().forget(new TransactionId(xid, 0, 0));
            });
        } catch (JMSException e) {
            if (tries[0] < 2 || JmsErrors.code(e) != ResponseCode.JMS_TRANSACTION_UNKNOWN) {
                throw XaErrors.refused(xid, e);
            }
            // it was done the first time, and the answer lost
        }
        branches.forget(xid);
    }

    Xid[] inDoubt() throws XAException {
        try {
            List<BranchXid> found = ends.inDoubt();
            return found.stream().map(InDoubtXid::new).toArray(Xid[]::new);
        } catch (JMSException e) {
            throw XaErrors.failed("the branches in doubt can't be listed", e);
        }
    }
}
