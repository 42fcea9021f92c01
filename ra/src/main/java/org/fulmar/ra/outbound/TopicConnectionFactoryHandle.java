package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicConnectionFactory;
import org.jspecify.annotations.Nullable;

/** As {@link ConnectionFactoryHandle}, of the domain of topics. Any thread may use it. */
public final class TopicConnectionFactoryHandle extends ConnectionFactoryHandle implements TopicConnectionFactory {
    private static final long serialVersionUID = 1L;

    TopicConnectionFactoryHandle(Allocator allocator) {
        super(allocator);
    }

    @Override
    public TopicConnection createTopicConnection() throws JMSException {
        return new TopicConnectionHandle(allocator(), Credentials.CONFIGURED);
    }

    @Override
    public TopicConnection createTopicConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return new TopicConnectionHandle(allocator(), Credentials.of(user, password));
    }
}
