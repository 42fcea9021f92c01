package org.fulmar.jms.session;

import jakarta.jms.BytesMessage;
import jakarta.jms.Destination;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageListener;
import jakarta.jms.MessageProducer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;
import java.io.Serializable;
import java.util.List;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.message.FulmarBytesMessage;
import org.fulmar.jms.message.FulmarMapMessage;
import org.fulmar.jms.message.FulmarMessage;
import org.fulmar.jms.message.FulmarObjectMessage;
import org.fulmar.jms.message.FulmarStreamMessage;
import org.fulmar.jms.message.FulmarTextMessage;
import org.fulmar.protocol.jms.CreateConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The part of a session that makes things: messages, destinations, producers and consumers (JMS 3.1, section 6.2); and
 * that refuses what this release does not do.
 */
abstract class SessionFactory implements Session {
    private final FulmarConnection connection;

    SessionFactory(FulmarConnection connection) {
        this.connection = connection;
    }

    abstract FulmarSession session();

    abstract void checkOpen() throws JMSException;

    abstract void register(FulmarConsumer consumer);

    @Override
    public BytesMessage createBytesMessage() throws JMSException {
        checkOpen();
        return new FulmarBytesMessage();
    }

    @Override
    public MapMessage createMapMessage() throws JMSException {
        checkOpen();
        return new FulmarMapMessage();
    }

    @Override
    public Message createMessage() throws JMSException {
        checkOpen();
        return new FulmarMessage();
    }

    @Override
    public ObjectMessage createObjectMessage() throws JMSException {
        checkOpen();
        return new FulmarObjectMessage(connection.options().deserialization());
    }

    @Override
    public ObjectMessage createObjectMessage(@Nullable Serializable object) throws JMSException {
        ObjectMessage message = createObjectMessage();
        message.setObject(object);
        return message;
    }

    @Override
    public StreamMessage createStreamMessage() throws JMSException {
        checkOpen();
        return new FulmarStreamMessage();
    }

    @Override
    public TextMessage createTextMessage() throws JMSException {
        checkOpen();
        return new FulmarTextMessage();
    }

    @Override
    public TextMessage createTextMessage(@Nullable String text) throws JMSException {
        checkOpen();
        return new FulmarTextMessage(text);
    }

    @Override
    public Queue createQueue(@Nullable String name) throws JMSException {
        checkOpen();
        return (Queue) FulmarDestination.of(FulmarDestination.Kind.QUEUE, name);
    }

    @Override
    public Topic createTopic(@Nullable String name) throws JMSException {
        checkOpen();
        return (Topic) FulmarDestination.of(FulmarDestination.Kind.TOPIC, name);
    }

    @Override
    public TemporaryQueue createTemporaryQueue() throws JMSException {
        checkOpen();
        return (TemporaryQueue) connection.createTemporary(true);
    }

    @Override
    public TemporaryTopic createTemporaryTopic() throws JMSException {
        checkOpen();
        return (TemporaryTopic) connection.createTemporary(false);
    }

    @Override
    public MessageProducer createProducer(@Nullable Destination destination) throws JMSException {
        checkOpen();
        FulmarDestination to = destination == null ? null : FulmarDestination.from(destination);
        if (to != null) {
            // a destination that can't be used is told here, not at the first send
            connection.handle(to);
        }
        return new FulmarProducer(session(), to);
    }

    @Override
    public MessageConsumer createConsumer(Destination destination) throws JMSException {
        return createConsumer(destination, null, false);
    }

    @Override
    public MessageConsumer createConsumer(Destination destination, @Nullable String selector) throws JMSException {
        return createConsumer(destination, selector, false);
    }

    @Override
    public MessageConsumer createConsumer(Destination destination, @Nullable String selector, boolean noLocal)
            throws JMSException {
        FulmarDestination from = FulmarDestination.from(destination);
        CreateConsumer.Kind kind = from.kind().isQueue() ? CreateConsumer.Kind.QUEUE : CreateConsumer.Kind.NON_DURABLE;
        return consumer(from, kind, null, selector, noLocal && !from.kind().isQueue());
    }

    @Override
    public TopicSubscriber createDurableSubscriber(Topic topic, String name) throws JMSException {
        return durable(topic, name, null, false);
    }

    @Override
    public TopicSubscriber createDurableSubscriber(Topic topic, String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        return durable(topic, name, selector, noLocal);
    }

    @Override
    public MessageConsumer createDurableConsumer(Topic topic, String name) throws JMSException {
        return durable(topic, name, null, false);
    }

    @Override
    public MessageConsumer createDurableConsumer(Topic topic, String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        return durable(topic, name, selector, noLocal);
    }

    private FulmarConsumer durable(Topic topic, @Nullable String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        FulmarDestination from = FulmarDestination.from(topic);
        if (from.kind().isTemporary() || from.kind().isQueue()) {
            throw new InvalidDestinationException("a durable subscription is to a topic that lasts, not to " + from);
        }
        if (name != null && !JmsErrors.canBeSent(name)) {
            throw new JMSException("the name of the subscription has an unpaired surrogate");
        }
        return consumer(from, CreateConsumer.Kind.DURABLE, name, selector, noLocal);
    }

    private FulmarConsumer consumer(
            FulmarDestination from,
            CreateConsumer.Kind kind,
            @Nullable String subscription,
            @Nullable String selector,
            boolean noLocal)
            throws JMSException {
        checkOpen();
        if (from.kind().isTemporary() && !connection.owns(from)) {
            throw new InvalidDestinationException("only the connection that made " + from + " may consume from it");
        }
        String used = selector == null || selector.isBlank() ? null : selector;
        int handle = connection.handle(from);
        FulmarSession session = session();
        FulmarConsumer consumer = new FulmarConsumer(session, connection.nextConsumerId(), from, used, noLocal);
        register(consumer);
        try {
            JmsErrors.await(connection
                    .link()
                    .createConsumer(new CreateConsumer(
                            consumer.id(),
                            session.id(),
                            handle,
                            kind,
                            subscription,
                            used,
                            noLocal,
                            List.of(),
                            connection.options().prefetch())));
        } catch (JMSException e) {
            session.unregister(consumer);
            throw e;
        }
        return consumer;
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name) throws JMSException {
        return createSharedConsumer(topic, name, null);
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        checkOpen();
        throw JmsErrors.unsupported("a shared subscription", "use a durable one, or a queue");
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name) throws JMSException {
        return createSharedConsumer(topic, name, null);
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        return createSharedConsumer(topic, name, selector);
    }

    @Override
    public QueueBrowser createBrowser(Queue queue) throws JMSException {
        return createBrowser(queue, null);
    }

    @Override
    public QueueBrowser createBrowser(Queue queue, @Nullable String selector) throws JMSException {
        checkOpen();
        throw JmsErrors.unsupported("a queue browser", "consume the queue with CLIENT_ACKNOWLEDGE and recover");
    }

    // What this release does not do, and what needs no session.

    @Override
    public boolean getTransacted() throws JMSException {
        checkOpen();
        return false;
    }

    @Override
    public void commit() throws JMSException {
        checkOpen();
        throw new IllegalStateException("the session is not transacted");
    }

    @Override
    public void rollback() throws JMSException {
        checkOpen();
        throw new IllegalStateException("the session is not transacted");
    }

    @Override
    public @Nullable MessageListener getMessageListener() throws JMSException {
        checkOpen();
        return null;
    }

    @Override
    public void setMessageListener(@Nullable MessageListener listener) throws JMSException {
        checkOpen();
        throw JmsErrors.unsupported("a session's message listener", "set the listener of a consumer");
    }

    @Override
    public void run() {
        throw new java.lang.IllegalStateException(
                "only an application server runs sessions; set the listener of a consumer");
    }

    @Override
    public void unsubscribe(String name) throws JMSException {
        checkOpen();
        JmsErrors.await(connection.link().unsubscribe(name));
    }
}
