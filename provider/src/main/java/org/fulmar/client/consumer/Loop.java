package org.fulmar.client.consumer;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns a consumer's state. Any thread may hand it tasks; they run one after the other, in the order
 * in which they came. A task that fails is logged, and the next one runs. After {@link #close} tasks are dropped.
 */
final class Loop implements Executor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

    private final ScheduledThreadPoolExecutor executor;
    private final Set<CompletableFuture<?>> asked = ConcurrentHashMap.newKeySet();
    private volatile Thread thread;

    Loop(String name) {
        thread = Thread.currentThread();
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, name);
            made.setDaemon(true);
            thread = made;
            return made;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.prestartCoreThread();
    }

    @Override
    public void execute(Runnable task) {
        try {
            executor.execute(() -> run(task));
        } catch (RejectedExecutionException e) {
            LOG.debug("the consumer is closed and does no more: {}", e.getMessage());
        }
    }

    void after(long millis, Runnable task) {
        try {
            executor.schedule(() -> run(task), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("the consumer is closed and does no more: {}", e.getMessage());
        }
    }

    void every(long millis, Runnable task) {
        executor.scheduleWithFixedDelay(() -> run(task), millis, millis, TimeUnit.MILLISECONDS);
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            // an Error would else end what is done again and again, and nobody would know
            LOG.error("a step of a consumer failed", e);
        }
    }

    /** The result of a task on this thread; fails if the loop is closed before it. */
    <T> CompletableFuture<T> ask(Supplier<T> task) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        asked.add(answer);
        answer.whenComplete((result, failure) -> asked.remove(answer));
        try {
            executor.execute(() -> {
                try {
                    answer.complete(task.get());
                } catch (RuntimeException | Error e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(closed());
        }
        return answer;
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("the consumer is closed");
    }

    boolean isOwner() {
        return Thread.currentThread() == thread;
    }

    /** Returns when the thread has ended, unless that is the one that calls. */
    @Override
    public void close() {
        executor.shutdown();
        asked.forEach(answer -> answer.completeExceptionally(closed()));
        if (isOwner()) {
            return;
        }
        try {
            if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.warn("the thread of a consumer has not ended within 5 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
