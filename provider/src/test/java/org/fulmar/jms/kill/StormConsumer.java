package org.fulmar.jms.kill;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Receives with one consumer, which it never makes again, in one of four ways.
 *
 * <p>Its own thread receives, or waits while the provider's feeds the listener. Where acknowledging is its own business
 * it does so in batches; that an {@code acknowledge()} is refused because the connection was lost is the one thing that
 * may fail: what it was for comes again.
 */
final class StormConsumer extends StormWorker {
    private static final long RECEIVE_MILLIS = 100;
    private static final int LARGEST_BATCH = 10;
    private static final int[] MICROS_PER_MESSAGE = {0, 0, 500, 1_500};

    private final Way way;
    private final Random random;
    private final MessageConsumer consumer;
    private final StormReceipts receipts;
    private final int microsPerMessage;
    private Message last;

    /** How messages are taken and acknowledged. */
    enum Way {
        AUTO_RECEIVE(Session.AUTO_ACKNOWLEDGE),
        AUTO_LISTENER(Session.AUTO_ACKNOWLEDGE),
        CLIENT_RECEIVE(Session.CLIENT_ACKNOWLEDGE),
        CLIENT_LISTENER(Session.CLIENT_ACKNOWLEDGE);

        private final int mode;

        Way(int mode) {
            this.mode = mode;
        }

        int mode() {
            return mode;
        }

        private boolean isListener() {
            return this == AUTO_LISTENER || this == CLIENT_LISTENER;
        }
    }

    /** What a consumer is made of. */
    interface Source {
        MessageConsumer on(Session session) throws JMSException;
    }

    /** What is received, by which rules it is judged, and with what the consumer was told to choose. */
    record Subject(StormTraffic traffic, Channel channel, String selector) {}

    StormConsumer(
            String name,
            Subject subject,
            Way way,
            long seed,
            Connection connection,
            Source source,
            Progress progress,
            StormLife life,
            StopSignal stop,
            Path histories)
            throws JMSException {
        super(name, stop, histories);
        this.way = way;
        this.random = new Random(seed + name.hashCode());
        this.microsPerMessage = MICROS_PER_MESSAGE[random.nextInt(MICROS_PER_MESSAGE.length)];
        this.receipts = new StormReceipts(
                this,
                subject.traffic(),
                subject.channel(),
                subject.selector(),
                way.mode == Session.AUTO_ACKNOWLEDGE,
                progress,
                life);
        this.consumer = source.on(connection.createSession(way.mode));
        if (way.isListener()) {
            consumer.setMessageListener(this::onMessage);
        }
    }

    @Override
    void work() throws JMSException {
        while (!stopSignal().isSet()) {
            if (way.isListener()) {
                stopSignal().awaitMillis(RECEIVE_MILLIS);
            } else {
                receive();
            }
        }
    }

    private void receive() throws JMSException {
        long called = System.nanoTime();
        Message message = consumer.receive(RECEIVE_MILLIS);
        if (message == null) {
            if (last != null) {
                acknowledge();
            }
            return;
        }
        receipts.received(message, called);
        settle(message);
    }

    private void onMessage(Message message) {
        try {
            receipts.received(message, 0);
            settle(message);
        } catch (JMSException | RuntimeException e) {
            failed(e);
        }
    }

    private void settle(Message message) {
        if (microsPerMessage > 0) {
            stopSignal().awaitNanos(TimeUnit.MICROSECONDS.toNanos(microsPerMessage));
        }
        if (way.mode == Session.CLIENT_ACKNOWLEDGE) {
            last = message;
            // a listener acknowledges each: it is not told when no other comes
            if (way.isListener() || receipts.unconfirmed() > random.nextInt(LARGEST_BATCH)) {
                acknowledge();
            }
        }
    }

    private void acknowledge() {
        try {
            last.acknowledge();
            receipts.confirmAll();
            last = null;
        } catch (JMSException e) {
            receipts.forget();
            if (!String.valueOf(e.getMessage()).contains("lost")) {
                failed(e);
                last = null;
            }
        }
    }
}
