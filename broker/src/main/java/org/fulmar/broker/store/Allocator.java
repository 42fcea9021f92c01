package org.fulmar.broker.store;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Allocates the log's blocks ahead of its writer, on the thread {@code log-allocate}. If it fails, the writer finds
 * the disk full by itself when it gets there, so a failure here is only logged.
 */
final class Allocator implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Allocator.class);
    private static final long IDLE_NANOS = 20_000_000;
    private static final long STEP_NANOS = 2_000_000;

    private final CommitLog log;
    private final Thread thread;
    private volatile boolean stopped;
    private boolean complained;

    Allocator(CommitLog log) {
        this.log = log;
        this.thread = new Thread(this, "log-allocate");
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    @Override
    public void run() {
        while (!stopped) {
            try {
                int urgency = log.allocateAhead();
                complained = false;
                if (urgency > 0) {
                    LockSupport.parkNanos(this, urgency > 1 ? 1 : STEP_NANOS);
                    continue;
                }
            } catch (IOException | RuntimeException e) {
                if (!complained) {
                    LOG.warn("no blocks could be allocated ahead: {}", e.toString());
                    complained = true;
                }
            }
            LockSupport.parkNanos(this, IDLE_NANOS);
        }
    }

    void stop() throws InterruptedException {
        stopped = true;
        LockSupport.unpark(thread);
        thread.join(10_000);
    }
}
