package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import jakarta.jms.TransactionInProgressException;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.protocol.jms.BranchXid;
import org.jspecify.annotations.Nullable;

/**
 * The resource of an XA session: which branch the session's work belongs to, and the ends of the connection's branches.
 *
 * <p>Any thread may use it, at best after the session's own is done with its branch. It works as long as the connection
 * is open, also when its session is closed.
 */
final class FulmarXaResource implements XAResource, Transactions {
    private final FulmarSession session;
    private final FulmarConnection connection;
    private final BranchEnds ends;
    /** Held while a branch is ended, so that its numbers reach the broker in their order. */
    private final Object ending = new Object();

    private volatile MessageIds numbers = new MessageIds();
    private volatile @Nullable Branch current;
    private volatile int timeoutSeconds;
    private boolean scanning;

    FulmarXaResource(FulmarSession session) {
        this.session = session;
        this.connection = session.connection();
        this.ends = new BranchEnds(connection);
    }

    // The session's side.

    @Override
    public @Nullable Transaction current() {
        Branch branch = current;
        return branch == null ? null : branch.work;
    }

    @Override
    public boolean isTransacted() {
        return true;
    }

    @Override
    public void commit() throws JMSException {
        throw new TransactionInProgressException("an XA session is committed by its transaction manager");
    }

    @Override
    public void rollback() throws JMSException {
        throw new TransactionInProgressException("an XA session is rolled back by its transaction manager");
    }

    @Override
    public void close() {
        // branches are the transaction manager's
    }

    @Override
    public boolean outlive() {
        return connection.branches().outlives(session);
    }

    @Override
    public boolean needs(FulmarSession holder) {
        // branches are the connection's
        return false;
    }

    /** The numbers of branches that it ends. */
    MessageIds numbers() {
        return numbers;
    }

    // The transaction manager's side.

    private static BranchXid copy(@Nullable Xid xid) throws XAException {
        if (xid == null) {
            throw XaErrors.of(XAException.XAER_INVAL, "no Xid is given");
        }
        byte[] global = xid.getGlobalTransactionId();
        byte[] qualifier = xid.getBranchQualifier();
        if (global == null
                || qualifier == null
                || global.length > BranchXid.MAX_PART
                || qualifier.length > BranchXid.MAX_PART) {
            throw XaErrors.of(XAException.XAER_INVAL, "an Xid with a part that is missing or longer than 64 bytes");
        }
        return new BranchXid(xid.getFormatId(), global.clone(), qualifier.clone());
    }

    @Override
    public synchronized void start(Xid xid, int flags) throws XAException {
        BranchXid copy = copy(xid);
        checkUsable(copy);
        if (current != null) {
            throw XaErrors.of(XAException.XAER_PROTO, copy, "the session works on another branch, or on this");
        }
        Branches branches = connection.branches();
        current = switch (flags) {
            case TMNOFLAGS ->
                branches.start(
                        new Branch(
                                copy,
                                new Transaction(connection, copy, numbers),
                                TimeUnit.SECONDS.toNanos(timeoutSeconds)),
                        this);
            case TMJOIN -> branches.join(copy, this);
            case TMRESUME -> branches.resume(copy, this);
            default -> throw badFlags(flags);
        };
    }

    private void checkUsable(BranchXid xid) throws XAException {
        try {
            session.checkOpen();
            connection.checkNotLost();
        } catch (JMSException e) {
            throw XaErrors.of(XAException.XAER_RMFAIL, xid, "no work can begin", e);
        }
    }

    private static XAException badFlags(int flags) {
        return XaErrors.of(XAException.XAER_INVAL, "flags 0x" + Integer.toHexString(flags) + " are not known here");
    }

    @Override
    public synchronized void end(Xid xid, int flags) throws XAException {
        BranchXid copy = copy(xid);
        Branch branch = current;
        boolean own = branch != null && branch.xid.equals(copy);
        try {
            switch (flags) {
                case TMSUCCESS -> connection.branches().end(copy, this, false);
                case TMFAIL -> connection.branches().end(copy, this, true);
                case TMSUSPEND -> connection.branches().suspend(copy, this);
                default -> {
                    own = false;
                    throw badFlags(flags);
                }
            }
        } finally {
            if (own) {
                current = null;
            }
        }
    }

    @Override
    public int prepare(Xid xid) throws XAException {
        BranchXid copy = copy(xid);
        synchronized (ending) {
            return ends.prepare(copy, this);
        }
    }

    @Override
    public void commit(Xid xid, boolean onePhase) throws XAException {
        BranchXid copy = copy(xid);
        if (!onePhase) {
            ends.decide(copy, true);
            return;
        }
        synchronized (ending) {
            ends.commit(copy, this);
        }
    }

    /** Nothing of its numbers may follow upon one whose end is in doubt, which could then look as if it was a repeat. */
    void renumber() {
        numbers = new MessageIds();
    }

    @Override
    public void rollback(Xid xid) throws XAException {
        ends.rollback(copy(xid));
    }

    @Override
    public void forget(Xid xid) throws XAException {
        ends.forget(copy(xid));
    }

    /** All that is in doubt is given at the start of a scan, whoever has prepared it. */
    @Override
    public synchronized Xid[] recover(int flags) throws XAException {
        if ((flags & ~(TMSTARTRSCAN | TMENDRSCAN)) != 0) {
            throw badFlags(flags);
        }
        boolean starting = (flags & TMSTARTRSCAN) != 0;
        if (!starting && !scanning) {
            throw XaErrors.of(XAException.XAER_INVAL, "there is no recovery scan to go on with: begin one");
        }
        Xid[] found = starting ? ends.inDoubt() : new Xid[0];
        scanning = (flags & TMENDRSCAN) == 0;
        return found;
    }

    /** Whether both are of one connection, whose branches are common to its sessions. */
    @Override
    public boolean isSameRM(@Nullable XAResource other) {
        return other instanceof FulmarXaResource ours && ours.connection == connection;
    }

    @Override
    public int getTransactionTimeout() {
        return timeoutSeconds;
    }

    @Override
    public boolean setTransactionTimeout(int seconds) throws XAException {
        if (seconds < 0) {
            throw XaErrors.of(XAException.XAER_INVAL, "a timeout is not negative: " + seconds);
        }
        timeoutSeconds = seconds;
        return true;
    }
}
