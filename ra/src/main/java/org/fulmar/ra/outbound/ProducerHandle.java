package org.fulmar.ra.outbound;

import jakarta.jms.CompletionListener;
import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueSender;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import jakarta.jms.TopicPublisher;
import org.jspecify.annotations.Nullable;

/** A producer of a session handle, which keeps its settings. Used by the thread that uses the session. */
final class ProducerHandle extends SessionObject<MessageProducer> implements QueueSender, TopicPublisher {
    private final @Nullable Destination destination;
    private int deliveryMode = DeliveryMode.PERSISTENT;
    private int priority = Message.DEFAULT_PRIORITY;
    private long timeToLive;
    private long deliveryDelay;
    private boolean disableMessageId;
    private boolean disableTimestamp;

    ProducerHandle(FulmarSessionHandle handle, @Nullable Destination destination) {
        super(handle, "producer");
        this.destination = destination;
    }

    @Override
    MessageProducer make(Session session) throws JMSException {
        MessageProducer made = session.createProducer(destination);
        made.setDeliveryMode(deliveryMode);
        made.setPriority(priority);
        made.setTimeToLive(timeToLive);
        made.setDeliveryDelay(deliveryDelay);
        made.setDisableMessageID(disableMessageId);
        made.setDisableMessageTimestamp(disableTimestamp);
        return made;
    }

    @Override
    void close(MessageProducer producer) throws JMSException {
        producer.close();
    }

    @Override
    public void send(Message message) throws JMSException {
        object().send(message);
    }

    @Override
    public void send(Message message, int mode, int prio, long ttl) throws JMSException {
        object().send(message, mode, prio, ttl);
    }

    @Override
    public void send(Destination to, Message message) throws JMSException {
        object().send(to, message);
    }

    @Override
    public void send(Destination to, Message message, int mode, int prio, long ttl) throws JMSException {
        object().send(to, message, mode, prio, ttl);
    }

    private static JMSException noCompletion() {
        return Refusals.ofManaged("send with a completion listener", "send in a transaction, which is as quick");
    }

    @Override
    public void send(Message message, @Nullable CompletionListener listener) throws JMSException {
        throw noCompletion();
    }

    @Override
    public void send(Message message, int mode, int prio, long ttl, @Nullable CompletionListener listener)
            throws JMSException {
        throw noCompletion();
    }

    @Override
    public void send(Destination to, Message message, @Nullable CompletionListener listener) throws JMSException {
        throw noCompletion();
    }

    @Override
    public void send(
            Destination to, Message message, int mode, int prio, long ttl, @Nullable CompletionListener listener)
            throws JMSException {
        throw noCompletion();
    }

    @Override
    public void setDisableMessageID(boolean value) throws JMSException {
        object().setDisableMessageID(value);
        disableMessageId = value;
    }

    @Override
    public boolean getDisableMessageID() throws JMSException {
        checkOpen();
        return disableMessageId;
    }

    @Override
    public void setDisableMessageTimestamp(boolean value) throws JMSException {
        object().setDisableMessageTimestamp(value);
        disableTimestamp = value;
    }

    @Override
    public boolean getDisableMessageTimestamp() throws JMSException {
        checkOpen();
        return disableTimestamp;
    }

    @Override
    public void setDeliveryMode(int mode) throws JMSException {
        object().setDeliveryMode(mode);
        deliveryMode = mode;
    }

    @Override
    public int getDeliveryMode() throws JMSException {
        checkOpen();
        return deliveryMode;
    }

    @Override
    public void setPriority(int value) throws JMSException {
        object().setPriority(value);
        priority = value;
    }

    @Override
    public int getPriority() throws JMSException {
        checkOpen();
        return priority;
    }

    @Override
    public void setTimeToLive(long millis) throws JMSException {
        object().setTimeToLive(millis);
        timeToLive = millis;
    }

    @Override
    public long getTimeToLive() throws JMSException {
        checkOpen();
        return timeToLive;
    }

    @Override
    public void setDeliveryDelay(long millis) throws JMSException {
        object().setDeliveryDelay(millis);
        deliveryDelay = millis;
    }

    @Override
    public long getDeliveryDelay() throws JMSException {
        checkOpen();
        return deliveryDelay;
    }

    @Override
    public @Nullable Destination getDestination() throws JMSException {
        return object().getDestination();
    }

    @Override
    public @Nullable Queue getQueue() throws JMSException {
        return ((QueueSender) object()).getQueue();
    }

    @Override
    public @Nullable Topic getTopic() throws JMSException {
        return ((TopicPublisher) object()).getTopic();
    }

    @Override
    public void send(Queue to, Message message) throws JMSException {
        send((Destination) to, message);
    }

    @Override
    public void send(Queue to, Message message, int mode, int prio, long ttl) throws JMSException {
        send((Destination) to, message, mode, prio, ttl);
    }

    @Override
    public void publish(Message message) throws JMSException {
        send(message);
    }

    @Override
    public void publish(Message message, int mode, int prio, long ttl) throws JMSException {
        send(message, mode, prio, ttl);
    }

    @Override
    public void publish(Topic to, Message message) throws JMSException {
        send(to, message);
    }

    @Override
    public void publish(Topic to, Message message, int mode, int prio, long ttl) throws JMSException {
        send(to, message, mode, prio, ttl);
    }
}
