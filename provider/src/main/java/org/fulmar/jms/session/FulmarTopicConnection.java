package org.fulmar.jms.session;

import jakarta.jms.ConnectionConsumer;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicSession;

/** A connection of the domain of topics (JMS 3.1, section 2.9). Any thread may use it. */
public class FulmarTopicConnection extends DomainConnection implements TopicConnection {
    public FulmarTopicConnection(FulmarConnection connection) {
        super(connection);
    }

    @Override
    public TopicSession createTopicSession(boolean transacted, int acknowledgeMode) throws JMSException {
        return new FulmarTopicSession(connection().createSession(transacted, acknowledgeMode));
    }

    @Override
    public ConnectionConsumer createConnectionConsumer(
            Topic topic, String selector, ServerSessionPool pool, int maxMessages) throws JMSException {
        return connection().createConnectionConsumer((Destination) topic, selector, pool, maxMessages);
    }
}
