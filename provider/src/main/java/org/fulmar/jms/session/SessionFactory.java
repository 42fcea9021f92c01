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
import java.util.function.Predicate;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.message.FulmarBytesMessage;
import org.fulmar.jms.message.FulmarMapMessage;
import org.fulmar.jms.message.FulmarMessage;
import org.fulmar.jms.message.FulmarObjectMessage;
import org.fulmar.jms.message.FulmarStreamMessage;
import org.fulmar.jms.message.FulmarTextMessage;
import org.fulmar.protocol.jms.ConsumerPosition;
import org.fulmar.protocol.jms.CreateConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The part of a session that makes things: messages, destinations, producers, consumers and browsers (JMS 3.1, section
 * 6.2); and what an application server uses of a session (section 11.2).
 */
abstract class SessionFactory implements Session {
    private final FulmarConnection connection;
    private final int id;
    private final int mode;
    private final Completions completions;
    private final PendingSends sends;
    private final MessageIds lossyIds = new MessageIds();
    private final MessageIds transactedIds = new MessageIds();
    private final AssignedMessages assigned;

    SessionFactory(FulmarConnection connection, int id, int mode) {
        this.connection = connection;
        this.id = id;
        this.mode = mode;
        this.completions = new Completions(id);
        this.sends = new PendingSends(connection, new MessageIds());
        this.assigned = new AssignedMessages(this, mode);
    }

    abstract FulmarSession session();

    abstract Transactions transactions();

    final FulmarConnection connection() {
        return connection;
    }

    final int id() {
        return id;
    }

    /** The messages that must not be lost, and are not confirmed yet. */
    final PendingSends sends() {
        return sends;
    }

    /** The identifiers of messages that may be lost: the broker does not look for repeats of them. */
    final MessageIds lossyIds() {
        return lossyIds;
    }

    /** The identifiers of messages in transactions, which may reach the broker in another order than they have. */
    final MessageIds transactedIds() {
        return transactedIds;
    }

    final Completions completions() {
        return completions;
    }

    /** What connection consumers have put into this session for its {@link #run}. */
    final AssignedMessages assigned() {
        return assigned;
    }

    abstract void checkOpen() throws JMSException;

    abstract void register(FulmarConsumer consumer);

    abstract boolean hasConsumer(Predicate<FulmarConsumer> such);

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
        return (TemporaryQueue) connection.temporaries().create(true);
    }

    @Override
    public TemporaryTopic createTemporaryTopic() throws JMSException {
        checkOpen();
        return (TemporaryTopic) connection.temporaries().create(false);
    }

    @Override
    public MessageProducer createProducer(@Nullable Destination destination) throws JMSException {
        checkOpen();
        FulmarDestination to = destination == null ? null : FulmarDestination.from(destination);
        if (to != null) {
            // a destination that can't be used is told here, not at the first send
            connection.check(to);
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
        checkOpen();
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
        return subscription(CreateConsumer.Kind.DURABLE, topic, name, selector, noLocal);
    }

    private FulmarConsumer subscription(
            CreateConsumer.Kind kind,
            @Nullable Topic topic,
            @Nullable String name,
            @Nullable String selector,
            boolean noLocal)
            throws JMSException {
        checkOpen();
        FulmarDestination from = FulmarDestination.from(topic);
        if (from.kind().isQueue()) {
            throw new InvalidDestinationException("a subscription is to a topic, not to " + from);
        }
        if (kind.isDurable() && from.kind().isTemporary()) {
            throw new InvalidDestinationException("a durable subscription is to a topic that lasts, not to " + from);
        }
        if (kind == CreateConsumer.Kind.DURABLE && connection.getClientID() == null) {
            throw new IllegalStateException(
                    "a durable subscription needs a connection with a client id; a shared durable one does not");
        }
        if (name == null || name.isEmpty()) {
            throw new JMSException("a subscription needs a name");
        }
        if (!JmsErrors.canBeSent(name)) {
            throw new JMSException("the name of the subscription has an unpaired surrogate");
        }
        return consumer(from, kind, name, selector, noLocal);
    }

    private FulmarConsumer consumer(
            FulmarDestination from,
            CreateConsumer.Kind kind,
            @Nullable String subscription,
            @Nullable String selector,
            boolean noLocal)
            throws JMSException {
        assigned.checkUnused();
        checkOwned(from);
        String used = used(selector);
        connection.check(from);
        FulmarSession session = session();
        FulmarConsumer consumer =
                new FulmarConsumer(session, connection.nextConsumerId(), from, kind, subscription, used, noLocal);
        register(consumer);
        try {
            establish(consumer);
        } catch (JMSException e) {
            session.unregister(consumer);
            throw e;
        }
        return consumer;
    }

    private void establish(FulmarConsumer consumer) throws JMSException {
        Attached[] over = new Attached[1];
        try {
            do {
                connection.call(at -> {
                    int handle = at.handle(consumer.destination());
                    over[0] = at;
                    return at.link().createConsumer(consumer.attach(at.generation(), handle));
                });
                // one that was made over a link that is lost now is made over the next, by nobody else
            } while (!connection.lifeline().whileCurrent(over[0], consumer::established));
        } catch (JMSException e) {
            if (over[0] != null && JmsErrors.mayPass(e)) {
                // nobody waits for the answer any more, but the broker may have it, and give it messages
                over[0].link().closeConsumer(new ConsumerPosition(consumer.id(), 0, 0));
            }
            throw e;
        }
    }

    private void checkOwned(FulmarDestination from) throws JMSException {
        if (from.kind().isTemporary() && !connection.temporaries().contains(from)) {
            throw new InvalidDestinationException("only the connection that made " + from + " may consume from it");
        }
    }

    /** The selector that the broker gets: a blank one is none. */
    private static @Nullable String used(@Nullable String selector) {
        return selector == null || selector.isBlank() ? null : selector;
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name) throws JMSException {
        return createSharedConsumer(topic, name, null);
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        return subscription(CreateConsumer.Kind.SHARED, topic, name, selector, false);
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name) throws JMSException {
        return createSharedDurableConsumer(topic, name, null);
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        return subscription(CreateConsumer.Kind.SHARED_DURABLE, topic, name, selector, false);
    }

    @Override
    public QueueBrowser createBrowser(Queue queue) throws JMSException {
        return createBrowser(queue, null);
    }

    @Override
    public QueueBrowser createBrowser(Queue queue, @Nullable String selector) throws JMSException {
        checkOpen();
        FulmarDestination at = FulmarDestination.from(queue);
        if (!at.kind().isQueue()) {
            throw new InvalidDestinationException("only queues can be browsed, not " + at);
        }
        checkOwned(at);
        FulmarBrowser browser = new FulmarBrowser(session(), at, used(selector));
        browser.check();
        return browser;
    }

    // What needs no session, and what application servers use.

    @Override
    public boolean getTransacted() throws JMSException {
        checkOpen();
        return transactions().isTransacted();
    }

    @Override
    public int getAcknowledgeMode() throws JMSException {
        checkOpen();
        return transactions().isTransacted() ? SESSION_TRANSACTED : mode;
    }

    @Override
    public @Nullable MessageListener getMessageListener() throws JMSException {
        checkOpen();
        return assigned.listener();
    }

    @Override
    public void setMessageListener(@Nullable MessageListener listener) throws JMSException {
        checkOpen();
        if (listener != null && hasConsumer(any -> true)) {
            throw new IllegalStateException(
                    "a session with consumers can't have a message listener; set the listener of a consumer");
        }
        assigned.listener(listener);
    }

    @Override
    public void run() {
        assigned.run();
    }

    @Override
    public void unsubscribe(@Nullable String name) throws JMSException {
        checkOpen();
        if (name == null || name.isEmpty() || !JmsErrors.canBeSent(name)) {
            throw new InvalidDestinationException("no subscription can have the name: " + name);
        }
        int[] tries = new int[1];
        try {
            connection.call(at -> {
                tries[0]++;
                return at.link().unsubscribe(name);
            });
        } catch (InvalidDestinationException e) {
            if (tries[0] < 2) {
                throw e;
            }
            // it was done the first time, and the answer lost
        }
    }
}
