package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import org.fulmar.ra.connection.BrokerTarget;
import org.fulmar.ra.connection.SharedConnections;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a factory that no adapter owns: nothing of them, and no thread, is left when the last managed
 * connection is destroyed. Any thread may use it.
 */
final class OwnConnections implements Leases {
    private @Nullable SharedConnections connections;
    private int users;

    @Override
    public SharedConnections.Lease lease(BrokerTarget target, boolean share, SharedConnections.Watcher watcher)
            throws JMSException {
        SharedConnections from;
        synchronized (this) {
            from = connections;
            if (from == null) {
                from = new SharedConnections();
                connections = from;
            }
            users++;
        }
        boolean leased = false;
        try {
            SharedConnections.Lease lease = from.lease(target, share, watcher);
            leased = true;
            return lease;
        } finally {
            if (!leased) {
                closed();
            }
        }
    }

    @Override
    public void closed() {
        SharedConnections closing;
        synchronized (this) {
            users--;
            if (users > 0) {
                return;
            }
            closing = connections;
            connections = null;
        }
        if (closing != null) {
            closing.close();
        }
    }
}
