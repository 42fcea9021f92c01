package org.fulmar.bench;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Runs one task on several threads, all daemons, and waits for them. Stateless. */
final class WorkerThreads {

    /** What one of the threads does; they are numbered from 0. */
    interface Task {
        void run(int worker) throws Exception;
    }

    private WorkerThreads() {}

    /** Returns when all are done; the first failure of any interrupts the others and is thrown. */
    static void run(int count, String name, Task task) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(count, runnable -> {
            Thread thread = new Thread(runnable, name);
            thread.setDaemon(true);
            return thread;
        });
        try {
            ExecutorCompletionService<Void> running = new ExecutorCompletionService<>(threads);
            for (int i = 0; i < count; i++) {
                int worker = i;
                running.submit(() -> {
                    task.run(worker);
                    return null;
                });
            }
            for (int i = 0; i < count; i++) {
                running.take().get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } finally {
            threads.shutdownNow();
        }
    }
}
