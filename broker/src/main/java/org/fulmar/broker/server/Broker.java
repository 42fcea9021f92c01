package org.fulmar.broker.server;

import io.netty.channel.local.LocalAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.consume.ConsumerGroups;
import org.fulmar.broker.consume.QueueLocks;
import org.fulmar.broker.delay.LevelProgress;
import org.fulmar.broker.delay.RecalledTimers;
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
import org.fulmar.broker.transaction.HalfMessages;
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
 * writes checkpoints; {@code broker-register} talks to name servers. When {@link #start} returns, the log is recovered
 * and requests are served; when {@link #close} returns, everything is forced and closed.
 */
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    private static final int BUSINESS_QUEUE = 10_000;
    private static final long SWEEP_MILLIS = 100;
    private static final int MAX_CONSUMER_GROUPS = 100_000;
    private static final long SAMPLE_MILLIS = 1000;
    private static final int FRAME_OVERHEAD = 128 * 1024;

    private final BrokerConfig config;
    private final LongSupplier clock;
    private final boolean inVm;
    private final TopicTable topics;
    private final GroupTable groups = new GroupTable();
    private final ProducerTable producers = new ProducerTable();
    private final ConsumerOffsets offsets = new ConsumerOffsets();
    private final ClientTable clients = new ClientTable();
    private final ConsumerGroups consumerGroups = new ConsumerGroups(MAX_CONSUMER_GROUPS);
    private final QueueLocks locks = new QueueLocks();
    private final PopParts pops = new PopParts(offsets);
    private final FilterBits filterBits;
    private final RemotingServer server;
    private final Core core;
    private final MessageStore store;
    private final StoreBacklog backlog;
    private final TurnEnd turn;
    private final TopicService service;
    private final RequestRouter router;
    private final ThreadPoolExecutor business;
    private final ScheduledThreadPoolExecutor maintenance;
    private final ScheduledExecutorService timer;
    private final DelayedMessages delayed;
    private final LevelProgress levelProgress = new LevelProgress();
    private final RecalledTimers recalled = new RecalledTimers();
    private final LevelMessages levels;
    private final JmsReplies jmsReplies;
    private final HalfMessages halfMessages;
    private final Administration admin;
    private final TransactionTable transactions = new TransactionTable();
    private final Reappend reappend;
    private final Probe probe;
    private final Handlers handlers;
    private final Retention retention;
    private @Nullable NameServerLink nameServers;
    private @Nullable InetSocketAddress address;
    private long checkpointedLog = -1;
    private long checkpointedOffsets = -1;

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
        this.probe = probe;
        this.config = config;
        this.clock = clock;
        this.inVm = inVm;
        this.topics = new TopicTable(config.maxTopics());
        Users users = Users.load(config.usersFile(), config.anonymousAllowed());
        this.business = new ThreadPoolExecutor(
                config.businessThreads(),
                config.businessThreads(),
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(BUSINESS_QUEUE),
                threads("broker-business"));
        this.maintenance = new ScheduledThreadPoolExecutor(1, threads("broker-maintenance"));
        maintenance.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        TurnEnd[] lateTurn = new TurnEnd[1];
        RemotingServer[] lateServer = new RemotingServer[1];
        this.core = new Core(task -> lateServer[0].eventLoop(inVm).execute(task), () -> lateTurn[0].end());
        this.router = new RequestRouter(core, business);
        FrameLimits frames = FrameLimits.DEFAULT.withMaxFrameBytes(
                Math.max(FrameLimits.DEFAULT.maxFrameBytes(), config.maxMessageBytes() + FRAME_OVERHEAD));
        this.server = new RemotingServer(
                new RemotingServer.Options(
                        "broker", config.ioThreads(), config.maxConnections(), frames, ConnectionLimits.SERVER),
                router);
        lateServer[0] = server;
        this.timer = Executors.newSingleThreadScheduledExecutor(threads("broker-timer"));
        Executor fromTimer = core.fromElsewhere();
        this.delayed = new DelayedMessages(
                new TimerWheel(disk, config.store().root(), this::readTimers, fromTimer, Broker::lookAgain));
        this.halfMessages = new HalfMessages(config.halfMessages());
        this.admin = new Administration(config, clock);
        clients.attendance().clock(clock);
        this.filterBits = new FilterBits(
                config.calculateFilterBits(), disk, config.store().root(), clock);
        List<View> views = new ArrayList<>(List.of(
                topics,
                groups,
                offsets,
                delayed,
                producers,
                transactions,
                halfMessages,
                consumerGroups,
                offsets.resets(),
                admin.settings(),
                levelProgress,
                recalled,
                filterBits));
        views.addAll(pops.views());
        this.store = new MessageStore(disk, config.store(), views, new StoreEvents());
        this.jmsReplies = new JmsReplies(config.clusterName(), store, clients, clock);
        this.levels = new LevelMessages(config.delayLevels(), levelProgress);
        store.entryTag(levels::entryTag);
        this.backlog =
                new StoreBacklog(store, topics, clock, () -> (config.brokerPermission() & TopicConfig.READ) != 0);
        DeliveryOutbox outbox = new DeliveryOutbox(backlog, admin.traffic());
        DeadLetters deadLetters = new DeadLetters(config, backlog, store);
        DeliveryEngine engine = new DeliveryEngine(groups, backlog, store.appender(), outbox, deadLetters, clock);
        outbox.engine(engine);
        Alarm[] lateAlarm = new Alarm[1];
        Alarm alarm = new Alarm(timer, () -> fromTimer.execute(() -> lateAlarm[0].rang()));
        lateAlarm[0] = alarm;
        this.reappend = new Reappend(store, delayed, transactions, clock, probe);
        this.turn = new TurnEnd(
                store.appender(),
                engine,
                groups,
                outbox,
                delayed,
                levels,
                reappend,
                new CheckBack(halfMessages, store, clients, probe),
                alarm,
                clock);
        lateTurn[0] = turn;
        this.service = new TopicService(config, topics, groups, engine, store.appender(), clock, this::announce);
        delayed.connect(store, service);
        levels.connect(store, service);
        deadLetters.connect(service);
        reappend.connect(service);
        NativeTransactions natives = new NativeTransactions(halfMessages, store, service, clients, clock);
        GroupService groupService = new GroupService(config, consumerGroups, offsets, store, clock);
        ClientHandler client =
                new ClientHandler(service, clients, groupService, locks, new PullSubscriptions(config, clients), clock);
        NativeDelays delays = new NativeDelays(store, delayed, levels, clock);
        RetryTopics retries = new RetryTopics(groupService, service, locks, clock);
        this.handlers = new Handlers(
                client,
                groupService,
                new QueueLockHandler(config, service, clients, locks, client, clock),
                new PullHandler(
                        config, service, store, clients, offsets, groupService, admin.traffic(), filterBits, clock),
                new SendHandler(config, service, store, natives, delays, retries),
                new SendBackHandler(config, store, retries, delays),
                new RecallHandler(config, service, store, delayed, recalled, clock),
                natives,
                new JmsConnections(config, users, core, engine, service, producers),
                engine,
                outbox,
                pops.handlers(
                        config,
                        service,
                        store,
                        backlog,
                        clients,
                        offsets,
                        groupService,
                        admin.traffic(),
                        turn,
                        core.fromElsewhere(),
                        clock));
        List<LiveRecords> live = List.of(
                new LiveMessages(engine, store),
                delayed,
                new LiveLevels(levelProgress, store),
                halfMessages,
                new LiveHalves(transactions, store));
        this.retention = new Retention(
                store,
                config.retention(),
                live,
                new RetentionHost(
                        core.fromElsewhere(),
                        turn::writeNow,
                        backlog::forgetRecords,
                        () -> maintenance.submit(() -> checkpoint(true))),
                clock,
                ZoneId.systemDefault());
        topics.onDeleted(this::topicDeleted);
        Permissions permissions = new Permissions(topics, handlers.jms, engine, clock);
        service.onPermission(permissions::topicChanged);
        admin.settings().onChange(() -> settingsChanged(permissions));
        route();
    }

    private record Handlers(
            ClientHandler client,
            GroupService group,
            QueueLockHandler locks,
            PullHandler pull,
            SendHandler send,
            SendBackHandler sendBack,
            RecallHandler recall,
            NativeTransactions natives,
            JmsConnections jms,
            DeliveryEngine engine,
            DeliveryOutbox outbox,
            PopParts.Handlers pop) {}

    private static ThreadFactory threads(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    private void route() {
        new Routes(
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
                        probe)
                .fill(handlers.send, handlers.pull, handlers.client, handlers.jms, handlers.engine, Selector::compile)
                .consumers(handlers.group, handlers.locks, handlers.sendBack, handlers.recall, levelProgress)
                .halfMessages(handlers.natives, halfMessages)
                .pop(handlers.pop)
                .retention(retention)
                .administration(admin, handlers.pull, handlers.group);
        router.onClosed(connection -> {
            handlers.jms.lost(connection);
            handlers.client.connectionLost(connection);
        });
        router.onWritable(connection -> {
            if (connection.attachment() instanceof JmsPeer peer) {
                handlers.outbox.resume(peer, true);
            }
        });
    }

    /** Timer files are read where checkpoints are written; a broker that closes reads no more. */
    private void readTimers(Runnable task) {
        try {
            maintenance.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("timers are not read any more", e);
        }
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
            handlers.engine.wakeTopic(queue.topic());
            filterBits.visible(queue);
            handlers.pull.visible(queue);
            levels.visible(queue);
            handlers.pop.pop().visible(queue);
            jmsReplies.visible(queue);
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
        groups.topicDeleted(topic);
        pops.topicDeleted(topic);
        offsets.topicDeleted(topic);
        filterBits.topicDeleted(topic);
        backlog.topicDeleted(topic);
        handlers.jms.topicDeleted(topic);
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
     */
    public Broker start() throws IOException, InterruptedException {
        recover();
        InetSocketAddress bound = server.bind(config.listenAddress());
        address = bound;
        InetSocketAddress told = new InetSocketAddress(config.publicIp(), bound.getPort());
        store.log().storeHost(MessageId.hostBytes(told));
        handlers.send.storeHost(MessageId.hostBytes(told));
        handlers.pop.replies().storeHost(MessageId.hostBytes(told));
        if (!config.nameServers().isEmpty()) {
            NameServerLink link =
                    new NameServerLink(config, config.publicIp() + ":" + bound.getPort(), this::topicsFromCore);
            nameServers = link;
            handlers.pop.queues().connect(link);
            link.start();
        }
        LOG.info("broker {} listens on {}", config.brokerName(), bound);
        return this;
    }

    /** As {@link #start}, on an in-VM address. */
    public LocalAddress startLocal(String name) throws IOException {
        recover();
        return server.bindLocal(name);
    }

    private void recover() throws IOException {
        store.open(topic -> topics.get(topic) != null);
        jmsReplies.opened();
        filterBits.opened(store.log());
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
        maintenance.scheduleWithFixedDelay(
                () -> core.execute(this::sweep), SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        maintenance.scheduleWithFixedDelay(
                () -> core.execute(() -> admin.traffic().sample(clock.getAsLong())),
                SAMPLE_MILLIS,
                SAMPLE_MILLIS,
                TimeUnit.MILLISECONDS);
        long interval = config.store().checkpointIntervalMillis();
        maintenance.scheduleWithFixedDelay(() -> checkpoint(false), interval, interval, TimeUnit.MILLISECONDS);
        retention.start();
    }

    /** Answers what has waited long enough, and forgets who has been silent for too long. */
    private void sweep() {
        handlers.pull.expire();
        handlers.locks.expire();
        handlers.client.removeSilent();
        handlers.pop.pop().expire();
    }

    private NameServerLink.Topics topicsFromCore() {
        CompletableFuture<NameServerLink.Topics> answer = new CompletableFuture<>();
        core.execute(() -> answer.complete(new NameServerLink.Topics(
                topics.version(),
                topics.all().stream()
                        .map(topic -> Permissions.offered(topic, config))
                        .toList())));
        return answer.join();
    }

    /**
     * Runs on the maintenance thread: captures on the core, then writes here.
     *
     * @param always also if nothing has changed since the last
     * @return whether one is written
     */
    private boolean checkpoint(boolean always) {
        CompletableFuture<MessageStore.@Nullable CheckpointWork> captured = new CompletableFuture<>();
        core.execute(() -> {
            boolean same = checkpointedLog == store.log().written() && checkpointedOffsets == offsets.changes();
            if (same && !always || store.appender().failed()) {
                captured.complete(null);
                return;
            }
            turn.writeNow();
            checkpointedLog = store.log().written();
            checkpointedOffsets = offsets.changes();
            captured.complete(store.checkpoint());
        });
        MessageStore.CheckpointWork work = captured.join();
        if (work == null) {
            return false;
        }
        try {
            work.run();
            return true;
        } catch (IOException e) {
            LOG.warn("a checkpoint could not be written; a restart replays more of the log", e);
            return false;
        }
    }

    /** What retention has done and what it sees. Any thread. */
    public RetentionState retention() {
        return retention.state();
    }

    public BrokerConfig config() {
        return config;
    }

    /** The RocketMQ clients; owned by the core. */
    ClientTable clients() {
        return clients;
    }

    /** The bits of filters; owned by the core. */
    FilterBits filterBits() {
        return filterBits;
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

    @Override
    public void close() throws IOException, InterruptedException {
        NameServerLink link = nameServers;
        if (link != null) {
            link.close();
        }
        retention.close();
        timer.shutdownNow();
        timer.awaitTermination(10, TimeUnit.SECONDS);
        // not interrupted: that would close the file that is being read or forced
        maintenance.shutdown();
        maintenance.awaitTermination(10, TimeUnit.SECONDS);
        server.closeConnections();
        business.getQueue().clear();
        business.shutdown();
        business.awaitTermination(10, TimeUnit.SECONDS);
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
