package org.fulmar.jms.session;

import java.util.HashSet;
import java.util.Set;
import org.fulmar.protocol.jms.BranchXid;

/** A branch of a global transaction that sessions of a connection work on. Guarded by {@link Branches}. */
final class Branch {
    /** How far it is. */
    enum State {
        /** Sessions work on it, or may. */
        OPEN,
        /** Somebody ends it just now. */
        ENDING,
        PREPARED,
        /** Whether it was prepared could not be found out. */
        PREPARE_IN_DOUBT,
        /** Whether it was committed in one phase could not be found out. */
        COMMIT_IN_DOUBT
    }

    final BranchXid xid;
    final Transaction work;
    /** When it must have ended, of {@link System#nanoTime}; no matter if {@link #limited} is false. */
    final long deadline;

    final boolean limited;
    final Set<FulmarXaResource> active = new HashSet<>();
    final Set<FulmarXaResource> suspended = new HashSet<>();
    State state = State.OPEN;
    /** Before somebody took it to end it. */
    State takenFrom = State.OPEN;
    /** An XA_RB code, if it may only be rolled back; 0 if not. */
    int rollbackOnly;

    /**
     * @param timeoutNanos 0 for none
     */
    Branch(BranchXid xid, Transaction work, long timeoutNanos) {
        this.xid = xid;
        this.work = work;
        this.limited = timeoutNanos > 0;
        this.deadline = System.nanoTime() + timeoutNanos;
    }

    boolean isLate() {
        return limited && deadline - System.nanoTime() <= 0;
    }

    boolean isAssociated() {
        return !active.isEmpty() || !suspended.isEmpty();
    }
}
