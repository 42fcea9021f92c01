package org.fulmar.client;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one client besides those of the network: one for what is due at a time, one that looks names up, and
 * some for callbacks. All are daemons; the latter two sorts end when idle.
 */
final class ClientThreads {
    private static final Logger LOG = LoggerFactory.getLogger(ClientThreads.class);
    private static final int IDLE_SECONDS = 10;
    private static final int END_SECONDS = 5;

    /** A thread that knows whose it is. */
    private static final class Worker extends Thread {
        final ClientThreads owner;

        Worker(ClientThreads owner, Runnable work, String name) {
            super(work, name);
            this.owner = owner;
            setDaemon(true);
        }
    }

    private final ScheduledThreadPoolExecutor scheduler;
    private final ThreadPoolExecutor callbacks;
    private final ThreadPoolExecutor resolver;
    private final Set<CompletableFuture<Void>> pauses = ConcurrentHashMap.newKeySet();

    ClientThreads(String clientId, int callbackThreads) {
        this.scheduler = new ScheduledThreadPoolExecutor(1, named("fulmar-client-timer-" + clientId));
        scheduler.setRemoveOnCancelPolicy(true);
        this.callbacks = pool(callbackThreads, named("fulmar-client-callback-" + clientId + "-"));
        this.resolver = pool(1, named("fulmar-client-names-" + clientId));
    }

    private static ThreadPoolExecutor pool(int threads, ThreadFactory factory) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private ThreadFactory named(String name) {
        AtomicInteger made = new AtomicInteger();
        return work -> new Worker(this, work, name.endsWith("-") ? name + made.incrementAndGet() : name);
    }

    ScheduledExecutorService scheduler() {
        return scheduler;
    }

    ThreadPoolExecutor resolver() {
        return resolver;
    }

    /** Runs it on a thread for callbacks, or on the caller's when those have ended. What it throws is logged. */
    void callback(Runnable work) {
        Runnable guarded = () -> guarded("a callback of the application", work);
        try {
            callbacks.execute(guarded);
        } catch (RejectedExecutionException e) {
            guarded.run();
        }
    }

    /** Runs it again and again; what it throws is logged and ends nothing. */
    ScheduledFuture<?> every(long millis, String what, Runnable work) {
        return scheduler.scheduleWithFixedDelay(() -> guarded(what, work), millis, millis, TimeUnit.MILLISECONDS);
    }

    /** Runs it once; not at all if the client is closed before. */
    void after(long millis, String what, Runnable work) {
        try {
            scheduler.schedule(() -> guarded(what, work), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("{} is left out, the client is closed", what);
        }
    }

    /** Completes after that time, on the scheduler's thread; fails when the client is closed before. May be cancelled. */
    CompletableFuture<Void> pause(long millis) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        pauses.add(over);
        over.whenComplete((done, failure) -> pauses.remove(over));
        try {
            ScheduledFuture<?> due = scheduler.schedule(() -> over.complete(null), millis, TimeUnit.MILLISECONDS);
            over.whenComplete((done, failure) -> due.cancel(false));
        } catch (RejectedExecutionException e) {
            over.completeExceptionally(ClientException.closed("the client"));
        }
        if (scheduler.isShutdown()) {
            over.completeExceptionally(ClientException.closed("the client"));
        }
        return over;
    }

    private static void guarded(String what, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            // an Error would else end heartbeats and polls for good, and nobody would know
            LOG.error("{} failed", what, e);
        }
    }

    /** Whether the caller runs on one of these. */
    boolean isOwn() {
        return Thread.currentThread() instanceof Worker worker && worker.owner == this;
    }

    /** Callbacks that wait still run; timers do not. The threads have ended then, but for one that calls this. */
    void close() {
        scheduler.shutdownNow();
        pauses.forEach(over -> over.completeExceptionally(ClientException.closed("the client")));
        resolver.shutdown();
        callbacks.shutdown();
        if (isOwn()) {
            return;
        }
        try {
            for (ThreadPoolExecutor pool : new ThreadPoolExecutor[] {scheduler, resolver, callbacks}) {
                if (!pool.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
                    LOG.warn("threads of a closed client are still busy with the application's callbacks or names");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
