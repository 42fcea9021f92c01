package org.fulmar.ra.connection;

import jakarta.jms.JMSException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.session.FulmarXaConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one adapter. Endpoints and managed connections lease them; those with the same target share one, so
 * that all their work in a transaction is one branch, and a client identifier is no obstacle to a pool.
 *
 * <p>Any thread may use it. Connections are opened by threads of its own, whose class loader and access context are the
 * adapter's, as what an application's thread starts would keep the application in memory. A connection closes with its
 * last lease. The monitor guards who leases what; nothing is waited for while it is held.
 */
public final class SharedConnections implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SharedConnections.class);
    private static final int OPENERS = 2;
    private static final int CLOSE_SECONDS = 5;

    /** Is told of problems of a connection, on a thread that must not be held up. */
    public interface Watcher {
        /** @param lost whether the connection is lost for good; if not, one of its consumers may be */
        void problem(boolean lost);
    }

    /** A connection to use until {@link #close}. */
    public final class Lease implements AutoCloseable {
        private final Physical physical;
        private final Watcher watcher;

        private Lease(Physical physical, Watcher watcher) {
            this.physical = physical;
            this.watcher = watcher;
        }

        /** The connection, which is started, and is nobody's to stop or close. */
        public FulmarXaConnection connection() {
            return physical.connection;
        }

        /** The resources of its sessions that work on a branch, or have suspended one. */
        Set<AdapterXaResource> working() {
            return physical.working;
        }

        /** Whether the connection is lost for good. */
        public boolean isLost() {
            return physical.connection.isLost();
        }

        /** The connection is not used here any more; again, nothing happens. */
        @Override
        public void close() {
            release(physical, this);
        }
    }

    private static final class Physical {
        final BrokerTarget target;
        final FulmarXaConnection connection;
        final Set<Lease> leases = new HashSet<>();
        final Set<AdapterXaResource> working = ConcurrentHashMap.newKeySet();
        boolean ended;

        Physical(BrokerTarget target, FulmarXaConnection connection) {
            this.target = target;
            this.connection = connection;
        }
    }

    private final Map<BrokerTarget, CompletableFuture<Physical>> shared = new HashMap<>();
    private final Set<Physical> open = new HashSet<>();
    private final Map<String, FulmarConnectionFactory> factories = new HashMap<>();
    private @Nullable ThreadPoolExecutor openers;
    private boolean closed;

    /** Starts the threads that open connections. Called by a thread of the server, before any application's. */
    public synchronized void start() {
        closed = false;
        openers();
    }

    private synchronized ThreadPoolExecutor openers() {
        ThreadPoolExecutor there = openers;
        if (there == null) {
            ClassLoader own = SharedConnections.class.getClassLoader();
            there = new ThreadPoolExecutor(OPENERS, OPENERS, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                Thread thread = new Thread(task, "fulmar-ra-open");
                thread.setDaemon(true);
                thread.setContextClassLoader(own);
                return thread;
            });
            there.prestartAllCoreThreads();
            openers = there;
        }
        return there;
    }

    /**
     * Leases a connection, an open one if there is one for the target that may be shared.
     *
     * @param share false for one of its own
     * @throws JMSException if it can't be opened
     */
    public Lease lease(BrokerTarget target, boolean share, Watcher watcher) throws JMSException {
        while (true) {
            CompletableFuture<Physical> opening;
            synchronized (this) {
                checkOpen();
                CompletableFuture<Physical> there = share ? shared.get(target) : null;
                opening = there == null ? open(target, share) : there;
            }
            Physical physical = await(opening, target);
            synchronized (this) {
                if (!physical.ended) {
                    Lease lease = new Lease(physical, watcher);
                    physical.leases.add(lease);
                    return lease;
                }
                // it has been closed by its last user, or was lost, in this moment
                shared.remove(target, opening);
            }
        }
    }

    private void checkOpen() throws JMSException {
        if (closed) {
            throw new jakarta.jms.IllegalStateException("the resource adapter is stopped");
        }
    }

    private synchronized CompletableFuture<Physical> open(BrokerTarget target, boolean share) {
        CompletableFuture<Physical> opening = new CompletableFuture<>();
        if (share) {
            shared.put(target, opening);
        }
        openers().execute(() -> {
            try {
                opening.complete(opened(target));
            } catch (JMSException | RuntimeException e) {
                synchronized (this) {
                    shared.remove(target, opening);
                }
                opening.completeExceptionally(e);
            }
        });
        return opening;
    }

    private static Physical await(CompletableFuture<Physical> opening, BrokerTarget target) throws JMSException {
        try {
            return opening.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof JMSException refusal) {
                throw Failures.again(refusal);
            }
            throw Failures.of("no connection to " + target, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failures.of("interrupted while a connection to " + target + " was opened", e);
        }
    }

    private Physical opened(BrokerTarget target) throws JMSException {
        FulmarXaConnection connection = connect(target);
        Physical physical = new Physical(target, connection);
        try {
            if (target.clientId() != null && !target.clientId().equals(connection.getClientID())) {
                connection.setClientID(target.clientId());
            }
            connection.setExceptionListener(problem -> problem(physical, problem));
            connection.start();
        } catch (JMSException e) {
            connection.close();
            throw e;
        }
        synchronized (this) {
            if (!closed) {
                open.add(physical);
                return physical;
            }
        }
        connection.close();
        throw new jakarta.jms.IllegalStateException("the resource adapter is stopped");
    }

    private FulmarXaConnection connect(BrokerTarget target) throws JMSException {
        FulmarConnectionFactory factory;
        synchronized (this) {
            checkOpen();
            factory = factories.computeIfAbsent(target.url(), url -> new FulmarConnectionFactory(url));
        }
        return (FulmarXaConnection)
                (target.user() == null
                        ? factory.createXAConnection()
                        : factory.createXAConnection(target.user(), target.password()));
    }

    private void problem(Physical physical, JMSException problem) {
        boolean lost = physical.connection.isLost();
        LOG.warn("the connection to {}{}: {}", physical.target, lost ? " is lost" : "", problem.getMessage());
        List<Lease> leases;
        synchronized (this) {
            leases = List.copyOf(physical.leases);
            if (lost) {
                end(physical);
            }
        }
        for (Lease lease : leases) {
            try {
                lease.watcher.problem(lost);
            } catch (RuntimeException e) {
                // the server's listeners are told by it: the others are to hear of it all the same
                LOG.warn("the problem of the connection to {} was not taken note of by all", physical.target, e);
            }
        }
    }

    /** With the monitor held. */
    private void end(Physical physical) {
        physical.ended = true;
        CompletableFuture<Physical> there = shared.get(physical.target);
        if (there != null && there.isDone() && !there.isCompletedExceptionally() && there.join() == physical) {
            shared.remove(physical.target);
        }
        open.remove(physical);
    }

    private void release(Physical physical, Lease lease) {
        synchronized (this) {
            if (!physical.leases.remove(lease) || !physical.leases.isEmpty()) {
                return;
            }
            end(physical);
        }
        close(physical);
    }

    private static void close(Physical physical) {
        try {
            physical.connection.close();
        } catch (JMSException e) {
            LOG.warn("the connection to {} was not closed in good order", physical.target, e);
        }
    }

    /**
     * Closes all connections, whoever leases them. What was under way over them is returned or rolled back; a delivery that
     * does not end is waited for {@value #CLOSE_SECONDS} seconds, and its connection closes when it has ended.
     */
    @Override
    public void close() {
        List<Physical> left;
        List<FulmarConnectionFactory> made;
        synchronized (this) {
            closed = true;
            left = List.copyOf(open);
            left.forEach(this::end);
            shared.clear();
            made = List.copyOf(factories.values());
            factories.clear();
            if (openers != null) {
                openers.shutdown();
                openers = null;
            }
        }
        Thread closer = daemon("fulmar-ra-close", () -> {
            closeAll(left);
            made.forEach(FulmarConnectionFactory::close);
        });
        if (!hasEnded(closer)) {
            LOG.warn(
                    "connections are still closing after {} s: one waits for a delivery or for its broker, and ends by itself",
                    CLOSE_SECONDS);
        }
    }

    /** At the same time, as a close waits for listeners, and one of them may hang. */
    private static void closeAll(List<Physical> left) {
        List<Thread> closers = left.stream()
                .map(physical -> daemon("fulmar-ra-close", () -> close(physical)))
                .toList();
        try {
            for (Thread closer : closers) {
                closer.join();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.setContextClassLoader(SharedConnections.class.getClassLoader());
        thread.start();
        return thread;
    }

    /** Whether it has in {@value #CLOSE_SECONDS} seconds, which an interrupt does not shorten. */
    private static boolean hasEnded(Thread closer) {
        boolean interrupted = Thread.interrupted();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        long left = deadline - System.nanoTime();
        while (closer.isAlive() && left > 0) {
            try {
                TimeUnit.NANOSECONDS.timedJoin(closer, left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            left = deadline - System.nanoTime();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !closer.isAlive();
    }
}
