package org.fulmar.broker.server;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the broker with its name servers: all topics at start and every period, a new one at once; and asks them for
 * routes.
 *
 * <p>Each name server has a thread, {@code broker-register-N}, and the questions have one: a name server that does not
 * answer delays none of the others. One that can't be reached is tried again with the next period; the broker works
 * without it. Any thread may call.
 */
final class NameServerLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NameServerLink.class);
    private static final int ANNOUNCE_MILLIS = 1000;
    /** How long the start of the broker waits for all name servers; then one is enough. */
    private static final int START_MILLIS = 1000;

    /** The topics as the core sees them; fetched from the core, so it may wait for it. */
    record Topics(DataVersion version, List<TopicConfig> all) {}

    private final BrokerConfig config;
    private final String address;
    private final Supplier<Topics> topics;
    private final RemotingClient client =
            new RemotingClient("broker-register", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final List<Registrar> registrars = new ArrayList<>();
    private final RouteQuestions questions;

    NameServerLink(BrokerConfig config, String address, Supplier<Topics> topics) {
        this.config = config;
        this.address = address;
        this.topics = topics;
        List<RouteQuestions.Server> servers = new ArrayList<>();
        for (InetSocketAddress nameServer : config.nameServers()) {
            Registrar made = new Registrar(
                    nameServer,
                    new NameServerPeer(client, nameServer),
                    "broker-register-" + (registrars.size() + 1),
                    this::registration);
            registrars.add(made);
            // a connection of its own: an answer that is long in coming holds up nothing else
            servers.add(new RouteQuestions.Server(made, new NameServerPeer(client, nameServer)));
        }
        this.questions = new RouteQuestions(servers);
    }

    /** Registers for the first time, and waits for it for a while. */
    void start() throws InterruptedException {
        CompletableFuture<?>[] first = registrars.stream()
                .map(registrar -> registrar.start(config.registerPeriodMillis()))
                .toArray(CompletableFuture[]::new);
        if (!isDone(CompletableFuture.allOf(first), START_MILLIS)
                && !isDone(CompletableFuture.anyOf(first), NameServerPeer.TIMEOUT_MILLIS)) {
            LOG.warn("the first registration with the name servers is not done yet");
        }
    }

    private static boolean isDone(CompletableFuture<?> all, long millis) throws InterruptedException {
        try {
            all.get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    /**
     * A topic was made or changed. Done when the name servers have been told, or after a while of trying; one that did
     * not answer the last time is not waited for.
     */
    CompletableFuture<?> announce(TopicConfig topic) {
        List<CompletableFuture<?>> told = new ArrayList<>();
        for (Registrar registrar : registrars) {
            boolean waitsForIt = registrar.state() != Registrar.State.SILENT;
            CompletableFuture<Void> done = registrar.tell(topic);
            if (waitsForIt) {
                told.add(done);
            }
        }
        return CompletableFuture.allOf(told.toArray(CompletableFuture[]::new))
                .orTimeout(ANNOUNCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** What is offered has changed: the name servers are told of all topics soon, not only with the next period. */
    void renew() {
        registrars.forEach(registrar -> registrar.tell(null));
    }

    /** As {@link RouteQuestions#ask}. */
    CompletableFuture<byte[]> route(String topic) {
        return questions.ask(topic);
    }

    /** The request that tells of a topic, or of all. */
    private Frame registration(@Nullable TopicConfig topic) {
        Topics now = topics.get();
        return registration(now.version(), topic == null ? now.all() : List.of(topic))
                .toFrame();
    }

    private BrokerRegistration registration(DataVersion version, List<TopicConfig> list) {
        return new BrokerRegistration(config.clusterName(), config.brokerName(), address, 0, "", 0, version, list);
    }

    @Override
    public void close() {
        questions.close();
        registrars.forEach(Registrar::end);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(NameServerPeer.TIMEOUT_MILLIS);
        try {
            for (Registrar registrar : registrars) {
                registrar.leave(
                        registration(new DataVersion(0, 0, 0), List.of()).toUnregistration(), deadline);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.close();
    }
}
