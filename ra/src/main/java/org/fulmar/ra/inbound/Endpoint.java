package org.fulmar.ra.inbound;

import jakarta.jms.JMSException;
import jakarta.resource.spi.endpoint.MessageEndpointFactory;
import jakarta.resource.spi.work.WorkException;
import jakarta.resource.spi.work.WorkManager;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import org.fulmar.ra.connection.ServerThreads;
import org.fulmar.ra.connection.SharedConnections;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An active message endpoint: connects for as long as it takes, delivers, pauses when deliveries fail again and again,
 * and stops.
 *
 * <p>What it should do is set by any thread; what is to be done for that is done by one thread at a time, the driver,
 * which is one of the server's, or the one that stops it. The monitor guards what is wished and who drives; nothing is
 * waited for while it is held, but for the driver. When {@link #stop} returns, no message is handed to the application
 * any more, unless a delivery has taken longer than the drain timeout, which is told.
 */
final class Endpoint {
    private static final Logger LOG = LoggerFactory.getLogger(Endpoint.class);

    /** How long it waits before it asks again for a thread that the server has refused. */
    private static final long REFUSED_MILLIS = 1000;

    private enum Wish {
        RUN,
        PAUSE,
        STOP
    }

    private final MessageEndpointFactory factory;
    private final EndpointSettings settings;
    private final boolean transacted;
    private final WorkManager works;
    private final SharedConnections connections;
    private final ScheduledExecutorService timer;
    private final String name;
    private final EndpointBean bean;
    private final BackOff reconnects;
    private final BackOff pauses;
    private final LongAdder delivered = new LongAdder();
    private final LongAdder failed = new LongAdder();

    private Wish wish = Wish.RUN;
    private boolean asked;
    private boolean driving;
    private boolean again;
    private int failuresInRow;
    /** Counts pauses and resumptions, so that a timer knows whether its pause is still on. */
    private int episode;

    private volatile @Nullable String lastFailure;
    /** Changed by the driver alone. */
    private volatile @Nullable Consumption consumption;

    Endpoint(
            MessageEndpointFactory factory,
            EndpointSettings settings,
            boolean transacted,
            WorkManager works,
            SharedConnections connections,
            ScheduledExecutorService timer,
            DoubleSupplier random) {
        this.factory = factory;
        this.settings = settings;
        this.transacted = transacted;
        this.works = works;
        this.connections = connections;
        this.timer = timer;
        Class<?> application = factory.getEndpointClass();
        this.name = (application == null ? "" : application.getSimpleName() + " on ")
                + settings.source().destination();
        this.reconnects = new BackOff(settings.reconnectMillis(), settings.maxReconnectMillis(), random);
        this.pauses = new BackOff(Math.max(1, settings.pauseMillis()), settings.maxPauseMillis(), random);
        this.bean = new EndpointBean(this);
    }

    MessageEndpointFactory factory() {
        return factory;
    }

    EndpointSettings settings() {
        return settings;
    }

    /** Whether each delivery is part of a transaction of the server. */
    boolean isTransacted() {
        return transacted;
    }

    WorkManager works() {
        return works;
    }

    ScheduledExecutorService timer() {
        return timer;
    }

    /** The application's class, if the server tells it, and the destination. */
    String name() {
        return name;
    }

    // What is wished.

    void start() {
        bean.register();
        nudge();
    }

    /** An administrator's. */
    void pause() {
        synchronized (this) {
            if (wish != Wish.RUN) {
                return;
            }
            wish = Wish.PAUSE;
            episode++;
        }
        LOG.info("endpoint {} is paused by an administrator", name);
        hold();
        nudge();
    }

    /** An administrator's. */
    void resume() {
        synchronized (this) {
            pauses.reset();
            failuresInRow = 0;
            resumeIfPaused();
        }
        nudge();
    }

    private synchronized void resumeIfPaused() {
        if (wish == Wish.PAUSE) {
            wish = Wish.RUN;
            episode++;
            LOG.info("endpoint {} goes on", name);
        }
    }

    private void resumeAfterPause(int of) {
        synchronized (this) {
            if (episode != of) {
                return;
            }
            // one more failure is enough for the next pause
            failuresInRow = Math.max(0, settings.maxFailures() - 1);
            resumeIfPaused();
        }
        nudge();
    }

    /** Ends deliveries, waits for those under way, and gives everything back. */
    void stop() {
        boolean interrupted = false;
        synchronized (this) {
            wish = Wish.STOP;
            episode++;
            while (driving) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            driving = true;
        }
        steps();
        bean.unregister();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // What became of deliveries; told by the threads that deliver.

    synchronized void succeeded() {
        delivered.increment();
        if (failuresInRow > 0 || pauses.count() > 0) {
            failuresInRow = 0;
            pauses.reset();
        }
    }

    /**
     * @param unavailable whether the application is going, so that nothing is delivered to it for a while
     */
    void failed(String why, boolean unavailable) {
        failed.increment();
        lastFailure = why;
        long pause;
        int of;
        synchronized (this) {
            failuresInRow++;
            LOG.warn("endpoint {}: delivery failure {} in a row: {}", name, failuresInRow, why);
            boolean tooMany = settings.maxFailures() != 0 && failuresInRow >= settings.maxFailures();
            if (wish != Wish.RUN || !tooMany && !unavailable) {
                return;
            }
            wish = Wish.PAUSE;
            of = ++episode;
            pause = settings.pauseMillis() == 0 && tooMany ? 0 : pauses.next();
        }
        hold();
        if (pause == 0) {
            LOG.error("endpoint {} is paused until an administrator resumes it", name);
        } else {
            LOG.error("endpoint {} pauses for {} ms", name, pause);
            later(() -> resumeAfterPause(of), pause);
        }
        nudge();
    }

    /** At once, as a failed message may come again before the driver does. */
    private void hold() {
        Consumption there = consumption;
        if (there != null) {
            there.hold();
        }
    }

    /** Something is wrong with its connection: if it is lost for good, or its consumer, another one is made. */
    void look() {
        nudge();
    }

    // Doing it.

    private void later(Runnable task, long millis) {
        try {
            timer.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("the adapter has stopped, and endpoint {} with it", name, e);
        }
    }

    /** Sees to it that a thread of the server drives. */
    private void nudge() {
        synchronized (this) {
            if (driving) {
                again = true;
                return;
            }
            if (asked || wish == Wish.STOP) {
                return;
            }
            asked = true;
        }
        ask();
    }

    private void ask() {
        try {
            ServerThreads.schedule(works, new Task(this::drive));
        } catch (WorkException | RuntimeException e) {
            LOG.warn("the server gives endpoint {} no thread, it asks again: {}", name, e.getMessage());
            later(this::ask, REFUSED_MILLIS);
        }
    }

    private void drive() {
        synchronized (this) {
            asked = false;
            if (driving) {
                again = true;
                return;
            }
            if (wish == Wish.STOP) {
                return;
            }
            driving = true;
        }
        steps();
    }

    private void steps() {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        // threads that begin here are the adapter's
        thread.setContextClassLoader(Endpoint.class.getClassLoader());
        boolean over = false;
        try {
            while (!over) {
                tryStep(current());
                over = isOver();
            }
        } finally {
            thread.setContextClassLoader(before);
            if (!over) {
                leave();
            }
        }
    }

    private synchronized Wish current() {
        again = false;
        return wish;
    }

    /** Whether nothing was asked for meanwhile. Then this thread no longer drives: whoever asks from now on has to find another. */
    private synchronized boolean isOver() {
        if (again) {
            return false;
        }
        leave();
        return true;
    }

    private synchronized void leave() {
        driving = false;
        notifyAll();
    }

    private void tryStep(Wish now) {
        try {
            step(now);
        } catch (RuntimeException e) {
            lastFailure = e.toString();
            LOG.error("endpoint {} has failed, and goes on", name, e);
            later(this::nudge, REFUSED_MILLIS);
        }
    }

    private void step(Wish now) {
        Consumption there = consumption;
        // one that is held gives out nothing any more, even if the pause was over before it was begun
        if (there != null && (now != Wish.RUN || there.isLost() || there.isHeld())) {
            try {
                there.close();
            } finally {
                consumption = null;
            }
        }
        if (now == Wish.RUN && consumption == null) {
            connect();
        }
    }

    private void connect() {
        try {
            consumption = Consumption.open(this, connections);
            LOG.info(
                    "endpoint {} consumes from {}, with up to {} sessions",
                    name,
                    settings.target(),
                    settings.maxSessions());
            reconnects.reset();
        } catch (JMSException e) {
            long pause = reconnects.next();
            lastFailure = e.getMessage();
            int attempts = reconnects.count();
            if (Integer.bitCount(attempts) == 1) {
                LOG.warn(
                        "endpoint {}: attempt {} to consume has failed, it goes on: {}",
                        name,
                        attempts,
                        e.getMessage());
            } else {
                LOG.debug("endpoint {}: attempt {} to consume has failed", name, attempts, e);
            }
            later(this::nudge, pause);
        }
    }

    // What administrators see.

    String state() {
        Consumption there = consumption;
        Wish now;
        synchronized (this) {
            now = wish;
        }
        return switch (now) {
            case STOP -> "STOPPED";
            case PAUSE -> there == null ? "PAUSED" : "PAUSING";
            case RUN -> there == null ? "CONNECTING" : "ACTIVE";
        };
    }

    int sessions() {
        Consumption there = consumption;
        return there == null ? 0 : there.sessions();
    }

    int busySessions() {
        Consumption there = consumption;
        return there == null ? 0 : there.busy();
    }

    long delivered() {
        return delivered.sum();
    }

    long failures() {
        return failed.sum();
    }

    @Nullable String lastFailure() {
        return lastFailure;
    }
}
