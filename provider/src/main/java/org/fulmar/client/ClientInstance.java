package org.fulmar.client;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;
import org.fulmar.protocol.transport.RequestHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What producers and consumers of an application share: the connections to name servers and brokers, the routes, the
 * heartbeats, and the threads for all that. An application makes one for each cluster it talks to, gives it to its
 * producers and consumers, and closes it last. Thread-safe.
 *
 * <p>Nothing is connected until it is needed. What is asked for completes on the network's threads, so nothing that
 * hangs on its futures may block; {@link #await} waits for one. Brokers know the groups of this client from its
 * heartbeats: sent when a group joins or changes, on every new connection before anything else, and again and again.
 */
public final class ClientInstance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientInstance.class);
    private static final int LEAVE_MILLIS = 1000;
    private static final int WRITABLE_POLL_MILLIS = 5;

    private final ClientConfig config;
    private final String clientId;
    private final LongSupplier clock;
    private final RandomGenerator random;
    private final UniqueIds uniqueIds;
    private final ClientThreads threads;
    private final RemotingClient remoting;
    private final Connections nameServerConnections;
    private final Connections brokerConnections;
    private final Requests requests;
    private final Routes routes;
    private final Heartbeats heartbeats;
    private final Upkeep upkeep;
    private final Replies replies;
    private final Object writable = new Object();
    private volatile boolean leaving;
    private volatile boolean closed;

    private ClientInstance(ClientConfig config, LongSupplier clock, RandomGenerator random) {
        this.config = config;
        this.clock = clock;
        this.random = random;
        InetAddress own = Addresses.own();
        long process = ProcessHandle.current().pid();
        int number = random.nextInt();
        this.uniqueIds = new UniqueIds(own, process, number, clock);
        this.clientId = clientId(config, own, process, number);
        this.threads = new ClientThreads(clientId, config.number(ClientConfig.CALLBACK_THREADS));
        this.remoting = new RemotingClient(
                "fulmar-client-" + clientId,
                config.number(ClientConfig.IO_THREADS),
                FrameLimits.DEFAULT.withMaxFrameBytes(config.number(ClientConfig.MAX_FRAME)),
                ConnectionLimits.CLIENT);
        int connectTimeout = config.number(ClientConfig.CONNECT_TIMEOUT);
        Signing signing = Signing.of(config);
        this.nameServerConnections =
                new Connections(remoting, connectTimeout, threads.resolver(), ClientInstance::refuse, connection -> {});
        Requests toNameServers = new Requests(
                nameServerConnections, threads.scheduler(), config.headerEncoding(), signing, () -> closed);
        NameServers nameServers = new NameServers(
                toNameServers,
                config.nameServers(),
                random.nextInt(config.nameServers().size()),
                config.requestTimeoutMillis());
        this.routes = new Routes(nameServers, config.number(ClientConfig.MAX_TOPICS), this::routeChanged);
        RequestHandler[] handler = new RequestHandler[1];
        this.brokerConnections = new Connections(
                remoting, connectTimeout, threads.resolver(), new Relay(handler), this::brokerConnected);
        this.requests =
                new Requests(brokerConnections, threads.scheduler(), config.headerEncoding(), signing, () -> closed);
        this.heartbeats = new Heartbeats(clientId, requests, routes, config.requestTimeoutMillis());
        this.upkeep = new Upkeep(config, threads, routes, heartbeats, this::pruneConnections, () -> leaving);
        this.replies = new Replies(threads);
        handler[0] = new ServerRequests(
                heartbeats, replies, config.number(ClientConfig.MAX_BODY), upkeep::brokerLost, this::writable);
    }

    /** Breaks the circle of who is made first: requests of brokers, connections, groups. */
    private record Relay(RequestHandler[] to) implements RequestHandler {
        @Override
        public void handle(Request request) {
            to[0].handle(request);
        }

        @Override
        public void closed(Connection connection) {
            to[0].closed(connection);
        }

        @Override
        public void writable(Connection connection) {
            to[0].writable(connection);
        }
    }

    private static void refuse(Request request) {
        request.answer(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "name servers have nothing to ask of clients");
    }

    private static String clientId(ClientConfig config, InetAddress own, long process, int number) {
        if (!config.text(ClientConfig.CLIENT_ID).isEmpty()) {
            return config.text(ClientConfig.CLIENT_ID);
        }
        String instance = config.text(ClientConfig.INSTANCE_NAME);
        return own.getHostAddress() + "@"
                + (instance.isEmpty() ? process + "#" + Integer.toUnsignedString(number) : instance);
    }

    /** Starts a client; it connects to nothing yet. */
    public static ClientInstance start(ClientConfig config) {
        return start(config, System::currentTimeMillis, new java.util.Random());
    }

    /**
     * @param clock milliseconds since the epoch
     * @param random thread-safe
     */
    public static ClientInstance start(ClientConfig config, LongSupplier clock, RandomGenerator random) {
        ClientInstance client = new ClientInstance(config, clock, random);
        client.upkeep.start();
        return client;
    }

    public ClientConfig config() {
        return config;
    }

    /** How brokers know this client. */
    public String clientId() {
        return clientId;
    }

    /** Milliseconds since the epoch. */
    public LongSupplier clock() {
        return clock;
    }

    public RandomGenerator random() {
        return random;
    }

    public UniqueIds uniqueIds() {
        return uniqueIds;
    }

    /** One thread; nothing on it may block. It runs nothing more when the client is closed. */
    public ScheduledExecutorService scheduler() {
        return threads.scheduler();
    }

    /** Runs what the application wants to be called with, on a thread where it may block; what it throws is logged. */
    public void callback(Runnable work) {
        threads.callback(work);
    }

    /** Runs it again and again on the scheduler's thread; what it throws is logged and ends nothing. */
    public ScheduledFuture<?> every(long millis, String what, Runnable work) {
        return threads.every(millis, what, work);
    }

    /** Completes after that time, on the scheduler's thread; fails when the client is closed before. May be cancelled. */
    public CompletableFuture<Void> pause(long millis) {
        return threads.pause(millis);
    }

    /** Whether the caller is on a thread that must not block. */
    public boolean onNetworkThread() {
        return remoting.inEventLoop();
    }

    public boolean isClosed() {
        return leaving;
    }

    // groups

    /**
     * From now on brokers are told of the producer.
     *
     * @throws ClientException if this client has one of the same group, or is closed
     */
    public void join(ProducerMember producer) throws ClientException {
        checkOpen();
        heartbeats.add(producer);
        producer.topics().forEach(routes::get);
        upkeep.beatSoon();
    }

    /**
     * From now on brokers are told of the consumer, and the routes of its topics are kept. {@link #beat} tells when they
     * know.
     *
     * @throws ClientException if this client has one of the same group, or is closed
     */
    public void join(ConsumerMember consumer) throws ClientException {
        checkOpen();
        heartbeats.add(consumer);
        consumer.topics().forEach(routes::get);
        upkeep.beatSoon();
    }

    /** Completes when the brokers have been told, or can't be; never fails. */
    public CompletableFuture<Void> leave(ProducerMember producer) {
        return heartbeats.remove(producer)
                ? heartbeats.unregister("producerGroup", producer.group())
                : CompletableFuture.completedFuture(null);
    }

    /** Completes when the brokers have been told, or can't be; never fails. */
    public CompletableFuture<Void> leave(ConsumerMember consumer) {
        return heartbeats.remove(consumer)
                ? heartbeats.unregister("consumerGroup", consumer.group())
                : CompletableFuture.completedFuture(null);
    }

    /**
     * Tells all brokers of the routes in use what groups there are now; replicas too, if there are consumers. Completes
     * when each has answered or failed; never fails.
     */
    public CompletableFuture<Void> beat() {
        return heartbeats.beat();
    }

    /**
     * As {@link #beat}, but only the brokers that there is a connection to. When it completes, no request that follows
     * reaches a broker before that knows the groups, as they are the first thing that is said on a new connection.
     */
    public CompletableFuture<Void> beatConnected() {
        return heartbeats.beat(true);
    }

    /** RocketMQ's number of the release that a broker speaks for, or 0 if none has answered a heartbeat yet. */
    public int brokerVersion(String address) {
        return heartbeats.brokerVersion(address);
    }

    // routes

    private void routeChanged(TopicRoute route) {
        upkeep.routeChanged(route);
    }

    /** Runs on the event loop before anybody else can use the connection. */
    private void brokerConnected(Connection connection) {
        heartbeats.beat(connection);
    }

    private void pruneConnections() {
        nameServerConnections.prune();
        brokerConnections.prune();
    }

    /** The route as far as it is known now. */
    public @Nullable TopicRoute knownRoute(String topic) {
        return routes.known(topic);
    }

    /** The route as known, or else asked for; fails with {@link ClientException.Kind#NO_ROUTE} if there is none. */
    public CompletableFuture<TopicRoute> route(String topic) {
        return routes.get(topic);
    }

    /** Asks the name servers anew, as when a broker does not know the topic or a connection was lost. */
    public CompletableFuture<TopicRoute> refreshRoute(String topic) {
        return routes.refresh(topic);
    }

    /**
     * The route to send by. If no broker has the topic, what its route will be if brokers make it on the first send.
     *
     * @param defaultTopic whose brokers make topics after it, as TBW102; empty if they should not
     * @param queues the most queues that the new topic is to have on each broker
     */
    public CompletableFuture<TopicRoute> routeForSend(String topic, String defaultTopic, int queues) {
        return routes.forSend(topic, defaultTopic, queues);
    }

    /** The address of a broker in the routes, or null; its master has the number {@link TopicRoute#MASTER}. */
    public @Nullable String brokerAddress(String brokerName, long brokerId) {
        return routes.address(brokerName, brokerId);
    }

    /** The name of the broker with this address, or the address itself. */
    public String brokerName(String address) {
        return routes.brokerName(address);
    }

    // requests

    /**
     * Sends a request to a broker. The future has the answer, whatever its code, and who gets it releases it; it fails
     * with a {@link ClientException} if there is none.
     *
     * @param body passed on
     */
    public CompletableFuture<Frame> request(
            String address, int code, Map<String, String> fields, ByteBuf body, long timeoutMillis) {
        return requests.request(address, code, fields, body, timeoutMillis);
    }

    /** As {@link #request}, but an answer with another code than success is a failure too. */
    public CompletableFuture<Frame> call(
            String address, int code, Map<String, String> fields, ByteBuf body, long timeoutMillis) {
        return request(address, code, fields, body, timeoutMillis).thenApply(answer -> {
            if (answer.code() != ResponseCode.SUCCESS) {
                answer.release();
                throw new CompletionException(
                        ClientException.refused("broker " + address, answer.code(), answer.remark()));
            }
            return answer;
        });
    }

    /** Sends a request that is not answered; the future has the connection when it was handed to that. */
    public CompletableFuture<Connection> oneWay(String address, int code, Map<String, String> fields, ByteBuf body) {
        return requests.oneWay(address, code, fields, body);
    }

    /** As the other, over the connection that a broker has asked on. */
    public void oneWay(Connection connection, int code, Map<String, String> fields, ByteBuf body) {
        connection.oneWay(requests.frame(code, fields, body));
    }

    /**
     * Waits while a broker is slow to read what was sent to it.
     *
     * @throws ClientException {@link ClientException.Kind#OVERLOADED} if it takes longer than that
     */
    public void awaitWritable(String address, long timeoutMillis) throws ClientException, InterruptedException {
        Connection connection = brokerConnections.open(address);
        if (connection == null || connection.isWritable()) {
            return;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        synchronized (writable) {
            while (connection.isOpen() && !connection.isWritable()) {
                if (System.nanoTime() - deadline > 0) {
                    throw new ClientException(
                            ClientException.Kind.OVERLOADED, "broker " + address + " does not read what is sent to it");
                }
                // what waits for the network thread itself to take it is not announced
                writable.wait(WRITABLE_POLL_MILLIS);
            }
        }
    }

    private void writable() {
        synchronized (writable) {
            writable.notifyAll();
        }
    }

    /**
     * Registers a request of the application that waits for a reply of another one.
     *
     * @return fails with {@link ClientException.Kind#TIMED_OUT} if no reply comes in time
     */
    public CompletableFuture<ReceivedMessage> awaitReply(String correlationId, long timeoutMillis) {
        return replies.await(correlationId, timeoutMillis);
    }

    /** How many requests of the application wait for replies. */
    public int repliesAwaited() {
        return replies.size();
    }

    /**
     * Waits for a future of this client. Not to be called on its network threads.
     *
     * @throws ClientException if it has failed
     */
    public <T> T await(CompletableFuture<T> future) throws ClientException, InterruptedException {
        if (!future.isDone() && remoting.inEventLoop()) {
            throw new ClientException(
                    ClientException.Kind.ILLEGAL_USE, "a network thread must not wait: use the asynchronous methods");
        }
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw ClientException.of(e).seenHere();
        } catch (CancellationException e) {
            throw new ClientException(ClientException.Kind.CLOSED, "the operation was cancelled", e);
        } catch (InterruptedException e) {
            future.thenAccept(late -> {
                if (late instanceof Frame frame) {
                    frame.release();
                }
            });
            throw e;
        }
    }

    private void checkOpen() throws ClientException {
        if (leaving) {
            throw ClientException.closed("the client");
        }
    }

    /**
     * Tells brokers that the groups leave, ends what is under way with {@link ClientException.Kind#CLOSED}, closes all
     * connections and ends all threads, but for the one that calls this. Producers and consumers are of no use then.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (leaving) {
                return;
            }
            leaving = true;
        }
        leaveAll();
        closed = true;
        remoting.closeConnections();
        threads.close();
        remoting.close();
    }

    private void leaveAll() {
        CompletableFuture<Void> left = CompletableFuture.allOf(
                CompletableFuture.allOf(
                        heartbeats.producers().stream().map(this::leave).toArray(CompletableFuture<?>[]::new)),
                CompletableFuture.allOf(
                        heartbeats.consumers().stream().map(this::leave).toArray(CompletableFuture<?>[]::new)));
        if (remoting.inEventLoop()) {
            return;
        }
        try {
            left.get(LEAVE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.info("brokers were not told that client {} leaves: they find out by themselves", clientId);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
