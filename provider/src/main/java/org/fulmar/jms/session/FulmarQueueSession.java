package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.QueueReceiver;
import jakarta.jms.QueueSender;
import jakarta.jms.QueueSession;
import jakarta.jms.Session;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;
import org.fulmar.jms.destination.FulmarDestination;
import org.jspecify.annotations.Nullable;

/**
 * A session of the domain of queues: what is of topics is an IllegalStateException (JMS 3.1, table 9-1), consumers and
 * producers of topics as well. Used by one thread at a time, as every session.
 */
public class FulmarQueueSession extends DomainSession implements QueueSession {
    public FulmarQueueSession(Session session) {
        super(session);
    }

    private static IllegalStateException noTopics(String what) {
        return new IllegalStateException(
                "a QueueSession has no " + what + ": make a session with createSession, which knows both domains");
    }

    @Override
    protected void check(FulmarDestination destination) throws IllegalStateException {
        if (!destination.kind().isQueue()) {
            throw noTopics("consumers and producers of " + destination);
        }
    }

    @Override
    public QueueReceiver createReceiver(Queue queue) throws JMSException {
        return createReceiver(queue, null);
    }

    @Override
    public QueueReceiver createReceiver(Queue queue, @Nullable String selector) throws JMSException {
        return (QueueReceiver) createConsumer(queue, selector);
    }

    @Override
    public QueueSender createSender(@Nullable Queue queue) throws JMSException {
        return (QueueSender) createProducer(queue);
    }

    @Override
    public Topic createTopic(@Nullable String name) throws JMSException {
        throw noTopics("topics");
    }

    @Override
    public TemporaryTopic createTemporaryTopic() throws JMSException {
        throw noTopics("temporary topics");
    }

    @Override
    public TopicSubscriber createDurableSubscriber(Topic topic, String name) throws JMSException {
        throw noTopics("subscriptions");
    }

    @Override
    public TopicSubscriber createDurableSubscriber(Topic topic, String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        throw noTopics("subscriptions");
    }

    @Override
    public MessageConsumer createDurableConsumer(Topic topic, String name) throws JMSException {
        throw noTopics("subscriptions");
    }

    @Override
    public MessageConsumer createDurableConsumer(Topic topic, String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        throw noTopics("subscriptions");
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name) throws JMSException {
        throw noTopics("subscriptions");
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        throw noTopics("subscriptions");
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name) throws JMSException {
        throw noTopics("subscriptions");
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        throw noTopics("subscriptions");
    }

    @Override
    public void unsubscribe(String name) throws JMSException {
        throw noTopics("subscriptions");
    }
}
