package org.fulmar.jms.kill;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.ExceptionListener;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageListener;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.kill.HistoryEvent.Kind;

/**
 * One connection with one session and one consumer, from opening to loss or close, and its record.
 *
 * <p>Opened, used and closed by its worker's thread; {@link #onMessage} runs on the provider's thread of the session
 * and {@link #onException} on any. What the application has not been told is acknowledged is not recorded as such:
 * with AUTO the hand-over of the next message confirms the one before and a close without error the last; with CLIENT
 * the return of {@code acknowledge()} confirms all so far. A message that came is in the history before anything else
 * is done with it. Some sessions take their time over each message, so that kills meet full buffers and busy
 * listeners too.
 */
final class ConsumerSession implements MessageListener, ExceptionListener {

    private static final long RECEIVE_MILLIS = 100;
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final int LARGEST_BATCH = 10;
    private static final long[] MICROS_PER_MESSAGE = {0, 0, 1_000, 3_000};

    private final int number;
    private final Channel channel;
    private final Mode mode;
    private final Random random;
    private final ConsumerWorker worker;
    private final long microsPerMessage;
    private final CountDownLatch lost = new CountDownLatch(1);
    /** Handed over and not confirmed, oldest first; guarded by this object. */
    private final List<MessageId> unconfirmed = new ArrayList<>();

    private Connection connection;
    private Session session;
    private MessageConsumer consumer;
    private Message lastReceived;
    private volatile boolean open;

    /** How messages are taken and acknowledged. */
    enum Mode {
        AUTO_RECEIVE(Session.AUTO_ACKNOWLEDGE),
        AUTO_LISTENER(Session.AUTO_ACKNOWLEDGE),
        CLIENT_RECEIVE(Session.CLIENT_ACKNOWLEDGE);

        private final int acknowledgement;

        Mode(int acknowledgement) {
            this.acknowledgement = acknowledgement;
        }
    }

    ConsumerSession(int number, Channel channel, Mode mode, Random random, ConsumerWorker worker) {
        this.number = number;
        this.channel = channel;
        this.mode = mode;
        this.random = random;
        this.worker = worker;
        this.microsPerMessage = MICROS_PER_MESSAGE[random.nextInt(MICROS_PER_MESSAGE.length)];
    }

    void open(ConnectionFactory factory, String clientId) throws JMSException {
        connection = factory.createConnection();
        if (channel.isSubscription()) {
            connection.setClientID(clientId);
        }
        connection.setExceptionListener(this);
        session = connection.createSession(false, mode.acknowledgement);
        consumer = channel.isSubscription()
                ? session.createDurableConsumer(session.createTopic(channel.destination()), channel.subscription())
                : session.createConsumer(session.createQueue(channel.destination()));
        record(Kind.SESSION_OPENED);
        open = true;
        if (mode == Mode.AUTO_LISTENER) {
            consumer.setMessageListener(this);
        }
    }

    /** Starts the connection; returns when the signal is set or the connection is lost. */
    void consume(StopSignal stop) throws JMSException {
        try {
            connection.start();
            if (mode == Mode.AUTO_LISTENER) {
                awaitLossOr(stop);
            } else {
                receive(stop);
            }
        } catch (JMSException | RuntimeException e) {
            onLoss(System.nanoTime());
            throw e;
        }
    }

    /**
     * After the exception listener was told, it goes on until {@code receive()} gives nothing more: what comes then
     * is recorded, and is a fault.
     */
    private void receive(StopSignal stop) throws JMSException {
        int batch = 1 + random.nextInt(LARGEST_BATCH);
        while (!stop.isSet()) {
            long called = System.nanoTime();
            Message message = consumer.receive(RECEIVE_MILLIS);
            if (message != null) {
                handedOver(message, System.nanoTime(), called);
                work();
            } else if (isLost()) {
                return;
            }
            boolean due = mode == Mode.CLIENT_RECEIVE && (message == null || unconfirmedCount() >= batch);
            if (due && unconfirmedCount() > 0) {
                acknowledge(message);
                batch = 1 + random.nextInt(LARGEST_BATCH);
            }
        }
    }

    private void acknowledge(Message message) throws JMSException {
        (message == null ? lastReceived : message).acknowledge();
        confirmAll();
    }

    /**
     * Stays for a moment after a loss before the close, so that a listener that is fed from a dead connection shows.
     */
    private void awaitLossOr(StopSignal stop) {
        while (!stop.isSet() && !isLost()) {
            stop.awaitMillis(RECEIVE_MILLIS / 4);
        }
        if (isLost()) {
            stop.awaitNanos(LINGER_NANOS);
        }
    }

    @Override
    public void onMessage(Message message) {
        long now = System.nanoTime();
        worker.write(HistoryEvent.session(Kind.LISTENER_FED, now, number, channel));
        try {
            handedOver(message, now, 0);
            work();
        } catch (JMSException | RuntimeException e) {
            worker.brokenBy(e);
        }
        record(Kind.LISTENER_DONE);
    }

    private void work() {
        if (microsPerMessage > 0) {
            worker.stopSignal().awaitNanos(TimeUnit.MICROSECONDS.toNanos(microsPerMessage));
        }
    }

    private synchronized void handedOver(Message message, long now, long called) throws JMSException {
        MessageId id = LoadMessage.id(message, channel);
        worker.write(new HistoryEvent(
                Kind.RECEIVED,
                now,
                number,
                channel,
                id.producer(),
                id.seq(),
                LoadMessage.checksum(message),
                message.getJMSRedelivered(),
                LoadMessage.deliveryCount(message),
                called));
        if (mode != Mode.CLIENT_RECEIVE) {
            confirmAll();
        }
        lastReceived = message;
        unconfirmed.add(id);
        worker.received(id);
    }

    private synchronized void confirmAll() {
        long now = System.nanoTime();
        unconfirmed.forEach(id -> worker.write(HistoryEvent.acknowledged(now, number, channel, id)));
        unconfirmed.clear();
    }

    private synchronized int unconfirmedCount() {
        return unconfirmed.size();
    }

    @Override
    public void onException(JMSException e) {
        onLoss(System.nanoTime());
    }

    private void onLoss(long now) {
        if (open) {
            worker.write(HistoryEvent.session(Kind.CONNECTION_LOST, now, number, channel));
        }
        lost.countDown();
    }

    private boolean isLost() {
        return lost.getCount() == 0;
    }

    /**
     * Closes whatever is open. If that is the normal end of a live session, it confirms what AUTO handed over last.
     */
    void close() throws JMSException {
        if (connection == null) {
            return;
        }
        if (open) {
            record(Kind.SESSION_CLOSING);
        }
        try {
            if (open && !isLost()) {
                closeInOrder();
            }
        } finally {
            connection.close();
            if (open) {
                record(Kind.SESSION_CLOSED);
            }
        }
    }

    private void closeInOrder() throws JMSException {
        if (mode == Mode.CLIENT_RECEIVE && unconfirmedCount() > 0) {
            acknowledge(null);
        }
        consumer.close();
        session.close();
        if (mode != Mode.CLIENT_RECEIVE && !isLost()) {
            confirmAll();
        }
    }

    private void record(Kind kind) {
        worker.write(HistoryEvent.session(kind, System.nanoTime(), number, channel));
    }
}
