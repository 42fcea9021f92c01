package org.fulmar.jms.session;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** Work on a daemon thread of its own, whose outcome the test awaits with a bound. Used by one thread, the test's. */
final class Background<T> {
    private static final long BOUND_SECONDS = 60;
    /** Longer than it takes a broker that works to answer. */
    private static final Duration STEADY = Duration.ofMillis(20);

    private final FutureTask<T> task;
    private final Thread thread;

    private Background(Callable<T> work) {
        task = new FutureTask<>(work);
        thread = new Thread(task, "test-background");
        thread.setDaemon(true);
    }

    static <T> Background<T> start(Callable<T> work) {
        Background<T> background = new Background<>(work);
        background.thread.start();
        return background;
    }

    /** Work without a result. */
    interface Work {
        void run() throws Exception;
    }

    static Background<Void> run(Work work) {
        return start(() -> {
            work.run();
            return null;
        });
    }

    /** Returns when the work waits for something, and has done so for a while: not for an answer on its way. */
    Background<T> awaitBlocked() {
        await("the work waits")
                .atMost(Duration.ofSeconds(BOUND_SECONDS))
                .pollInterval(Duration.ofMillis(2))
                .during(STEADY)
                .until(() -> task.isDone()
                        || thread.getState() == Thread.State.WAITING
                        || thread.getState() == Thread.State.TIMED_WAITING);
        return this;
    }

    boolean isDone() {
        return task.isDone();
    }

    /** The result, or what the work has thrown. */
    T result() throws Exception {
        try {
            return task.get(BOUND_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception failure) {
                throw failure;
            }
            throw e;
        }
    }
}
