package org.fulmar.ra.outbound;

import jakarta.jms.QueueConnection;
import jakarta.jms.QueueConnectionFactory;
import jakarta.resource.spi.ConnectionDefinition;
import jakarta.resource.spi.ConnectionManager;

/** As {@link FulmarManagedConnectionFactory}, of the domain of queues (JMS 3.1, section 2.9). */
@ConnectionDefinition(
        connectionFactory = QueueConnectionFactory.class,
        connectionFactoryImpl = QueueConnectionFactoryHandle.class,
        connection = QueueConnection.class,
        connectionImpl = QueueConnectionHandle.class)
public class FulmarManagedQueueConnectionFactory extends FulmarManagedConnectionFactory {
    private static final long serialVersionUID = 1L;

    @Override
    ConnectionFactoryHandle handle(ConnectionManager manager) {
        return new QueueConnectionFactoryHandle(new Allocator(this, manager));
    }
}
