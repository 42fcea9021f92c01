package org.fulmar.broker.server;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of a broker besides its event loops and those of its store: {@code broker-business} for what may block,
 * {@code broker-maintenance} for checkpoints and what is done from time to time, {@code broker-timer} for the alarm. The
 * broker starts and ends them; who reads or forces a file is never interrupted, since that closes the file for all.
 */
final class BrokerThreads {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerThreads.class);
    private static final int BUSINESS_QUEUE = 10_000;
    private static final long PATIENCE_SECONDS = 10;

    private final ThreadPoolExecutor business;
    private final ScheduledThreadPoolExecutor maintenance;
    private final ScheduledExecutorService timer;

    BrokerThreads(int businessThreads) {
        this.business = new ThreadPoolExecutor(
                businessThreads,
                businessThreads,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(BUSINESS_QUEUE),
                named("broker-business"));
        this.maintenance = new ScheduledThreadPoolExecutor(1, named("broker-maintenance"));
        maintenance.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.timer = Executors.newSingleThreadScheduledExecutor(named("broker-timer"));
    }

    private static ThreadFactory named(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Refuses when too many tasks wait. */
    ExecutorService business() {
        return business;
    }

    ScheduledExecutorService timer() {
        return timer;
    }

    /** Does something again and again, with a pause in between, also if it fails. */
    void every(long millis, Runnable task) {
        maintenance.scheduleWithFixedDelay(() -> guarded(task), millis, millis, TimeUnit.MILLISECONDS);
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("what is done from time to time has failed; it is tried again", e);
        }
    }

    Future<Boolean> maintain(java.util.concurrent.Callable<Boolean> task) {
        return maintenance.submit(task);
    }

    /** Timer files are read where checkpoints are written; a broker that closes reads no more. */
    void readTimers(Runnable task) {
        try {
            maintenance.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("timers are not read any more", e);
        }
    }

    /** Ends the alarm and the maintenance. */
    void endTimed() throws InterruptedException {
        timer.shutdownNow();
        timer.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
        maintenance.shutdown();
        maintenance.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Forgets the requests that wait, and lets those that are served end. */
    void endBusiness() throws InterruptedException {
        business.getQueue().clear();
        business.shutdown();
        business.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
}
