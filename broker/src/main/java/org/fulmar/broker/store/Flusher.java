package org.fulmar.broker.store;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forces the log to the device: at once when somebody waits, else every interval. One force serves everyone who wrote
 * before it began (group commit).
 *
 * <p>Runs on a thread of its own, {@code log-flush}, which also allocates nothing and answers nobody: it reports each
 * new durable end, and the first failure, after which it stops, since nothing is known of the device any more.
 */
final class Flusher implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Flusher.class);

    /** Told on the flusher's thread. */
    interface Listener {
        void failed(IOException cause);
    }

    private final CommitLog log;
    private final long intervalNanos;
    private final LongConsumer durable;
    private final Listener listener;
    private final Thread thread;
    private long reported;
    private volatile long wanted;
    private volatile boolean waiting;
    private volatile boolean stopped;

    Flusher(CommitLog log, long intervalMillis, LongConsumer durable, Listener listener) {
        this.log = log;
        this.intervalNanos = intervalMillis * 1_000_000;
        this.durable = durable;
        this.listener = listener;
        this.thread = new Thread(this, "log-flush");
        this.thread.setDaemon(true);
    }

    void start() {
        // not on the thread: a checkpoint may force before that runs, and whoever waits would not hear of it
        reported = log.durable();
        thread.start();
    }

    /** Asks for everything before {@code position} to be forced soon; callable from one thread, the core. */
    void request(long position) {
        wanted = position;
        if (waiting) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void run() {
        @Nullable IOException failure = new IOException("the thread that forces the log has died");
        try {
            forceUntilStopped();
            failure = null;
        } catch (IOException e) {
            failure = e;
        } finally {
            if (failure != null) {
                LOG.error("forcing the log failed; no more writes are taken", failure);
                listener.failed(failure);
            }
        }
    }

    private void forceUntilStopped() throws IOException {
        while (!stopped) {
            if (wanted <= reported) {
                await();
            }
            if (log.written() > reported) {
                reported = log.force();
                durable.accept(reported);
            }
        }
    }

    private void await() {
        waiting = true;
        long deadline = System.nanoTime() + intervalNanos;
        while (!stopped && wanted <= reported) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                break;
            }
            LockSupport.parkNanos(this, left);
        }
        waiting = false;
    }

    /** Stops after the force under way; forces nothing more. */
    void stop() throws InterruptedException {
        stopped = true;
        LockSupport.unpark(thread);
        thread.join(10_000);
    }
}
