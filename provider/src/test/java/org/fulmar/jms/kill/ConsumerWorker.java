package org.fulmar.jms.kill;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Receives from one channel, in one {@link ConsumerSession} after the other.
 *
 * <p>Its own thread opens, uses and closes the sessions. With more than one mode they take turns, session by session.
 * Told to stop, it closes its session in the normal way and confirms what that confirms.
 */
final class ConsumerWorker extends LoadWorker {

    private final String name;
    private final Channel channel;
    private final List<ConsumerSession.Mode> modes;
    private final Random random;
    private volatile StopSignal stop;
    private int sessions;

    ConsumerWorker(
            String name,
            Channel channel,
            List<ConsumerSession.Mode> modes,
            long seed,
            ConnectionFactory factory,
            Path directory,
            Progress progress) {
        super(name, factory, directory, progress);
        this.name = name;
        this.channel = channel;
        this.modes = modes;
        this.random = new Random(seed + name.hashCode());
    }

    /** Before each start: a worker that was stopped can be started again, and numbers its sessions on. */
    void stopOn(StopSignal signal) {
        stop = signal;
    }

    @Override
    protected StopSignal stopSignal() {
        return stop;
    }

    @Override
    protected void workOnOneConnection(StopSignal stop) throws JMSException {
        int number = ++sessions;
        ConsumerSession session = new ConsumerSession(number, channel, modes.get(number % modes.size()), random, this);
        try {
            session.open(factory, name);
            connected();
            session.consume(stop);
        } finally {
            session.close();
        }
    }

    void write(HistoryEvent event) {
        history.write(event);
    }

    void received(MessageId id) {
        progress.received(id);
    }

    void brokenBy(Exception e) {
        failed(e);
    }
}
