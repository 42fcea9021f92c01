package org.fulmar.jms.session;

import jakarta.jms.CompletionListener;
import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import jakarta.jms.Queue;
import jakarta.jms.QueueSender;
import jakarta.jms.Topic;
import jakarta.jms.TopicPublisher;
import java.util.concurrent.CompletableFuture;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.message.ForeignMessages;
import org.fulmar.jms.message.FulmarBytesMessage;
import org.fulmar.jms.message.FulmarMessage;
import org.fulmar.jms.message.MessageMapping;
import org.fulmar.jms.message.Sender;
import org.fulmar.jms.message.WireMessage;
import org.jspecify.annotations.Nullable;

/**
 * A producer (JMS 3.1, section 7). Used by the thread that uses its session.
 *
 * <p>When the send of a persistent message returns, the message is as durable as the broker's flush policy promises, once,
 * also if the connection was lost meanwhile; if it throws because the broker was not found again in time, the broker may
 * have the message or not. A non-persistent message is on its way when the send returns. A message with a delivery delay is kept by the broker until it is due.
 * In a transaction a message is taken in when its send returns, and its completion listener is told so.
 */
final class FulmarProducer implements QueueSender, TopicPublisher {
    /** The longest delivery delay that brokers keep. */
    static final long MAX_DELAY_MILLIS = 40L * 24 * 60 * 60 * 1000;

    private final FulmarSession session;
    private final FulmarConnection connection;
    private final @Nullable FulmarDestination destination;
    private int deliveryMode = DeliveryMode.PERSISTENT;
    private int priority = Message.DEFAULT_PRIORITY;
    private long timeToLive;
    private long deliveryDelay;
    private boolean disableMessageId;
    private boolean disableTimestamp;
    private volatile boolean closed;

    FulmarProducer(FulmarSession session, @Nullable FulmarDestination destination) {
        this.session = session;
        this.connection = session.connection();
        this.destination = destination;
    }

    private void checkOpen() throws JMSException {
        if (closed) {
            throw new IllegalStateException("the producer is closed");
        }
        session.checkOpen();
    }

    private FulmarDestination own() throws JMSException {
        checkOpen();
        if (destination == null) {
            throw new UnsupportedOperationException("the producer has no destination: name one with the send");
        }
        return destination;
    }

    private FulmarDestination given(@Nullable Destination to) throws JMSException {
        checkOpen();
        if (destination != null) {
            throw new UnsupportedOperationException("the producer sends to " + destination + " alone");
        }
        if (to == null) {
            throw new InvalidDestinationException("no destination is given");
        }
        return FulmarDestination.from(to);
    }

    @Override
    public void send(Message message) throws JMSException {
        send(own(), message, deliveryMode, priority, timeToLive, null);
    }

    @Override
    public void send(Message message, int mode, int prio, long ttl) throws JMSException {
        send(own(), message, mode, prio, ttl, null);
    }

    @Override
    public void send(Destination to, Message message) throws JMSException {
        send(given(to), message, deliveryMode, priority, timeToLive, null);
    }

    @Override
    public void send(Destination to, Message message, int mode, int prio, long ttl) throws JMSException {
        send(given(to), message, mode, prio, ttl, null);
    }

    @Override
    public void send(Message message, CompletionListener listener) throws JMSException {
        send(own(), message, deliveryMode, priority, timeToLive, checked(listener));
    }

    @Override
    public void send(Message message, int mode, int prio, long ttl, CompletionListener listener) throws JMSException {
        send(own(), message, mode, prio, ttl, checked(listener));
    }

    @Override
    public void send(Destination to, Message message, CompletionListener listener) throws JMSException {
        send(given(to), message, deliveryMode, priority, timeToLive, checked(listener));
    }

    @Override
    public void send(Destination to, Message message, int mode, int prio, long ttl, CompletionListener listener)
            throws JMSException {
        send(given(to), message, mode, prio, ttl, checked(listener));
    }

    private static CompletionListener checked(@Nullable CompletionListener listener) {
        if (listener == null) {
            throw new IllegalArgumentException("no completion listener is given");
        }
        return listener;
    }

    private void send(
            FulmarDestination to,
            @Nullable Message message,
            int mode,
            int prio,
            long ttl,
            @Nullable CompletionListener listener)
            throws JMSException {
        if (message == null) {
            throw new MessageFormatException("no message is given");
        }
        checkMode(mode);
        checkPriority(prio);
        checkTimeToLive(ttl);
        FulmarMessage ours = message instanceof FulmarMessage own
                ? own
                : ForeignMessages.copyOf(message, connection.options().deserialization());
        connection.check(to);
        Transaction transaction = session.transactions().current();
        if (transaction != null) {
            transaction.send(to, session.transactedIds(), id -> prepared(ours, message, to, mode, prio, ttl, id));
            if (listener != null) {
                sendAsync(CompletableFuture.completedFuture(null), message, listener);
            }
            return;
        }
        if (listener == null && mode == DeliveryMode.NON_PERSISTENT) {
            MessageIds ids = session.lossyIds();
            connection.sendOneWay(to, prepared(ours, message, to, mode, prio, ttl, ids.id(ids.next())));
            return;
        }
        PendingSends sends = session.sends();
        CompletableFuture<Void> done;
        synchronized (sends) {
            long sequence = sends.ids().next();
            String id = sends.ids().id(sequence);
            done = sends.add(to, prepared(ours, message, to, mode, prio, ttl, id), sequence);
        }
        sends.go();
        if (listener == null) {
            JmsErrors.await(done);
        } else {
            sendAsync(done, message, listener);
        }
    }

    /** Stamps the message and gives its form on the wire. */
    private WireMessage prepared(
            FulmarMessage ours, Message given, FulmarDestination to, int mode, int prio, long ttl, String id)
            throws JMSException {
        stamp(ours, to, mode, prio, ttl, id);
        if (ours != given) {
            ForeignMessages.copySentHeaders(ours, given);
        }
        Sender sender = to.kind().isQueue() ? connection.sender().unnamed() : connection.sender();
        WireMessage wire =
                MessageMapping.toWire(ours, sender).deliveredAt(deliveryDelay == 0 ? 0 : ours.getJMSDeliveryTime());
        Attached at = connection.attached();
        int most = at == null ? Integer.MAX_VALUE : at.link().broker().maxMessageBytes();
        if (wire.body().length > most) {
            throw new JMSException("a message body of " + wire.body().length + " bytes; the broker takes at most "
                    + most + " (option maxMessageSize)");
        }
        return wire;
    }

    private void sendAsync(CompletableFuture<Void> answer, Message message, CompletionListener listener)
            throws JMSException {
        if (message instanceof FulmarBytesMessage bytes) {
            bytes.reset();
        }
        try {
            session.completions().add(answer, this, message, listener);
        } catch (InterruptedException e) {
            throw JmsErrors.interrupted(e);
        }
    }

    private static void checkMode(int mode) throws JMSException {
        if (mode != DeliveryMode.PERSISTENT && mode != DeliveryMode.NON_PERSISTENT) {
            throw new JMSException("no delivery mode: " + mode);
        }
    }

    private static void checkPriority(int prio) throws JMSException {
        if (prio < 0 || prio > 9) {
            throw new JMSException("a priority is 0 to 9, not " + prio);
        }
    }

    private static void checkTimeToLive(long ttl) throws JMSException {
        if (ttl < 0) {
            throw new JMSException("a time to live is not negative: " + ttl);
        }
    }

    /** Sets the headers that a send sets (JMS 3.1, table 3-1). */
    private void stamp(FulmarMessage message, FulmarDestination to, int mode, int prio, long ttl, String id)
            throws JMSException {
        long now = connection.now();
        message.setJMSDestination(to);
        message.setJMSDeliveryMode(mode);
        message.setJMSPriority(prio);
        message.setJMSMessageID(id);
        message.setJMSTimestamp(disableTimestamp ? 0 : now);
        message.setJMSDeliveryTime(now + deliveryDelay);
        // one that is farther away than numbers go is the last of them
        message.setJMSExpiration(ttl == 0 ? 0 : ttl > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + ttl);
    }

    @Override
    public void setDisableMessageID(boolean value) throws JMSException {
        checkOpen();
        // a hint, which is not taken: identifiers make messages findable
        disableMessageId = value;
    }

    @Override
    public boolean getDisableMessageID() throws JMSException {
        checkOpen();
        return disableMessageId;
    }

    @Override
    public void setDisableMessageTimestamp(boolean value) throws JMSException {
        checkOpen();
        disableTimestamp = value;
    }

    @Override
    public boolean getDisableMessageTimestamp() throws JMSException {
        checkOpen();
        return disableTimestamp;
    }

    @Override
    public void setDeliveryMode(int mode) throws JMSException {
        checkOpen();
        checkMode(mode);
        deliveryMode = mode;
    }

    @Override
    public int getDeliveryMode() throws JMSException {
        checkOpen();
        return deliveryMode;
    }

    @Override
    public void setPriority(int value) throws JMSException {
        checkOpen();
        checkPriority(value);
        priority = value;
    }

    @Override
    public int getPriority() throws JMSException {
        checkOpen();
        return priority;
    }

    @Override
    public void setTimeToLive(long millis) throws JMSException {
        checkOpen();
        checkTimeToLive(millis);
        timeToLive = millis;
    }

    @Override
    public long getTimeToLive() throws JMSException {
        checkOpen();
        return timeToLive;
    }

    @Override
    public void setDeliveryDelay(long millis) throws JMSException {
        checkOpen();
        if (millis < 0 || millis > MAX_DELAY_MILLIS) {
            throw new JMSException(
                    "a delivery delay is 0 to " + MAX_DELAY_MILLIS + " ms, which is 40 days, not " + millis);
        }
        deliveryDelay = millis;
    }

    @Override
    public long getDeliveryDelay() throws JMSException {
        checkOpen();
        return deliveryDelay;
    }

    @Override
    public @Nullable Destination getDestination() throws JMSException {
        checkOpen();
        return destination;
    }

    // The same for one domain.

    @Override
    public @Nullable Queue getQueue() throws JMSException {
        Destination to = getDestination();
        if (to instanceof Topic) {
            throw new IllegalStateException(to + " is no queue");
        }
        return (Queue) to;
    }

    @Override
    public @Nullable Topic getTopic() throws JMSException {
        Destination to = getDestination();
        if (to instanceof Queue) {
            throw new IllegalStateException(to + " is no topic");
        }
        return (Topic) to;
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

    /** Section 7.3.5: waits for the completion listeners of its sends. */
    @Override
    public void close() throws JMSException {
        session.completions().close(this);
        closed = true;
    }
}
