package org.fulmar.ra.outbound;

import jakarta.jms.TopicConnection;
import jakarta.jms.TopicConnectionFactory;
import jakarta.resource.spi.ConnectionDefinition;
import jakarta.resource.spi.ConnectionManager;

/** As {@link FulmarManagedConnectionFactory}, of the domain of topics (JMS 3.1, section 2.9). */
@ConnectionDefinition(
        connectionFactory = TopicConnectionFactory.class,
        connectionFactoryImpl = TopicConnectionFactoryHandle.class,
        connection = TopicConnection.class,
        connectionImpl = TopicConnectionHandle.class)
public class FulmarManagedTopicConnectionFactory extends FulmarManagedConnectionFactory {
    private static final long serialVersionUID = 1L;

    @Override
    ConnectionFactoryHandle handle(ConnectionManager manager) {
        return new TopicConnectionFactoryHandle(new Allocator(this, manager));
    }
}
