package org.fulmar.ra.outbound;

import jakarta.jms.XASession;
import javax.transaction.xa.XAException;
import javax.transaction.xa.Xid;
import org.fulmar.ra.connection.AdapterXaResource;
import org.fulmar.ra.connection.SharedConnections;
import org.jspecify.annotations.Nullable;

/**
 * A resource that knows whether its work was ended under the hands of the thread that has begun it: servers roll back a
 * transaction that has taken too long, on a thread of theirs, while the application's goes on. Any thread may use it.
 */
final class ThreadedXaResource extends AdapterXaResource {
    private volatile @Nullable Thread working;
    private volatile boolean cutOff;

    ThreadedXaResource(XASession session, SharedConnections.Lease lease) {
        super(session, lease);
    }

    @Override
    public void start(Xid xid, int flags) throws XAException {
        super.start(xid, flags);
        working = Thread.currentThread();
        cutOff = false;
    }

    @Override
    public void end(Xid xid, int flags) throws XAException {
        // some servers end it twice
        cutOff |= working != null && working != Thread.currentThread();
        working = null;
        super.end(xid, flags);
    }

    /** Whether another thread has ended its work, and nothing was begun since. */
    boolean isCutOff() {
        return cutOff;
    }

    /** It is another user's now. */
    void reset() {
        cutOff = false;
    }
}
