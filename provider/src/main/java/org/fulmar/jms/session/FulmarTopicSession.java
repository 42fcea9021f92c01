package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.Topic;
import jakarta.jms.TopicPublisher;
import jakarta.jms.TopicSession;
import jakarta.jms.TopicSubscriber;
import org.fulmar.jms.destination.FulmarDestination;
import org.jspecify.annotations.Nullable;

/**
 * A session of the domain of topics: what is of queues is an IllegalStateException (JMS 3.1, table 9-1), consumers and
 * producers of queues as well. Used by one thread at a time, as every session.
 */
public class FulmarTopicSession extends DomainSession implements TopicSession {
    public FulmarTopicSession(Session session) {
        super(session);
    }

    private static IllegalStateException noQueues(String what) {
        return new IllegalStateException(
                "a TopicSession has no " + what + ": make a session with createSession, which knows both domains");
    }

    @Override
    protected void check(FulmarDestination destination) throws IllegalStateException {
        if (destination.kind().isQueue()) {
            throw noQueues("consumers and producers of " + destination);
        }
    }

    @Override
    public TopicSubscriber createSubscriber(Topic topic) throws JMSException {
        return createSubscriber(topic, null, false);
    }

    @Override
    public TopicSubscriber createSubscriber(Topic topic, @Nullable String selector, boolean noLocal)
            throws JMSException {
        return (TopicSubscriber) createConsumer(topic, selector, noLocal);
    }

    @Override
    public TopicPublisher createPublisher(@Nullable Topic topic) throws JMSException {
        return (TopicPublisher) createProducer(topic);
    }

    @Override
    public Queue createQueue(@Nullable String name) throws JMSException {
        throw noQueues("queues");
    }

    @Override
    public TemporaryQueue createTemporaryQueue() throws JMSException {
        throw noQueues("temporary queues");
    }

    @Override
    public QueueBrowser createBrowser(Queue queue) throws JMSException {
        throw noQueues("browsers");
    }

    @Override
    public QueueBrowser createBrowser(Queue queue, @Nullable String selector) throws JMSException {
        throw noQueues("browsers");
    }
}
