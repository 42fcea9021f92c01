package org.fulmar.jms.session;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageListener;
import org.jspecify.annotations.Nullable;

/** A consumer of the simplified API (JMS 3.1, section 8): a consumer, with unchecked exceptions. */
public final class FulmarJmsConsumer implements JMSConsumer {
    private final ReadingConsumer consumer;

    public FulmarJmsConsumer(ReadingConsumer consumer) {
        this.consumer = consumer;
    }

    @Override
    public @Nullable String getMessageSelector() {
        return Unchecked.nullable(consumer::getMessageSelector);
    }

    @Override
    public @Nullable MessageListener getMessageListener() {
        return Unchecked.nullable(consumer::getMessageListener);
    }

    @Override
    public void setMessageListener(@Nullable MessageListener listener) {
        Unchecked.run(() -> consumer.setMessageListener(listener));
    }

    @Override
    public @Nullable Message receive() {
        return Unchecked.nullable(consumer::receive);
    }

    @Override
    public @Nullable Message receive(long timeoutMillis) {
        return Unchecked.nullable(() -> consumer.receive(timeoutMillis));
    }

    @Override
    public @Nullable Message receiveNoWait() {
        return Unchecked.nullable(consumer::receiveNoWait);
    }

    @Override
    public <T> @Nullable T receiveBody(Class<T> type) {
        return Unchecked.nullable(() -> consumer.receive(0, message -> body(message, type)));
    }

    @Override
    public <T> @Nullable T receiveBody(Class<T> type, long timeoutMillis) {
        return Unchecked.nullable(() -> consumer.receive(timeoutMillis, message -> body(message, type)));
    }

    @Override
    public <T> @Nullable T receiveBodyNoWait(Class<T> type) {
        return Unchecked.nullable(() -> consumer.receiveNoWait(message -> body(message, type)));
    }

    private static <T> T body(Message message, Class<T> type) throws JMSException {
        T body = message.getBody(type);
        if (body == null) {
            throw new MessageFormatException("the message has no body; receive it as a message");
        }
        return body;
    }

    @Override
    public void close() {
        Unchecked.run(consumer::close);
    }
}
