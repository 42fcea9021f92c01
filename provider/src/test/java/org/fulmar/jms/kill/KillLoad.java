package org.fulmar.jms.kill;

import jakarta.jms.ConnectionFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.fulmar.jms.kill.ConsumerSession.Mode;

/**
 * The mixed load: two producers and three competing consumers on a queue (AUTO {@code receive}, AUTO listener,
 * CLIENT), two producers and one durable subscriber on a topic (AUTO, {@code receive} and listener in turns).
 *
 * <p>Used by the test's thread; each worker runs on a daemon thread of its own and finds its way back by itself when
 * the broker dies. Everything stops by itself after {@value #LONGEST_MILLIS} ms. It knows Jakarta Messaging and
 * nothing else of the provider.
 */
final class KillLoad implements AutoCloseable {

    static final Channel ORDERS = Channel.queue("kill.orders");
    static final Channel EVENTS = Channel.durable("kill.events", "audit");

    private static final long LONGEST_MILLIS = 600_000;
    private static final long JOIN_MILLIS = 60_000;

    private final Progress progress = new Progress();
    private final StopSignal producersStop = new StopSignal(LONGEST_MILLIS);
    private final List<ProducerWorker> producers = new ArrayList<>();
    private final List<ConsumerWorker> consumers = new ArrayList<>();
    private StopSignal consumersStop = new StopSignal(LONGEST_MILLIS);

    KillLoad(ConnectionFactory factory, Path directory, long seed, int perSecond) {
        for (int i = 1; i <= 2; i++) {
            producers.add(new ProducerWorker(
                    "orders-" + i, ORDERS, false, perSecond, producersStop, factory, directory, progress));
            producers.add(new ProducerWorker(
                    "events-" + i, EVENTS, true, perSecond, producersStop, factory, directory, progress));
        }
        consumers.add(new ConsumerWorker(
                "auto-receive", ORDERS, List.of(Mode.AUTO_RECEIVE), seed, factory, directory, progress));
        consumers.add(new ConsumerWorker(
                "auto-listener", ORDERS, List.of(Mode.AUTO_LISTENER), seed, factory, directory, progress));
        consumers.add(new ConsumerWorker(
                "client-receive", ORDERS, List.of(Mode.CLIENT_RECEIVE), seed, factory, directory, progress));
        consumers.add(new ConsumerWorker(
                "durable", EVENTS, List.of(Mode.AUTO_RECEIVE, Mode.AUTO_LISTENER), seed, factory, directory, progress));
    }

    void startConsumers() {
        consumersStop = new StopSignal(LONGEST_MILLIS);
        for (ConsumerWorker consumer : consumers) {
            consumer.stopOn(consumersStop);
            consumer.start();
        }
    }

    void startProducers() {
        producers.forEach(LoadWorker::start);
    }

    boolean consumersConnectedSince(long nanos) {
        return consumers.stream().allMatch(worker -> worker.isConnectedSince(nanos));
    }

    boolean producersConnectedSince(long nanos) {
        return producers.stream().allMatch(worker -> worker.isConnectedSince(nanos));
    }

    /** Lets the load run for a while. */
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

    /** Each consumer closes its session in the normal way. */
    void stopConsumers() throws InterruptedException {
        consumersStop.set();
        join(consumers);
    }

    private static void join(List<? extends LoadWorker> workers) throws InterruptedException {
        for (LoadWorker worker : workers) {
            if (!worker.join(JOIN_MILLIS)) {
                worker.failed(new IllegalStateException("still running " + JOIN_MILLIS + " ms after its stop"));
            }
        }
    }

    /** What came out of the provider that is no JMSException, and workers that hang. */
    List<String> failures() {
        return workers().flatMap(worker -> worker.failures().stream()).toList();
    }

    private Stream<LoadWorker> workers() {
        return Stream.concat(producers.stream(), consumers.stream());
    }

    @Override
    public void close() {
        producersStop.set();
        consumersStop.set();
        workers().forEach(LoadWorker::closeHistory);
    }
}
