package org.fulmar.broker.server;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the broker with its name servers: all topics at start and every period, a new one at once.
 *
 * <p>Runs on a thread of its own, {@code broker-register}. A name server that can't be reached is tried again with the
 * next period; the broker works without it.
 */
final class NameServerLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NameServerLink.class);
    private static final int TIMEOUT_MILLIS = 3000;
    private static final int ANNOUNCE_MILLIS = 1000;

    /** The topics as the core sees them; fetched from the core, so it may wait for it. */
    record Topics(DataVersion version, List<TopicConfig> all) {}

    private final BrokerConfig config;
    private final String address;
    private final Supplier<Topics> topics;
    private final RemotingClient client =
            new RemotingClient("broker-register", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final Map<InetSocketAddress, Connection> connections = new HashMap<>();
    private final ScheduledExecutorService thread;

    NameServerLink(BrokerConfig config, String address, Supplier<Topics> topics) {
        this.config = config;
        this.address = address;
        this.topics = topics;
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "broker-register");
            made.setDaemon(true);
            return made;
        });
    }

    /** Registers for the first time, and waits for it for a while. */
    void start() throws InterruptedException {
        long period = config.registerPeriodMillis();
        var first = thread.submit(this::registerAll);
        thread.scheduleWithFixedDelay(this::registerAll, period, period, TimeUnit.MILLISECONDS);
        try {
            first.get(TIMEOUT_MILLIS + 1000L, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            LOG.warn("the first registration with the name servers is not done yet", e);
        }
    }

    /** A topic was made or changed. Done when the name servers have been told, or after a while of trying. */
    CompletableFuture<?> announce(TopicConfig topic) {
        return CompletableFuture.runAsync(
                        () -> {
                            for (InetSocketAddress nameServer : config.nameServers()) {
                                send(
                                        nameServer,
                                        registration(topics.get().version(), List.of(topic))
                                                .toFrame());
                            }
                        },
                        thread)
                .orTimeout(ANNOUNCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** What is offered has changed: the name servers are told of all topics soon, not only with the next period. */
    void renew() {
        thread.execute(this::registerAll);
    }

    /**
     * What the name servers know of a topic, as the body of their answer; empty if they don't know it. Fails with an
     * {@link IOException} if none of them answers.
     */
    CompletableFuture<byte[]> route(String topic) {
        CompletableFuture<byte[]> route = new CompletableFuture<>();
        try {
            thread.execute(() -> ask(topic, route));
        } catch (RejectedExecutionException e) {
            route.completeExceptionally(new IOException("the broker closes", e));
        }
        return route;
    }

    private void ask(String topic, CompletableFuture<byte[]> route) {
        for (InetSocketAddress nameServer : config.nameServers()) {
            try {
                Map<String, String> fields = Fields.write().put("topic", topic).map();
                Frame answer = connection(nameServer)
                        .request(
                                Frame.request(
                                        RequestCode.GET_ROUTEINFO_BY_TOPIC,
                                        fields,
                                        Unpooled.EMPTY_BUFFER,
                                        HeaderEncoding.JSON),
                                TIMEOUT_MILLIS)
                        .get();
                byte[] body = answer.code() == ResponseCode.SUCCESS ? ByteBufUtil.getBytes(answer.body()) : new byte[0];
                answer.release();
                route.complete(body);
                return;
            } catch (IOException | ExecutionException e) {
                LOG.warn("name server {} can't be asked for the route of {}: {}", nameServer, topic, e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        route.completeExceptionally(new IOException("no name server answers"));
    }

    private BrokerRegistration registration(DataVersion version, List<TopicConfig> list) {
        return new BrokerRegistration(config.clusterName(), config.brokerName(), address, 0, "", 0, version, list);
    }

    private void registerAll() {
        Topics now = topics.get();
        for (InetSocketAddress nameServer : config.nameServers()) {
            send(nameServer, registration(now.version(), now.all()).toFrame());
        }
    }

    private void send(InetSocketAddress nameServer, Frame frame) {
        try {
            Frame answer = connection(nameServer).request(frame, TIMEOUT_MILLIS).get();
            if (answer.code() != ResponseCode.SUCCESS) {
                LOG.warn("name server {} refuses the registration: {}", nameServer, answer.remark());
            }
            answer.release();
        } catch (IOException | ExecutionException e) {
            LOG.warn("name server {} can't be told of this broker: {}", nameServer, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Connection connection(InetSocketAddress nameServer) throws IOException {
        Connection there = connections.get(nameServer);
        if (there == null || !there.isOpen()) {
            there = client.connect(
                    new InetSocketAddress(nameServer.getHostString(), nameServer.getPort()),
                    TIMEOUT_MILLIS,
                    request -> refuse(request));
            connections.put(nameServer, there);
        }
        return there;
    }

    private static void refuse(Request request) {
        request.answer(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "a broker takes no requests on this connection");
    }

    @Override
    public void close() {
        thread.execute(() -> {
            for (Connection connection : connections.values()) {
                if (connection.isOpen()) {
                    connection.request(
                            registration(new DataVersion(0, 0, 0), List.of()).toUnregistration(), TIMEOUT_MILLIS);
                }
            }
        });
        thread.shutdown();
        try {
            if (!thread.awaitTermination(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.close();
    }
}
