package org.fulmar.ra.connection;

import io.netty.util.concurrent.GlobalEventExecutor;
import jakarta.resource.spi.work.Work;
import jakarta.resource.spi.work.WorkException;
import jakarta.resource.spi.work.WorkManager;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that no thread keeps the adapter's classes in memory: neither the server's, which inherit from the threads
 * that ask for them, nor Netty's own, which lives on for a moment. Stateless.
 */
public final class ServerThreads {
    private static final Logger LOG = LoggerFactory.getLogger(ServerThreads.class);
    private static final long PATIENCE_SECONDS = 5;

    private ServerThreads() {}

    /**
     * Has a thread of the server do something. A thread that the server makes for it inherits its context class loader
     * from here, and keeps it.
     */
    public static void schedule(WorkManager works, Work work) throws WorkException {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
        try {
            works.scheduleWork(work);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** Waits until the thread that Netty starts by itself has ended. Called when all connections are closed. */
    public static void awaitOwn() {
        try {
            if (!GlobalEventExecutor.INSTANCE.awaitInactivity(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("a thread of the adapter goes on, as something else in it uses Netty");
            }
        } catch (IllegalStateException e) {
            LOG.debug("Netty has not started a thread of its own", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
