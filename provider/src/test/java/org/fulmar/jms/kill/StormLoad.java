package org.fulmar.jms.kill;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.fulmar.jms.kill.StormConsumer.Source;
import org.fulmar.jms.kill.StormConsumer.Subject;
import org.fulmar.jms.kill.StormConsumer.Way;

/**
 * The clients of the storm, with connections that are made once: some with messages sent ahead and some without, some
 * with one session and some with several.
 *
 * <p>Used by the test's thread; each worker runs on a daemon thread of its own.
 */
final class StormLoad implements AutoCloseable {
    private static final long LONGEST_MILLIS = 600_000;
    private static final long JOIN_MILLIS = 60_000;

    private final ConnectionFactory ahead;
    private final ConnectionFactory one;
    private final Path histories;
    private final long seed;
    private final int perSecond;
    private final StormLife life;
    private final Progress progress = new Progress();
    private final StopSignal producersStop = new StopSignal(LONGEST_MILLIS);
    private final StopSignal consumersStop = new StopSignal(LONGEST_MILLIS);
    private final List<Connection> connections = new ArrayList<>();
    private final List<StormWorker> producers = new ArrayList<>();
    private final List<StormWorker> consumers = new ArrayList<>();
    /** Those that the broker owes a message soon after its return. */
    private final List<StormWorker> measured = new ArrayList<>();

    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());

    /**
     * @param ahead of connections to which messages are sent ahead
     * @param one of connections that get one message when they ask for one
     */
    StormLoad(
            ConnectionFactory ahead, ConnectionFactory one, Path histories, long seed, int perSecond, StormLife life) {
        this.ahead = ahead;
        this.one = one;
        this.histories = histories;
        this.seed = seed;
        this.perSecond = perSecond;
        this.life = life;
    }

    void open() throws JMSException {
        openConsumers();
        openDialogue();
        openWanderers();
        for (StormTraffic traffic : StormTraffic.values()) {
            if (traffic != StormTraffic.REQUESTS) {
                Connection connection = connection(ahead, null);
                produce(traffic, true, connection);
                produce(traffic, false, connection);
            }
        }
    }

    private void openConsumers() throws JMSException {
        Connection orders = connection(ahead, null);
        Connection singly = connection(one, null);
        Subject queue = new Subject(StormTraffic.ORDERS, StormTraffic.ORDERS.queue(), "");
        consume("orders-receive", queue, Way.AUTO_RECEIVE, orders, fromQueue(queue, null));
        consume("orders-client", queue, Way.CLIENT_RECEIVE, orders, fromQueue(queue, null));
        consume("orders-listener", queue, Way.AUTO_LISTENER, connection(ahead, null), fromQueue(queue, null));
        consume("orders-singly", queue, Way.AUTO_RECEIVE, singly, fromQueue(queue, null));
        consume("orders-singly-listener", queue, Way.CLIENT_LISTENER, singly, fromQueue(queue, null));

        String topic = StormTraffic.EVENTS.destination();
        Subject crew = new Subject(StormTraffic.EVENTS, Channel.durable(topic, "crew"), "");
        Source shared = session -> session.createSharedDurableConsumer(session.createTopic(topic), "crew");
        consume("crew-receive", crew, Way.AUTO_RECEIVE, connection(ahead, null), shared);
        consume("crew-listener", crew, Way.AUTO_LISTENER, orders, shared);
        consume("crew-singly", crew, Way.CLIENT_RECEIVE, singly, shared);
        consume(
                "audit",
                new Subject(StormTraffic.EVENTS, Channel.durable(topic, "audit"), ""),
                Way.CLIENT_RECEIVE,
                connection(ahead, "auditor"),
                session -> session.createDurableConsumer(session.createTopic(topic), "audit"));

        Connection colours = connection(ahead, null);
        for (int i = 0; i < StormTraffic.colours(); i++) {
            String selector = StormTraffic.selector(i);
            Subject subject = new Subject(StormTraffic.COLOURS, StormTraffic.COLOURS.queue(), selector);
            consume("colour-" + i, subject, Way.values()[i], i == 0 ? singly : colours, fromQueue(subject, selector));
        }
        Subject groups = new Subject(StormTraffic.GROUPS, StormTraffic.GROUPS.queue(), "");
        for (int i = 0; i < 3; i++) {
            add(consumer("groups-" + i, groups, Way.values()[i], connection(ahead, null), fromQueue(groups, null)));
        }
        Subject delayed = new Subject(StormTraffic.DELAYED, StormTraffic.DELAYED.queue(), "");
        consume("delayed", delayed, Way.AUTO_RECEIVE, orders, fromQueue(delayed, null));
        consume("delayed-singly", delayed, Way.AUTO_LISTENER, connection(one, null), fromQueue(delayed, null));
    }

    private void openDialogue() throws JMSException {
        add(new StormDialogue.Responder(
                "responder", connection(ahead, null), progress, life, consumersStop, histories));
        for (ConnectionFactory factory : List.of(ahead, one)) {
            StormWorker requester = new StormDialogue.Requester(
                    factory == one ? "requester-singly" : "requester",
                    perSecond,
                    connection(factory, null),
                    progress,
                    producersStop,
                    histories);
            producers.add(requester);
            measured.add(requester);
        }
    }

    private void openWanderers() throws JMSException {
        for (boolean client : List.of(false, true)) {
            for (ConnectionFactory factory : List.of(ahead, one)) {
                add(new StormWanderer(
                        "wanderer" + (client ? "-client" : "") + (factory == one ? "-singly" : ""),
                        client,
                        seed,
                        connection(factory, null),
                        progress,
                        life,
                        consumersStop,
                        histories));
            }
        }
    }

    private Connection connection(ConnectionFactory factory, String clientId) throws JMSException {
        Connection connection = factory.createConnection();
        connections.add(connection);
        if (clientId != null) {
            connection.setClientID(clientId);
        }
        connection.setExceptionListener(e -> {
            if (!String.valueOf(e.getMessage()).contains("it is being made again")) {
                failures.add("told to an exception listener: " + e);
            }
        });
        connection.start();
        return connection;
    }

    private static Source fromQueue(Subject subject, String selector) {
        return session ->
                session.createConsumer(session.createQueue(subject.channel().destination()), selector);
    }

    private void consume(String name, Subject subject, Way way, Connection connection, Source source)
            throws JMSException {
        measured.add(add(consumer(name, subject, way, connection, source)));
    }

    private StormConsumer consumer(String name, Subject subject, Way way, Connection connection, Source source)
            throws JMSException {
        return new StormConsumer(
                name, subject, way, seed, connection, source, progress, life, consumersStop, histories);
    }

    private StormWorker add(StormWorker consumer) {
        consumers.add(consumer);
        return consumer;
    }

    private void produce(StormTraffic traffic, boolean async, Connection connection) throws JMSException {
        StormWorker producer = new StormProducer(
                traffic.name().toLowerCase(java.util.Locale.ROOT) + (async ? "-async" : "-sync"),
                traffic,
                async,
                perSecond,
                seed,
                connection,
                progress,
                producersStop,
                histories);
        producers.add(producer);
        measured.add(producer);
    }

    void start() {
        workers().forEach(StormWorker::start);
    }

    /** Whether each has had a message, or the confirmation of one, since then. */
    boolean isBackSince(long nanos) {
        return measured.stream().allMatch(worker -> worker.hasSucceededSince(nanos));
    }

    /** Who has had nothing since then. */
    List<String> missingSince(long nanos) {
        return measured.stream()
                .filter(worker -> !worker.hasSucceededSince(nanos))
                .map(StormWorker::name)
                .toList();
    }

    void runFor(long millis) {
        producersStop.awaitMillis(millis);
    }

    Progress progress() {
        return progress;
    }

    void stopProducers() throws InterruptedException {
        producersStop.set();
        join(producers);
    }

    /** The workers end; the connections close in good order. */
    void stopConsumers() throws InterruptedException, JMSException {
        consumersStop.set();
        join(consumers);
        for (Connection connection : connections) {
            connection.close();
        }
    }

    private static void join(List<StormWorker> workers) throws InterruptedException {
        for (StormWorker worker : workers) {
            if (!worker.join(JOIN_MILLIS)) {
                worker.failed("still running " + JOIN_MILLIS + " ms after its stop");
            }
        }
    }

    private Stream<StormWorker> workers() {
        return Stream.concat(consumers.stream(), producers.stream());
    }

    List<String> failures() {
        return Stream.concat(failures.stream(), workers().flatMap(worker -> worker.failures().stream()))
                .toList();
    }

    @Override
    public void close() throws JMSException {
        producersStop.set();
        consumersStop.set();
        for (Connection connection : connections) {
            connection.close();
        }
        workers().forEach(StormWorker::closeHistory);
    }
}
