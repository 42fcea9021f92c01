package org.fulmar.ra.outbound;

import jakarta.jms.ConnectionConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicSession;
import org.fulmar.jms.session.FulmarTopicSession;
import org.jspecify.annotations.Nullable;

/** As {@link ConnectionHandle}, of the domain of topics. Any thread may use it. */
public final class TopicConnectionHandle extends ConnectionHandle implements TopicConnection {
    TopicConnectionHandle(Allocator allocator, Credentials credentials) {
        super(allocator, credentials);
    }

    @Override
    public TopicSession createTopicSession(boolean transacted, int acknowledgeMode) throws JMSException {
        return new FulmarTopicSession(createSession(transacted, acknowledgeMode));
    }

    @Override
    public ConnectionConsumer createConnectionConsumer(
            @Nullable Topic from, @Nullable String selector, @Nullable ServerSessionPool pool, int maxMessages)
            throws JMSException {
        throw Refusals.ofServer("createConnectionConsumer");
    }
}
