package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageListener;
import jakarta.jms.Queue;
import jakarta.jms.QueueReceiver;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.session.Reading;
import org.fulmar.jms.session.ReadingConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of a session handle. It receives when the connection handle is started; the connection to the broker always
 * is, so messages may be sent ahead to it before. Used by the thread that uses the session; any may close it, which ends
 * a receive that waits.
 */
final class ConsumerHandle extends SessionObject<ReadingConsumer>
        implements QueueReceiver, TopicSubscriber, ReadingConsumer {
    /** How it is made. */
    interface Maker {
        MessageConsumer on(Session session) throws JMSException;
    }

    private final Maker maker;

    ConsumerHandle(FulmarSessionHandle handle, Maker maker) {
        super(handle, "consumer");
        this.maker = maker;
    }

    @Override
    ReadingConsumer make(Session session) throws JMSException {
        return (ReadingConsumer) maker.on(session);
    }

    @Override
    void close(ReadingConsumer consumer) throws JMSException {
        consumer.close();
    }

    @Override
    public @Nullable Message receive() throws JMSException {
        return receive(0);
    }

    @Override
    public @Nullable Message receive(long timeoutMillis) throws JMSException {
        return receive(timeoutMillis, message -> message);
    }

    @Override
    public @Nullable Message receiveNoWait() throws JMSException {
        return receiveNoWait(message -> message);
    }

    @Override
    public <T> @Nullable T receive(long timeoutMillis, Reading<T> reading) throws JMSException {
        checkOpen();
        long begin = System.nanoTime();
        if (!handle().awaitStarted(timeoutMillis, this::isClosed)) {
            return null;
        }
        if (timeoutMillis <= 0) {
            return object().receive(0, reading);
        }
        long left = timeoutMillis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        return left <= 0 ? object().receiveNoWait(reading) : object().receive(left, reading);
    }

    @Override
    public <T> @Nullable T receiveNoWait(Reading<T> reading) throws JMSException {
        checkOpen();
        return handle().isStarted() ? object().receiveNoWait(reading) : null;
    }

    @Override
    public @Nullable String getMessageSelector() throws JMSException {
        return object().getMessageSelector();
    }

    @Override
    public @Nullable MessageListener getMessageListener() throws JMSException {
        throw Refusals.ofServer("getMessageListener");
    }

    @Override
    public void setMessageListener(@Nullable MessageListener listener) throws JMSException {
        throw Refusals.ofServer("setMessageListener");
    }

    @Override
    public @Nullable Topic getTopic() throws JMSException {
        return ((TopicSubscriber) object()).getTopic();
    }

    @Override
    public @Nullable Queue getQueue() throws JMSException {
        return ((QueueReceiver) object()).getQueue();
    }

    @Override
    public boolean getNoLocal() throws JMSException {
        return ((TopicSubscriber) object()).getNoLocal();
    }

    @Override
    public void close() throws JMSException {
        super.close();
        handle().wake();
    }
}
