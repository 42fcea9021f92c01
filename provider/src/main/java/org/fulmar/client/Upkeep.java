package org.fulmar.client;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.fulmar.protocol.transport.Connection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client does of its own accord, so that routes are current, brokers know its groups, and consumers hear of what
 * has changed: at intervals, and soon after something has happened. Thread-safe, never blocks.
 */
final class Upkeep {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
    private static final int SOON_MILLIS = 5;

    private final ClientConfig config;
    private final ClientThreads threads;
    private final Routes routes;
    private final Heartbeats heartbeats;
    private final Runnable pruneConnections;
    private final BooleanSupplier leaving;
    private final AtomicBoolean beatIsDue = new AtomicBoolean();
    private final AtomicBoolean recoveryIsDue = new AtomicBoolean();

    /**
     * @param pruneConnections forgets those that are gone
     * @param leaving whether the client is being closed, so that lost connections are as they should be
     */
    Upkeep(
            ClientConfig config,
            ClientThreads threads,
            Routes routes,
            Heartbeats heartbeats,
            Runnable pruneConnections,
            BooleanSupplier leaving) {
        this.config = config;
        this.threads = threads;
        this.routes = routes;
        this.heartbeats = heartbeats;
        this.pruneConnections = pruneConnections;
        this.leaving = leaving;
    }

    /** Begins with what is done at intervals. Once. */
    void start() {
        threads.every(config.number(ClientConfig.HEARTBEAT_INTERVAL), "the heartbeat", heartbeats::beat);
        threads.every(config.number(ClientConfig.ROUTE_POLL_INTERVAL), "the poll of routes", this::poll);
    }

    private void poll() {
        pruneConnections.run();
        routes.poll(heartbeats.topics());
    }

    /** Tells brokers of the groups; what calls for it meanwhile is told with it. */
    void beatSoon() {
        if (!heartbeats.isEmpty() && beatIsDue.compareAndSet(false, true)) {
            threads.after(SOON_MILLIS, "a heartbeat", () -> {
                beatIsDue.set(false);
                heartbeats.beat();
            });
        }
    }

    void routeChanged(TopicRoute route) {
        beatSoon();
        for (ConsumerMember consumer : heartbeats.consumers()) {
            if (consumer.topics().contains(route.topic())) {
                consumer.routeChanged(route);
            }
        }
    }

    void brokerLost(Connection connection) {
        LOG.debug("{} was lost", connection);
        if (leaving.getAsBoolean()) {
            return;
        }
        if (connection.remoteAddress() instanceof InetSocketAddress address) {
            String broker = routes.brokerName(address.getHostString() + ":" + address.getPort());
            heartbeats.consumers().forEach(consumer -> consumer.connectionLost(broker));
        }
        if (recoveryIsDue.compareAndSet(false, true)) {
            threads.after(config.number(ClientConfig.RECOVER_DELAY), "the search for brokers", () -> {
                recoveryIsDue.set(false);
                routes.refreshAll(heartbeats.topics()).whenComplete((done, never) -> heartbeats.beat());
            });
        }
    }
}
