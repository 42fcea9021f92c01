package org.fulmar.client.consumer;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that run listeners: each goes on with the next task as long as there is one, and more are started, up to
 * the most, as long as tasks wait. For any thread.
 */
final class Workers {
    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

    private final int most;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger active = new AtomicInteger();
    private final ThreadPoolExecutor threads;

    Workers(String name, int least, int most) {
        this.most = most;
        AtomicInteger number = new AtomicInteger();
        // one that ends its turn may still count as busy when another is started: twice as many are never needed
        threads = new ThreadPoolExecutor(least, 2 * most, 60, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler(
                    (ended, error) -> LOG.error("a listener has ended its thread, {}", ended.getName(), error));
            return thread;
        });
    }

    int most() {
        return most;
    }

    void submit(Runnable task) {
        tasks.add(task);
        startIfNeeded();
    }

    private void startIfNeeded() {
        int now = active.get();
        while (now < most && !tasks.isEmpty()) {
            if (active.compareAndSet(now, now + 1)) {
                try {
                    threads.execute(this::turn);
                } catch (RejectedExecutionException e) {
                    active.decrementAndGet();
                    LOG.debug("the consumer is closed and runs no more listeners", e);
                }
                return;
            }
            now = active.get();
        }
    }

    private void turn() {
        try {
            Runnable task = tasks.poll();
            while (task != null) {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    LOG.error("a worker's task failed", e);
                }
                task = tasks.poll();
            }
        } finally {
            active.decrementAndGet();
            // one may have come after the look, by somebody who still counted on this thread
            startIfNeeded();
        }
    }

    /** Runs no more; threads in a listener are interrupted. */
    void close() {
        tasks.clear();
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(2, TimeUnit.SECONDS)) {
                LOG.warn("a listener does not end; its thread is left to itself");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
