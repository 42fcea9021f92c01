package org.fulmar.ra.outbound;

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
import jakarta.jms.TransactionInProgressException;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ManagedConnection;
import java.io.Serializable;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.ra.connection.Failures;
import org.jspecify.annotations.Nullable;

/**
 * A session inside of a server (JMS 3.1, section 12.3): works with whichever session of its managed connection belongs to
 * the transaction that is under way. When the server has taken the managed connection away, it asks for another.
 *
 * <p>Used by one thread at a time; any may close it. It is not final, as servers make subclasses of it, whose fields are
 * empty: nothing but its public methods may be called from outside.
 */
public class FulmarSessionHandle implements SessionHandle {
    private final Set<SessionPart> parts = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable FulmarManagedConnection managed;
    private volatile @Nullable ConnectionHandle connection;
    /** Whether the application commits what it does outside of the server's transactions. */
    private boolean own;

    private int mode = Session.AUTO_ACKNOWLEDGE;

    FulmarSessionHandle(FulmarManagedConnection managed) {
        this.managed = managed;
    }

    // With its connection and its managed connection.

    @Override
    public void belongTo(ConnectionHandle to, boolean transacted, int acknowledgeMode) throws JMSException {
        FulmarManagedConnection at = managed();
        if (!at.isInTransaction()
                && !transacted
                && (acknowledgeMode < Session.AUTO_ACKNOWLEDGE || acknowledgeMode > Session.DUPS_OK_ACKNOWLEDGE)) {
            throw new JMSException("a session that is not transacted has no acknowledge mode " + acknowledgeMode);
        }
        connection = to;
        boolean served = at.isInTransaction();
        own = !served && transacted && at.factory().allowsLocalTransactions();
        mode = !served && !transacted && acknowledgeMode == Session.DUPS_OK_ACKNOWLEDGE
                ? Session.DUPS_OK_ACKNOWLEDGE
                : Session.AUTO_ACKNOWLEDGE;
    }

    @Override
    public void associate(ManagedConnection to) throws ResourceException {
        if (closed.get()) {
            throw new jakarta.resource.spi.IllegalStateException("the connection handle is closed");
        }
        if (!(to instanceof FulmarManagedConnection ours)) {
            throw new ResourceException("not a managed connection of this adapter: " + to);
        }
        FulmarManagedConnection from = managed;
        if (from == ours) {
            return;
        }
        if (from != null && own && from.isWorkingLocally()) {
            throw new jakarta.resource.spi.IllegalStateException("the application has a local transaction under way");
        }
        ours.add(this);
        managed = ours;
        if (from != null) {
            from.remove(this);
            try {
                suspendParts();
            } catch (JMSException e) {
                throw Failures.resource("the connection handle is not moved in good order", e);
            }
        }
    }

    /** Its managed connection is taken away, until it is used again. */
    final void dissociate() throws JMSException {
        managed = null;
        suspendParts();
    }

    private void suspendParts() throws JMSException {
        Closing closing = new Closing();
        parts.forEach(part -> closing.then(part::suspend));
        closing.end();
    }

    /** Its managed connection is another's now: it is closed, with all that it has made. */
    final void invalidate() throws JMSException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        ConnectionHandle of = connection;
        managed = null;
        Closing closing = new Closing();
        closeParts(closing);
        if (of != null) {
            closing.then(of::deleteTemporaries);
            of.sessionClosed();
        }
        closing.end();
    }

    private void closeParts(Closing closing) {
        parts.forEach(part -> closing.then(part::close));
        connection = null;
    }

    @Override
    public void close() throws JMSException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        ConnectionHandle of = connection;
        FulmarManagedConnection at = managed;
        Closing closing = new Closing();
        closeParts(closing);
        managed = null;
        if (at != null) {
            if (own) {
                closing.then(() -> at.end(false));
            }
            if (of != null && of.isClosed()) {
                closing.then(of::deleteTemporaries);
            }
            at.closed(this);
        } else if (of != null) {
            of.closedInactive(this);
        }
        if (of != null) {
            of.sessionClosed();
        }
        closing.end();
    }

    final void checkOpen() throws JMSException {
        if (closed.get()) {
            throw new IllegalStateException("the session is closed");
        }
    }

    private FulmarManagedConnection managed() throws JMSException {
        checkOpen();
        FulmarManagedConnection there = managed;
        if (there != null) {
            return there;
        }
        ConnectionHandle of = connection;
        if (of != null) {
            of.associate(this);
            there = managed;
        }
        if (there == null) {
            throw new IllegalStateException("the session has no managed connection");
        }
        return there;
    }

    /** The session to work with now. */
    final Session session() throws JMSException {
        return managed().session(own);
    }

    /** One to make things with that belong to no transaction. */
    private Session plain() throws JMSException {
        return managed().plain();
    }

    final void remove(SessionPart part) {
        parts.remove(part);
    }

    /** As {@link ConnectionHandle#awaitStarted}. */
    final boolean awaitStarted(long timeoutMillis, BooleanSupplier givenUp) throws JMSException {
        ConnectionHandle of = connection;
        return of == null ? !closed.get() : of.awaitStarted(timeoutMillis, givenUp);
    }

    final boolean isStarted() {
        ConnectionHandle of = connection;
        return of == null || of.isStarted();
    }

    final void wake() {
        ConnectionHandle of = connection;
        if (of != null) {
            of.wake();
        }
    }

    // What it makes.

    /** One that has something at the broker, or must end with the session. */
    private <P extends SessionObject<?>> P made(P part) throws JMSException {
        parts.add(part);
        boolean there = false;
        try {
            // what can't be used is told now
            part.object();
            there = true;
            return part;
        } finally {
            if (!there) {
                parts.remove(part);
            }
        }
    }

    private ConsumerHandle consumer(@Nullable Destination from, boolean noLocal, ConsumerHandle.Maker maker)
            throws JMSException {
        checkOwned(from);
        if (noLocal && from instanceof Topic) {
            checkNoLocal();
        }
        return made(new ConsumerHandle(this, maker));
    }

    /** On a connection that others share, their messages would count as local. */
    private void checkNoLocal() throws JMSException {
        FulmarManagedConnectionFactory factory = managed().factory();
        ConnectionHandle of = connection;
        if (factory.shares() && (of == null || of.getClientID() == null)) {
            throw new JMSException(
                    "noLocal would keep back messages of others, too, as they share the connection to the"
                            + " broker: set the property shareConnection of the connection factory to false");
        }
    }

    private void checkOwned(@Nullable Destination from) throws JMSException {
        checkOpen();
        if (from instanceof TemporaryQueue || from instanceof TemporaryTopic) {
            ConnectionHandle of = connection;
            FulmarDestination ours = FulmarDestination.from(from);
            if (of == null || !of.owns(ours)) {
                throw new InvalidDestinationException("only the connection that made " + ours + " may consume from it");
            }
        }
    }

    @Override
    public MessageProducer createProducer(@Nullable Destination destination) throws JMSException {
        ProducerHandle made = new ProducerHandle(this, destination);
        // a destination that can't be used is told now; producers have nothing at the broker, and need no closing
        made.object();
        return made;
    }

    @Override
    public MessageConsumer createConsumer(Destination from) throws JMSException {
        return consumer(from, false, session -> session.createConsumer(from));
    }

    @Override
    public MessageConsumer createConsumer(Destination from, @Nullable String selector) throws JMSException {
        return consumer(from, false, session -> session.createConsumer(from, selector));
    }

    @Override
    public MessageConsumer createConsumer(Destination from, @Nullable String selector, boolean noLocal)
            throws JMSException {
        return consumer(from, noLocal, session -> session.createConsumer(from, selector, noLocal));
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name) throws JMSException {
        return consumer(topic, false, session -> session.createSharedConsumer(topic, name));
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        return consumer(topic, false, session -> session.createSharedConsumer(topic, name, selector));
    }

    @Override
    public TopicSubscriber createDurableSubscriber(Topic topic, String name) throws JMSException {
        return consumer(topic, false, session -> session.createDurableSubscriber(topic, name));
    }

    @Override
    public TopicSubscriber createDurableSubscriber(Topic topic, String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        return consumer(topic, noLocal, session -> session.createDurableSubscriber(topic, name, selector, noLocal));
    }

    @Override
    public MessageConsumer createDurableConsumer(Topic topic, String name) throws JMSException {
        return consumer(topic, false, session -> session.createDurableConsumer(topic, name));
    }

    @Override
    public MessageConsumer createDurableConsumer(Topic topic, String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        return consumer(topic, noLocal, session -> session.createDurableConsumer(topic, name, selector, noLocal));
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name) throws JMSException {
        return consumer(topic, false, session -> session.createSharedDurableConsumer(topic, name));
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        return consumer(topic, false, session -> session.createSharedDurableConsumer(topic, name, selector));
    }

    @Override
    public QueueBrowser createBrowser(Queue queue) throws JMSException {
        return createBrowser(queue, null);
    }

    @Override
    public QueueBrowser createBrowser(Queue queue, @Nullable String selector) throws JMSException {
        checkOwned(queue);
        return made(new BrowserHandle(this, queue, selector));
    }

    @Override
    public TemporaryQueue createTemporaryQueue() throws JMSException {
        FulmarManagedConnection at = managed();
        TemporaryQueue made = at.plain().createTemporaryQueue();
        added(made, at);
        return made;
    }

    @Override
    public TemporaryTopic createTemporaryTopic() throws JMSException {
        FulmarManagedConnection at = managed();
        TemporaryTopic made = at.plain().createTemporaryTopic();
        added(made, at);
        return made;
    }

    private void added(Destination temporary, FulmarManagedConnection at) throws JMSException {
        ConnectionHandle of = connection;
        if (of != null) {
            of.add(FulmarDestination.from(temporary), at);
        }
    }

    @Override
    public Queue createQueue(@Nullable String name) throws JMSException {
        return plain().createQueue(name);
    }

    @Override
    public Topic createTopic(@Nullable String name) throws JMSException {
        return plain().createTopic(name);
    }

    @Override
    public void unsubscribe(String name) throws JMSException {
        plain().unsubscribe(name);
    }

    @Override
    public BytesMessage createBytesMessage() throws JMSException {
        return plain().createBytesMessage();
    }

    @Override
    public MapMessage createMapMessage() throws JMSException {
        return plain().createMapMessage();
    }

    @Override
    public Message createMessage() throws JMSException {
        return plain().createMessage();
    }

    @Override
    public ObjectMessage createObjectMessage() throws JMSException {
        return plain().createObjectMessage();
    }

    @Override
    public ObjectMessage createObjectMessage(@Nullable Serializable object) throws JMSException {
        return plain().createObjectMessage(object);
    }

    @Override
    public StreamMessage createStreamMessage() throws JMSException {
        return plain().createStreamMessage();
    }

    @Override
    public TextMessage createTextMessage() throws JMSException {
        return plain().createTextMessage();
    }

    @Override
    public TextMessage createTextMessage(@Nullable String text) throws JMSException {
        return plain().createTextMessage(text);
    }

    // Transactions and acknowledgement.

    @Override
    public boolean getTransacted() throws JMSException {
        return managed().isInTransaction() || own;
    }

    @Override
    public int getAcknowledgeMode() throws JMSException {
        return getTransacted() ? Session.SESSION_TRANSACTED : mode;
    }

    @Override
    public void commit() throws JMSException {
        end(true);
    }

    @Override
    public void rollback() throws JMSException {
        end(false);
    }

    private void end(boolean commit) throws JMSException {
        FulmarManagedConnection at = managed();
        if (at.isInTransaction()) {
            throw new TransactionInProgressException("the server ends the transaction that the session belongs to");
        }
        if (!own) {
            throw new IllegalStateException("the session is not transacted");
        }
        at.end(commit);
    }

    /** All that was received is acknowledged in the modes that there are. */
    @Override
    public void recover() throws JMSException {
        if (getTransacted()) {
            throw new IllegalStateException("a transacted session is not recovered, but rolled back");
        }
    }

    @Override
    public @Nullable MessageListener getMessageListener() throws JMSException {
        throw Refusals.ofServer("Session.getMessageListener");
    }

    @Override
    public void setMessageListener(@Nullable MessageListener listener) throws JMSException {
        throw Refusals.ofServer("Session.setMessageListener");
    }

    @Override
    public void run() {
        throw Refusals.unchecked(Refusals.ofServer("Session.run"));
    }
}
