package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import org.fulmar.ra.connection.BrokerTarget;
import org.fulmar.ra.connection.SharedConnections;

/** Where managed connections lease what leads to the broker; as {@link SharedConnections#lease}. */
interface Leases {
    SharedConnections.Lease lease(BrokerTarget target, boolean share, SharedConnections.Watcher watcher)
            throws JMSException;

    /** A lease was closed. */
    default void closed() {}
}
