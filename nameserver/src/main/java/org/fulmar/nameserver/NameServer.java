package org.fulmar.nameserver;

import io.netty.channel.local.LocalAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingServer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A name server: brokers register with it, clients ask it where topics are. Runs inside any process; knows no other name
 * server.
 *
 * <p>Threads: the event loops {@code nameserver-io} answer requests and share the route table under its lock, held for
 * one operation without I/O; {@code nameserver-scan} drops silent brokers; {@code nameserver-kv} alone changes the KV
 * configuration and its file, from a bounded queue. All are daemons and end with {@link #close}. Any thread may call
 * the methods here. A broker is unregistered at the moment its connection is lost.
 */
public final class NameServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NameServer.class);
    private static final int MAX_WAITING_KV_CHANGES = 1024;

    private final NameServerConfig config;
    private final LongSupplier millis;
    private @Nullable Running running;
    private @Nullable InetSocketAddress address;
    private boolean closed;

    private record Running(RemotingServer server, ScheduledExecutorService scanner, ExecutorService kvWriter) {}

    public NameServer(NameServerConfig config) {
        this(config, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    }

    /**
     * @param millis a clock in milliseconds from any origin that never goes back
     */
    public NameServer(NameServerConfig config, LongSupplier millis) {
        this.config = config;
        this.millis = millis;
    }

    /**
     * Listens on the configured address.
     *
     * @return this
     * @throws IOException if the address can't be bound or the KV configuration can't be read; all is closed then
     */
    public synchronized NameServer start() throws IOException {
        InetSocketAddress wanted = new InetSocketAddress(config.bindAddress(), config.listenPort());
        if (wanted.isUnresolved()) {
            throw new IOException("bindAddress " + config.bindAddress() + " can't be resolved");
        }
        RemotingServer server = open();
        try {
            address = server.bind(wanted);
        } catch (IOException e) {
            close();
            throw e;
        }
        LOG.info("the name server listens on {}", address);
        return this;
    }

    /**
     * Listens on an in-VM address only, for use within this process.
     *
     * @return the address to connect to
     * @throws IOException if the name is taken or the KV configuration can't be read; all is closed then
     */
    public synchronized LocalAddress startLocal(String name) throws IOException {
        RemotingServer server = open();
        try {
            return server.bindLocal(name);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private RemotingServer open() throws IOException {
        if (closed || running != null) {
            throw new IllegalStateException("a name server starts once");
        }
        Path directory = config.kvConfigDirectory();
        KvStore kv = directory == null ? KvStore.inMemory() : KvStore.open(directory);
        ThreadPoolExecutor kvWriter = new ThreadPoolExecutor(
                1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING_KV_CHANGES), daemons("nameserver-kv"));
        RouteLimits limits = new RouteLimits(
                config.maxBrokers(), config.maxTopics(), config.maxRoutes(), config.brokerExpiryMillis());
        NameServerHandler handler = new NameServerHandler(limits, kv, kvWriter, millis, new NameServerSettings(config));
        ConnectionLimits base = ConnectionLimits.SERVER;
        ConnectionLimits connections = new ConnectionLimits(
                base.maxRequestsInFlight(),
                base.maxBytesInFlight(),
                base.maxPending(),
                base.writeLowBytes(),
                base.writeHighBytes(),
                config.connectionIdleSeconds());
        RemotingServer server = new RemotingServer(
                new RemotingServer.Options(
                        "nameserver",
                        config.serverWorkerThreads(),
                        config.maxConnections(),
                        FrameLimits.DEFAULT,
                        connections),
                handler);
        ScheduledExecutorService scanner = Executors.newSingleThreadScheduledExecutor(daemons("nameserver-scan"));
        long interval = config.scanNotActiveBrokerInterval();
        scanner.scheduleWithFixedDelay(handler::scan, interval, interval, TimeUnit.MILLISECONDS);
        running = new Running(server, scanner, kvWriter);
        return server;
    }

    private static ThreadFactory daemons(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /**
     * The socket address that is listened on, with the real port.
     *
     * @throws IllegalStateException if {@link #start} did not succeed before
     */
    public synchronized InetSocketAddress address() {
        if (address == null) {
            throw new IllegalStateException("the name server listens on no socket");
        }
        return address;
    }

    /** Closes every connection and ends the threads; changes of the KV configuration that wait are carried out. */
    @Override
    public synchronized void close() {
        closed = true;
        Running ending = running;
        running = null;
        if (ending == null) {
            return;
        }
        ending.scanner.shutdownNow();
        ending.server.close();
        ending.kvWriter.shutdown();
        try {
            if (!ending.kvWriter.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("changes of the KV configuration are given up");
                ending.kvWriter.shutdownNow();
            }
        } catch (InterruptedException e) {
            ending.kvWriter.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
