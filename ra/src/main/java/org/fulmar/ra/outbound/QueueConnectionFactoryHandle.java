package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueConnectionFactory;
import org.jspecify.annotations.Nullable;

/** As {@link ConnectionFactoryHandle}, of the domain of queues. Any thread may use it. */
public final class QueueConnectionFactoryHandle extends ConnectionFactoryHandle implements QueueConnectionFactory {
    private static final long serialVersionUID = 1L;

    QueueConnectionFactoryHandle(Allocator allocator) {
        super(allocator);
    }

    @Override
    public QueueConnection createQueueConnection() throws JMSException {
        return new QueueConnectionHandle(allocator(), Credentials.CONFIGURED);
    }

    @Override
    public QueueConnection createQueueConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return new QueueConnectionHandle(allocator(), Credentials.of(user, password));
    }
}
