package org.fulmar.bench;

import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageListener;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The consumers of one run: a session with a MessageListener each, over connections of their own.
 *
 * <p>Opened, started and closed by the scenario's thread; the listeners run on the provider's threads, each with a
 * recorder of its own. Each listener reads the whole body, then records, then acknowledges if that is its task.
 */
final class ListenerGroup implements AutoCloseable {

    private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final BenchOptions options;
    private final List<Connection> connections = new ArrayList<>();
    private final List<MessageConsumer> consumers = new ArrayList<>();
    private final List<LatencyRecorder> recorders = new ArrayList<>();
    private final LongAdder received = new LongAdder();
    private final AtomicReference<@Nullable JMSException> failure = new AtomicReference<>();

    private ListenerGroup(BenchOptions options) {
        this.options = options;
    }

    static ListenerGroup open(ConnectionFactory factory, BenchOptions options) throws JMSException {
        ListenerGroup group = new ListenerGroup(options);
        try {
            for (int i = 0; i < Math.min(options.connections, options.consumers); i++) {
                group.connections.add(factory.createConnection());
            }
            for (int i = 0; i < options.consumers; i++) {
                Connection connection = group.connections.get(i % group.connections.size());
                Session session = connection.createSession(false, options.ack.sessionMode);
                group.consumers.add(session.createConsumer(session.createQueue(options.queue)));
            }
            return group;
        } catch (JMSException | RuntimeException e) {
            group.close();
            throw e;
        }
    }

    void start(RunWindow window, LatencyRecorder.By by) throws JMSException {
        for (MessageConsumer consumer : consumers) {
            LatencyRecorder recorder = new LatencyRecorder(window, by);
            recorders.add(recorder);
            consumer.setMessageListener(new Listener(recorder));
        }
        for (Connection connection : connections) {
            connection.start();
        }
    }

    /** Waits until {@code sent} messages have come, or until none came for five seconds; throws what a listener met. */
    void awaitReceived(long sent) throws JMSException {
        long last = -1;
        long changed = System.nanoTime();
        while (received.sum() < sent && System.nanoTime() - changed < STALLED_NANOS && failure.get() == null) {
            if (received.sum() != last) {
                last = received.sum();
                changed = System.nanoTime();
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        JMSException met = failure.get();
        if (met != null) {
            throw met;
        }
    }

    long received() {
        return received.sum();
    }

    List<LatencyRecorder> recorders() {
        return recorders;
    }

    @Override
    public void close() throws JMSException {
        for (Connection connection : connections) {
            connection.close();
        }
    }

    /** One session's listener; JMS calls it from one thread at a time. */
    private final class Listener implements MessageListener {

        private final LatencyRecorder recorder;
        private final byte[] rest = new byte[options.size - Long.BYTES];
        private int unacknowledged;

        Listener(LatencyRecorder recorder) {
            this.recorder = recorder;
        }

        @Override
        public void onMessage(Message message) {
            try {
                BytesMessage bytes = (BytesMessage) message;
                long stamp = bytes.readLong();
                if (rest.length > 0 && bytes.readBytes(rest) != rest.length) {
                    throw new JMSException("a message came with a shorter body than it was sent with");
                }
                recorder.record(stamp, System.nanoTime());
                received.increment();
                if (options.ack == BenchOptions.Ack.CLIENT && ++unacknowledged >= options.ackEvery) {
                    message.acknowledge();
                    unacknowledged = 0;
                }
            } catch (JMSException e) {
                failure.compareAndSet(null, e);
            }
        }
    }
}
