package org.fulmar.ra.outbound;

import jakarta.jms.ConnectionConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueSession;
import jakarta.jms.ServerSessionPool;
import org.fulmar.jms.session.FulmarQueueSession;
import org.jspecify.annotations.Nullable;

/** As {@link ConnectionHandle}, of the domain of queues. Any thread may use it. */
public final class QueueConnectionHandle extends ConnectionHandle implements QueueConnection {
    QueueConnectionHandle(Allocator allocator, Credentials credentials) {
        super(allocator, credentials);
    }

    @Override
    public QueueSession createQueueSession(boolean transacted, int acknowledgeMode) throws JMSException {
        return new FulmarQueueSession(createSession(transacted, acknowledgeMode));
    }

    @Override
    public ConnectionConsumer createConnectionConsumer(
            @Nullable Queue from, @Nullable String selector, @Nullable ServerSessionPool pool, int maxMessages)
            throws JMSException {
        throw Refusals.ofServer("createConnectionConsumer");
    }
}
