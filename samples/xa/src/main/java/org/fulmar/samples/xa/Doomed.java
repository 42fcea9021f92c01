package org.fulmar.samples.xa;

import java.util.function.Consumer;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;

/**
 * Only for the kills, nothing to copy: passes everything on to a real XAResource, and says which moment of the commit has
 * come. Used by the thread of its transaction.
 */
final class Doomed implements XAResource {
    private final XAResource real;
    private final boolean first;
    private final Consumer<Moment> at;

    /**
     * @param first whether it is the first of two that are enlisted in each transaction; it is prepared and committed
     *     before the other then
     */
    Doomed(XAResource real, boolean first, Consumer<Moment> at) {
        this.real = real;
        this.first = first;
        this.at = at;
    }

    @Override
    public int prepare(Xid xid) throws XAException {
        int vote = real.prepare(xid);
        at.accept(first ? Moment.FIRST_PREPARED : Moment.ALL_PREPARED);
        return vote;
    }

    @Override
    public void commit(Xid xid, boolean onePhase) throws XAException {
        if (first) {
            at.accept(Moment.DECIDED);
        }
        real.commit(xid, onePhase);
        at.accept(first ? Moment.FIRST_COMMITTED : Moment.ALL_COMMITTED);
    }

    @Override
    public void rollback(Xid xid) throws XAException {
        real.rollback(xid);
    }

    @Override
    public void start(Xid xid, int flags) throws XAException {
        real.start(xid, flags);
    }

    @Override
    public void end(Xid xid, int flags) throws XAException {
        real.end(xid, flags);
    }

    @Override
    public void forget(Xid xid) throws XAException {
        real.forget(xid);
    }

    @Override
    public Xid[] recover(int flag) throws XAException {
        return real.recover(flag);
    }

    @Override
    public boolean isSameRM(XAResource other) throws XAException {
        return real.isSameRM(other instanceof Doomed doomed ? doomed.real : other);
    }

    @Override
    public int getTransactionTimeout() throws XAException {
        return real.getTransactionTimeout();
    }

    @Override
    public boolean setTransactionTimeout(int seconds) throws XAException {
        return real.setTransactionTimeout(seconds);
    }
}
