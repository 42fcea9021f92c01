package org.fulmar.broker.server;

import io.netty.channel.local.LocalAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delay.TimerWheel;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.delivery.GroupTable;
import org.fulmar.broker.filter.Selector;
import org.fulmar.broker.retention.Retention;
import org.fulmar.broker.retention.RetentionState;
import org.fulmar.broker.security.Users;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.LiveRecords;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.store.View;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.broker.transaction.TransactionTable;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingServer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker: puts its parts together, starts and stops them.
 *
 * <p>Threads: the event loops run the {@link Core}, which owns all state; {@code log-flush}, {@code log-allocate} and
 * {@code key-index} belong to the store; {@code broker-business} answers what may block; {@code broker-maintenance}
 * writes checkpoints; {@code broker-register-N} and {@code broker-routes} talk to name servers. When {@link #start}
 * returns, the log is recovered and requests are served; when {@link #close} returns, everything is forced and closed.
 */
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    private static final long SWEEP_MILLIS = 100;
    private static final long SAMPLE_MILLIS = 1000;
    private static final int FRAME_OVERHEAD = 128 * 1024;

    private enum Stage {
        MADE,
        STARTED,
        CLOSED
    }

    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.MADE);
    private final BrokerConfig config;
    private final LongSupplier clock;
    private final boolean inVm;
    private final TopicTable topics;
    private final GroupTable groups = new GroupTable();
    private final ProducerTable producers = new ProducerTable();
    private final ConsumerOffsets offsets = new ConsumerOffsets();
    private final ClientTable clients = new ClientTable();
    private final RocketMqParts rocketMq;
    private final RemotingServer server;
    private final Core core;
    private final MessageStore store;
    private final StoreBacklog backlog;
    private final TurnEnd turn;
    private final TopicService service;
    private final RequestRouter router;
    private final BrokerThreads threads;
    private final DelayedMessages delayed;
    private final Administration admin;
    private final TransactionTable transactions = new TransactionTable();
    private final Reappend reappend;
    private final RocketMqParts.Handlers handlers;
    private final JmsConnections jms;
    private final DeliveryEngine engine;
    private final Checkpoints checkpoints;
    private final Retention retention;
    private @Nullable NameServerLink nameServers;
    private @Nullable InetSocketAddress address;

    /**
     * @param clock milliseconds since the epoch
     * @param inVm whether it listens on an in-VM address alone
     * @throws IOException if the users file can't be read
     */
    public Broker(BrokerConfig config, Disk disk, LongSupplier clock, boolean inVm) throws IOException {
        this(config, disk, clock, inVm, Probe.NONE);
    }

    /**
     * As above.
     *
     * @param probe is told when transactions pass points at which tests kill
     */
    public Broker(BrokerConfig config, Disk disk, LongSupplier clock, boolean inVm, Probe probe) throws IOException {
        this.config = config;
        this.clock = clock;
        this.inVm = inVm;
        this.topics = new TopicTable(config.maxTopics());
        this.threads = new BrokerThreads(config.businessThreads());
        Users users = Users.load(config.usersFile(), config.anonymousAllowed());
        TurnEnd[] lateTurn = new TurnEnd[1];
        RemotingServer[] lateServer = new RemotingServer[1];
        this.core = new Core(task -> lateServer[0].eventLoop(inVm).execute(task), new LateTurn(lateTurn));
        this.router = new RequestRouter(core, threads.business());
        this.server = server(config, router);
        lateServer[0] = server;
        Executor fromTimer = core.fromElsewhere();
        this.rocketMq = new RocketMqParts(config, disk, offsets, clock);
        this.delayed = new DelayedMessages(
                new TimerWheel(disk, config.store().root(), threads::readTimers, fromTimer, Broker::lookAgain),
                rocketMq.recalled());
        this.admin = new Administration(config, clock);
        clients.attendance().clock(clock);
        List<View> views = new ArrayList<>(
                List.of(topics, groups, offsets, delayed, producers, transactions, offsets.resets(), admin.settings()));
        views.addAll(rocketMq.views());
        this.store = new MessageStore(disk, config.store(), views, new StoreEvents());
        store.entryTag(rocketMq.levels()::entryTag);
        this.backlog =
                new StoreBacklog(store, topics, clock, () -> (config.brokerPermission() & TopicConfig.READ) != 0);
        DeliveryOutbox outbox = new DeliveryOutbox(backlog, admin.traffic());
        DeadLetters deadLetters = new DeadLetters(config, backlog, store);
        this.engine = new DeliveryEngine(groups, backlog, store.appender(), outbox, deadLetters, clock);
        outbox.engine(engine);
        Alarm[] lateAlarm = new Alarm[1];
        Alarm alarm = new Alarm(threads.timer(), () -> fromTimer.execute(() -> lateAlarm[0].rang()));
        lateAlarm[0] = alarm;
        this.reappend = new Reappend(store, delayed, transactions, clock, probe);
        this.turn = new TurnEnd(
                store.appender(),
                engine,
                groups,
                outbox,
                delayed,
                rocketMq.levels(),
                reappend,
                new CheckBack(rocketMq.halfMessages(), store, clients, probe),
                alarm,
                clock);
        lateTurn[0] = turn;
        this.service = new TopicService(config, topics, groups, engine, store.appender(), clock, this::announce);
        delayed.connect(store, service);
        deadLetters.connect(service);
        reappend.connect(service);
        Routes routes = routes(probe);
        this.handlers = rocketMq.handlers(routes, admin.traffic());
        this.jms = new JmsConnections(config, users, core, engine, service, producers);
        this.checkpoints = new Checkpoints(core, store, offsets, turn);
        this.retention = makeRetention();
        topics.onDeleted(this::topicDeleted);
        Permissions permissions = new Permissions(topics, jms, engine, clock);
        service.onPermission(permissions::topicChanged);
        admin.settings().onChange(() -> settingsChanged(permissions));
        route(routes, outbox);
    }

    private static RemotingServer server(BrokerConfig config, RequestRouter router) {
        FrameLimits frames = FrameLimits.DEFAULT.withMaxFrameBytes(
                Math.max(FrameLimits.DEFAULT.maxFrameBytes(), config.maxMessageBytes() + FRAME_OVERHEAD));
        return new RemotingServer(
                new RemotingServer.Options(
                        "broker", config.ioThreads(), config.maxConnections(), frames, ConnectionLimits.SERVER),
                router);
    }

    private Routes routes(Probe probe) {
        return new Routes(
                config,
                router,
                core,
                topics,
                clients,
                offsets,
                groups,
                store,
                service,
                backlog,
                turn,
                clock,
                delayed,
                producers,
                transactions,
                reappend,
                probe);
    }

    private Retention makeRetention() {
        List<LiveRecords> live = List.of(
                new LiveMessages(engine, store),
                delayed,
                new LiveLevels(rocketMq.levelProgress(), store),
                rocketMq.halfMessages(),
                new LiveHalves(transactions, store));
        return new Retention(
                store,
                config.retention(),
                live,
                new RetentionHost(core.fromElsewhere(), turn::writeNow, backlog::forgetRecords, this::saveViews),
                clock,
                ZoneId.systemDefault());
    }

    /** Breaks the circle of who is made first: the core, and what is done in its turns. */
    private record LateTurn(TurnEnd[] turn) implements Core.Turn {
        @Override
        public void begin() {
            turn[0].begin();
        }

        @Override
        public boolean end() {
            return turn[0].end();
        }
    }

    private void route(Routes routes, DeliveryOutbox outbox) {
        routes.fill(handlers.send(), handlers.pull(), handlers.client(), jms, engine, Selector::compile)
                .consumers(
                        handlers.group(),
                        handlers.locks(),
                        handlers.sendBack(),
                        handlers.recall(),
                        rocketMq.levelProgress())
                .halfMessages(handlers.natives(), rocketMq.halfMessages())
                .pop(handlers.pop())
                .retention(retention)
                .administration(admin, handlers.pull(), handlers.pop().pop(), handlers.group());
        router.onClosed(connection -> {
            jms.lost(connection);
            handlers.connectionLost(connection);
        });
        router.onWritable(connection -> {
            if (connection.attachment() instanceof JmsPeer peer) {
                outbox.resume(peer, true);
            }
            handlers.pop().pop().writable(connection);
        });
    }

    /** Timers were loaded: the end of the turn that this is a task of sees them. */
    private static void lookAgain() {
        // nothing besides
    }

    /** What the store tells. */
    private final class StoreEvents implements MessageStore.Events {
        @Override
        public Executor core() {
            return core.fromElsewhere();
        }

        @Override
        public void visible(QueueLog queue) {
            admin.traffic().shown(queue);
            engine.wakeTopic(queue.topic());
            rocketMq.visible(queue, handlers);
        }

        @Override
        public void failed(StoreException cause) {
            LOG.error("the store has failed; the broker takes no more messages", cause);
            reappend.failed(cause);
        }
    }

    /** An administrator has changed options; what the broker as a whole allows may be among them. */
    private void settingsChanged(Permissions permissions) {
        permissions.brokerChanged();
        NameServerLink link = nameServers;
        if (link != null) {
            link.renew();
        }
    }

    private void topicDeleted(String topic) {
        admin.traffic().topicDeleted(topic);
        store.topicDeleted(topic);
        backlog.topicDeleted(topic);
        jms.topicDeleted(topic);
        try {
            store.deleteQueues(topic);
        } catch (IOException e) {
            LOG.warn("the queue files of {} could not be removed", topic, e);
        }
    }

    private CompletableFuture<?> announce(TopicConfig topic) {
        NameServerLink link = nameServers;
        return link == null || topics.isTemporary(topic.name())
                ? CompletableFuture.completedFuture(true)
                : link.announce(Permissions.offered(topic, config));
    }

    /**
     * Recovers the store, listens, and registers with the name servers.
     *
     * @return this
     * @throws IOException if the store can't be opened or the address can't be bound; all is closed then
     * @throws IllegalStateException if it was started or closed before
     */
    public Broker start() throws IOException, InterruptedException {
        begin();
        try {
            recover();
            listen();
        } catch (IOException | InterruptedException | RuntimeException e) {
            abandon(e);
            throw e;
        }
        return this;
    }

    /** As {@link #start}, on an in-VM address. */
    public LocalAddress startLocal(String name) throws IOException {
        begin();
        try {
            recover();
            return server.bindLocal(name);
        } catch (IOException | RuntimeException e) {
            abandon(e);
            throw e;
        }
    }

    private void begin() {
        if (!stage.compareAndSet(Stage.MADE, Stage.STARTED)) {
            throw new IllegalStateException("a broker starts once; make another one");
        }
    }

    /** What can't be started leaves no thread and no lock behind. */
    private void abandon(Exception failure) {
        try {
            close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        } catch (InterruptedException e) {
            failure.addSuppressed(e);
            Thread.currentThread().interrupt();
        }
    }

    private void listen() throws IOException, InterruptedException {
        InetSocketAddress bound = server.bind(config.listenAddress());
        address = bound;
        InetSocketAddress told = new InetSocketAddress(config.publicIp(), bound.getPort());
        store.log().storeHost(MessageId.hostBytes(told));
        handlers.storeHost(MessageId.hostBytes(told));
        if (!config.nameServers().isEmpty()) {
            NameServerLink link =
                    new NameServerLink(config, config.publicIp() + ":" + bound.getPort(), this::topicsFromCore);
            nameServers = link;
            handlers.pop().queues().connect(link);
            link.start();
        }
        LOG.info("broker {} listens on {}", config.brokerName(), bound);
    }

    private void recover() throws IOException {
        store.open(topics);
        rocketMq.opened(store, handlers);
        CompletableFuture<@Nullable StoreException> made = new CompletableFuture<>();
        core.execute(() -> {
            try {
                store.appender().time(clock.getAsLong());
                admin.settings().begin(store.appender());
                service.createSystemTopics();
                reappend.resume();
                made.complete(null);
            } catch (StoreException e) {
                made.complete(e);
            }
        });
        StoreException failure = made.join();
        if (failure != null && failure.reason() != StoreException.Reason.DISK_FULL) {
            throw new IOException("the store takes no writes: " + failure.getMessage(), failure);
        }
        threads.every(SWEEP_MILLIS, () -> core.execute(handlers::sweep));
        threads.every(SAMPLE_MILLIS, () -> core.execute(() -> admin.traffic().sample(clock.getAsLong())));
        threads.every(config.store().checkpointIntervalMillis(), () -> checkpoints.write(false));
        retention.start();
    }

    private NameServerLink.Topics topicsFromCore() {
        return onCore(() -> new NameServerLink.Topics(
                topics.version(),
                topics.all().stream()
                        .map(topic -> Permissions.offered(topic, config))
                        .toList()));
    }

    /** Writes a checkpoint, whatever has changed; tells whether that was possible. Any thread. */
    Future<Boolean> saveViews() {
        return threads.maintain(() -> checkpoints.write(true));
    }

    /** What retention has done and what it sees. Any thread. */
    public RetentionState retention() {
        return retention.state();
    }

    public BrokerConfig config() {
        return config;
    }

    /** Asks on the core, which owns what it is asked for, and waits for the answer; not for the core itself. */
    <T> T onCore(Supplier<T> question) {
        return CompletableFuture.supplyAsync(question, core).join();
    }

    /** The RocketMQ clients; owned by the core. */
    ClientTable clients() {
        return clients;
    }

    /** The bits of filters; owned by the core. */
    FilterBits filterBits() {
        return rocketMq.filterBits();
    }

    /** Milliseconds since the epoch, as the broker has it. */
    public LongSupplier clock() {
        return clock;
    }

    /**
     * The socket address that is listened on, with the real port.
     *
     * @throws IllegalStateException if it listens on none
     */
    public InetSocketAddress address() {
        InetSocketAddress bound = address;
        if (bound == null) {
            throw new IllegalStateException(
                    inVm ? "the broker listens inside this process" : "the broker is not started");
        }
        return bound;
    }

    /** A second call, and one from elsewhere meanwhile, does nothing. */
    @Override
    public void close() throws IOException, InterruptedException {
        if (stage.getAndSet(Stage.CLOSED) == Stage.CLOSED) {
            return;
        }
        NameServerLink link = nameServers;
        if (link != null) {
            link.close();
        }
        retention.close();
        threads.endTimed();
        server.closeConnections();
        threads.endBusiness();
        CompletableFuture<Void> quiet = new CompletableFuture<>();
        core.execute(() -> {
            turn.writeNow();
            quiet.complete(null);
        });
        quiet.join();
        store.stopThreads();
        server.close();
        store.close();
    }
}
