package org.fulmar.bench;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/**
 * The producers of one run: a thread and a session each, spread over the connections asked for.
 *
 * <p>Opened, run and closed by the scenario's thread. The first failure of any producer ends {@link #run}.
 */
final class ProducerGroup implements AutoCloseable {

    /** What one producer does; {@code send} is how it sends a message that carries a time. */
    interface Load {
        void run(int producer, Sending sending) throws Exception;
    }

    /** Sends one message that carries {@code stamp}. */
    interface Sending {
        void send(long stamp, LongConsumer confirmed) throws JMSException, InterruptedException;
    }

    private final List<Connection> connections = new ArrayList<>();
    private final List<MessageSender> senders = new ArrayList<>();
    private final LongAdder sent = new LongAdder();

    private ProducerGroup() {}

    static ProducerGroup open(ConnectionFactory factory, BenchOptions options, boolean async) throws JMSException {
        ProducerGroup group = new ProducerGroup();
        try {
            for (int i = 0; i < Math.min(options.connections, options.threads); i++) {
                group.connections.add(factory.createConnection());
            }
            for (int i = 0; i < options.threads; i++) {
                Connection connection = group.connections.get(i % group.connections.size());
                Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
                group.senders.add(
                        async ? new AsyncMessageSender(session, options) : new MessageSender(session, options));
            }
            return group;
        } catch (JMSException | RuntimeException e) {
            group.close();
            throw e;
        }
    }

    /** Runs the load on every producer and returns when all are done and all messages are confirmed. */
    void run(Load load) throws Exception {
        WorkerThreads.run(senders.size(), "producer", producer -> runOne(load, producer));
    }

    private void runOne(Load load, int producer) throws Exception {
        MessageSender sender = senders.get(producer);
        load.run(producer, (stamp, confirmed) -> {
            sender.send(stamp, confirmed);
            sent.increment();
        });
        sender.flush();
    }

    /** Messages sent so far, confirmed or not. */
    long sent() {
        return sent.sum();
    }

    @Override
    public void close() throws JMSException {
        for (Connection connection : connections) {
            connection.close();
        }
    }
}
