package org.fulmar.broker.server;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.fulmar.broker.retention.Retention;
import org.jspecify.annotations.Nullable;

/**
 * What retention may do with the broker. Its thread never runs the core itself: it may be interrupted, which would close
 * the log's file under it.
 *
 * @param forget has records before a place of the log forgotten
 * @param checkpoints has a checkpoint saved where checkpoints are saved
 */
record RetentionHost(Executor core, Runnable write, LongConsumer forget, Supplier<Future<Boolean>> checkpoints)
        implements Retention.Host {
    @Override
    public <T extends @Nullable Object> T onCore(Supplier<T> task) throws InterruptedException {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            core.execute(() -> {
                try {
                    answer.complete(task.get());
                } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
            return answer.get();
        } catch (RejectedExecutionException e) {
            throw closing(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a step of retention has failed on the core", e.getCause());
        }
    }

    private static InterruptedException closing(RejectedExecutionException cause) {
        InterruptedException closing = new InterruptedException("the broker closes");
        closing.initCause(cause);
        return closing;
    }

    @Override
    public void writeNow() {
        write.run();
    }

    @Override
    public void forgetBefore(long start) {
        forget.accept(start);
    }

    @Override
    public boolean checkpoint() throws InterruptedException, ExecutionException {
        try {
            return checkpoints.get().get();
        } catch (RejectedExecutionException e) {
            throw closing(e);
        }
    }
}
