package org.fulmar.jms.session;

import jakarta.jms.BytesMessage;
import jakarta.jms.ConnectionMetaData;
import jakarta.jms.Destination;
import jakarta.jms.ExceptionListener;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import jakarta.jms.XAJMSContext;
import java.io.Serializable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A context (JMS 3.1, section 6.4): a session of its own on a connection that contexts share. The connection is closed
 * with the last of them. Used by one thread at a time, as its session is.
 */
public class FulmarContext implements JMSContext {
    private final FulmarConnection connection;
    private final FulmarSession session;
    private final AtomicInteger users;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean autoStart = true;

    FulmarContext(FulmarConnection connection, AtomicInteger users, FulmarSession session) {
        this.connection = connection;
        this.session = session;
        this.users = users;
        users.incrementAndGet();
    }

    /** The first context of a connection, which it owns; the connection is closed if the mode is refused. */
    public static JMSContext first(FulmarConnection connection, int sessionMode) {
        return new FulmarContext(
                connection, new AtomicInteger(), firstSession(connection, () -> connection.session(sessionMode)));
    }

    /** The first context of a connection, whose session is a transaction manager's. */
    public static XAJMSContext firstXa(FulmarConnection connection) {
        return new FulmarXaContext(connection, firstSession(connection, connection::xaSession));
    }

    private static FulmarSession firstSession(FulmarConnection connection, Unchecked.Get<FulmarSession> made) {
        try {
            return Unchecked.get(made);
        } catch (RuntimeException e) {
            Unchecked.run(connection::close);
            throw e;
        }
    }

    final FulmarSession session() {
        return session;
    }

    @Override
    public JMSContext createContext(int sessionMode) {
        Session made = Unchecked.get(() -> connection().createSession(sessionMode));
        return new FulmarContext(connection, users, (FulmarSession) made);
    }

    /** The connection, if this context is open: other contexts may still use it when this one is closed. */
    private FulmarConnection connection() throws JMSException {
        session.checkOpen();
        return connection;
    }

    @Override
    public JMSProducer createProducer() {
        return new FulmarJmsProducer(session, Unchecked.get(() -> session.createProducer(null)));
    }

    private JMSConsumer consumer(MessageConsumer made) {
        if (autoStart) {
            Unchecked.run(connection::start);
        }
        return new FulmarJmsConsumer((FulmarConsumer) made);
    }

    @Override
    public JMSConsumer createConsumer(Destination destination) {
        return consumer(Unchecked.get(() -> session.createConsumer(destination)));
    }

    @Override
    public JMSConsumer createConsumer(Destination destination, @Nullable String selector) {
        return consumer(Unchecked.get(() -> session.createConsumer(destination, selector)));
    }

    @Override
    public JMSConsumer createConsumer(Destination destination, @Nullable String selector, boolean noLocal) {
        return consumer(Unchecked.get(() -> session.createConsumer(destination, selector, noLocal)));
    }

    @Override
    public JMSConsumer createDurableConsumer(Topic topic, String name) {
        return consumer(Unchecked.get(() -> session.createDurableConsumer(topic, name)));
    }

    @Override
    public JMSConsumer createDurableConsumer(Topic topic, String name, @Nullable String selector, boolean noLocal) {
        return consumer(Unchecked.get(() -> session.createDurableConsumer(topic, name, selector, noLocal)));
    }

    @Override
    public JMSConsumer createSharedConsumer(Topic topic, String name) {
        return consumer(Unchecked.get(() -> session.createSharedConsumer(topic, name)));
    }

    @Override
    public JMSConsumer createSharedConsumer(Topic topic, String name, @Nullable String selector) {
        return consumer(Unchecked.get(() -> session.createSharedConsumer(topic, name, selector)));
    }

    @Override
    public JMSConsumer createSharedDurableConsumer(Topic topic, String name) {
        return consumer(Unchecked.get(() -> session.createSharedDurableConsumer(topic, name)));
    }

    @Override
    public JMSConsumer createSharedDurableConsumer(Topic topic, String name, @Nullable String selector) {
        return consumer(Unchecked.get(() -> session.createSharedDurableConsumer(topic, name, selector)));
    }

    @Override
    public QueueBrowser createBrowser(Queue queue) {
        return createBrowser(queue, null);
    }

    @Override
    public QueueBrowser createBrowser(Queue queue, @Nullable String selector) {
        QueueBrowser browser = Unchecked.get(() -> session.createBrowser(queue, selector));
        if (autoStart) {
            Unchecked.run(connection::start);
        }
        return browser;
    }

    @Override
    public @Nullable String getClientID() {
        return Unchecked.nullable(() -> connection().getClientID());
    }

    @Override
    public void setClientID(@Nullable String clientId) {
        Unchecked.run(() -> connection().setClientID(clientId));
    }

    @Override
    public ConnectionMetaData getMetaData() {
        return Unchecked.get(() -> connection().getMetaData());
    }

    @Override
    public @Nullable ExceptionListener getExceptionListener() {
        return Unchecked.nullable(() -> connection().getExceptionListener());
    }

    @Override
    public void setExceptionListener(@Nullable ExceptionListener listener) {
        Unchecked.run(() -> connection().setExceptionListener(listener));
    }

    @Override
    public void start() {
        Unchecked.run(() -> connection().start());
    }

    @Override
    public void stop() {
        Unchecked.run(() -> connection().stop());
    }

    @Override
    public void setAutoStart(boolean value) {
        Unchecked.get(this::connection);
        autoStart = value;
    }

    @Override
    public boolean getAutoStart() {
        Unchecked.get(this::connection);
        return autoStart;
    }

    @Override
    public void close() {
        if (!closed.get()) {
            Unchecked.run(() -> {
                session.completions().checkNotInCallback();
                session.checkNotInListener("close the context");
            });
        }
        if (closed.compareAndSet(false, true)) {
            try {
                Unchecked.run(session::close);
            } finally {
                if (users.decrementAndGet() == 0) {
                    Unchecked.run(connection::close);
                }
            }
        }
    }

    @Override
    public BytesMessage createBytesMessage() {
        return Unchecked.get(session::createBytesMessage);
    }

    @Override
    public MapMessage createMapMessage() {
        return Unchecked.get(session::createMapMessage);
    }

    @Override
    public Message createMessage() {
        return Unchecked.get(session::createMessage);
    }

    @Override
    public ObjectMessage createObjectMessage() {
        return Unchecked.get(() -> session.createObjectMessage());
    }

    @Override
    public ObjectMessage createObjectMessage(@Nullable Serializable object) {
        return Unchecked.get(() -> session.createObjectMessage(object));
    }

    @Override
    public StreamMessage createStreamMessage() {
        return Unchecked.get(session::createStreamMessage);
    }

    @Override
    public TextMessage createTextMessage() {
        return Unchecked.get(() -> session.createTextMessage());
    }

    @Override
    public TextMessage createTextMessage(@Nullable String text) {
        return Unchecked.get(() -> session.createTextMessage(text));
    }

    @Override
    public boolean getTransacted() {
        return Unchecked.get(session::getTransacted);
    }

    @Override
    public int getSessionMode() {
        return Unchecked.get(session::getAcknowledgeMode);
    }

    @Override
    public void commit() {
        Unchecked.run(session::commit);
    }

    @Override
    public void rollback() {
        Unchecked.run(session::rollback);
    }

    @Override
    public void recover() {
        Unchecked.run(session::recover);
    }

    @Override
    public Queue createQueue(String name) {
        return Unchecked.get(() -> session.createQueue(name));
    }

    @Override
    public Topic createTopic(String name) {
        return Unchecked.get(() -> session.createTopic(name));
    }

    @Override
    public TemporaryQueue createTemporaryQueue() {
        return Unchecked.get(session::createTemporaryQueue);
    }

    @Override
    public TemporaryTopic createTemporaryTopic() {
        return Unchecked.get(session::createTemporaryTopic);
    }

    @Override
    public void unsubscribe(String name) {
        Unchecked.run(() -> session.unsubscribe(name));
    }

    /** Section 6.2.10: acknowledges what the session has handed out, in CLIENT_ACKNOWLEDGE; else does nothing. */
    @Override
    public void acknowledge() {
        Unchecked.run(session::acknowledge);
    }
}
