package org.fulmar.client.producer;

import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.SendResult;
import org.fulmar.client.TopicRoute;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.transport.Connection;
import org.jspecify.annotations.Nullable;

/** Sends what is encoded: finds queues, spares brokers, tries again. Thread-safe; never blocks but where it says so. */
final class Sender {
    /** Chooses among a topic's queues; null leaves it to the sender. */
    interface Pick {
        MessageQueue from(List<MessageQueue> queues) throws ClientException;
    }

    final ClientInstance client;
    final ProducerConfig config;
    final FaultTable faults;
    final boolean sparesBrokers;
    final boolean detects;
    private final LongSupplier millis;
    private final Map<String, QueueChooser> choosers = new ConcurrentHashMap<>();

    /**
     * @param millis a clock that only runs forward, in milliseconds
     */
    Sender(ClientInstance client, ProducerConfig config, LongSupplier millis) {
        this.client = client;
        this.config = config;
        this.millis = millis;
        this.faults = new FaultTable(config.sparing());
        this.sparesBrokers = config.bool(ProducerConfig.FAULT_TOLERANCE);
        this.detects = sparesBrokers && config.bool(ProducerConfig.FAULT_DETECTOR);
    }

    long now() {
        return millis.getAsLong();
    }

    /** The queues of a topic by its present route, or null if that is not known. */
    @Nullable QueueChooser chooser(String topic) {
        TopicRoute route = client.knownRoute(topic);
        return route == null ? null : chooser(route);
    }

    /** The same route is the same object as long as it does not change, and comparing all of it would cost. */
    @SuppressWarnings("ReferenceEquality")
    private QueueChooser chooser(TopicRoute route) {
        QueueChooser known = choosers.get(route.topic());
        if (known != null && known.route == route) {
            return known;
        }
        if (choosers.size() > client.config().number(ClientConfig.MAX_TOPICS)) {
            choosers.clear();
        }
        QueueChooser made =
                new QueueChooser(route, known == null ? client.random().nextInt() : known.turn());
        choosers.put(route.topic(), made);
        return made;
    }

    CompletableFuture<QueueChooser> findChooser(String topic) {
        return client.routeForSend(
                        topic, config.text(ProducerConfig.DEFAULT_TOPIC), config.number(ProducerConfig.DEFAULT_QUEUES))
                .thenApply(this::chooser);
    }

    @Nullable MessageQueue choose(QueueChooser chooser, @Nullable String failed) {
        return sparesBrokers ? chooser.choose(failed, faults, now()) : chooser.choose(failed);
    }

    /** Completes on a network thread, with a {@link ClientException} if it fails. */
    CompletableFuture<SendResult> send(Encoded message, @Nullable Pick pick, int retries, long timeoutMillis) {
        Sending sending = new Sending(this, message, pick, retries, timeoutMillis);
        sending.start();
        return sending.done();
    }

    Map<String, String> header(Encoded message, MessageQueue queue) {
        return new SendRequest(
                        config.group(),
                        message.topic(),
                        config.text(ProducerConfig.DEFAULT_TOPIC),
                        config.number(ProducerConfig.DEFAULT_QUEUES),
                        queue.queueId(),
                        message.sysFlag(),
                        message.bornTimestamp(),
                        message.flag(),
                        message.properties(),
                        0,
                        0,
                        message.isBatch())
                .fields();
    }

    /** Sends without an answer; waits for the connection, and while the broker is slow to read. */
    void oneWay(Encoded message, @Nullable Pick pick, long timeoutMillis) throws ClientException, InterruptedException {
        QueueChooser chooser = chooser(message.topic());
        if (chooser == null) {
            chooser = client.await(findChooser(message.topic()));
        }
        MessageQueue queue = pick == null ? choose(chooser, null) : pick.from(chooser.queues);
        String address = queue == null ? null : client.brokerAddress(queue.brokerName(), TopicRoute.MASTER);
        if (queue == null || address == null) {
            throw noQueue(message.topic());
        }
        client.awaitWritable(address, timeoutMillis);
        CompletableFuture<Connection> sent =
                client.oneWay(address, message.code(), header(message, queue), Unpooled.wrappedBuffer(message.body()));
        if (!sent.isDone() || sent.isCompletedExceptionally()) {
            client.await(sent);
        }
    }

    static ClientException noQueue(String topic) {
        return new ClientException(
                ClientException.Kind.NO_ROUTE, "topic " + topic + " has no queue that can be written to");
    }

    /** Asks brokers that are spared whether they live. */
    void detect() {
        for (String broker : faults.suspects(now())) {
            String address = client.brokerAddress(broker, TopicRoute.MASTER);
            if (address == null) {
                faults.forget(broker);
                continue;
            }
            // whatever the answer is, it lives
            client.request(
                            address,
                            RequestCode.GET_MAX_OFFSET,
                            Map.of("topic", "TBW102", "queueId", "0"),
                            Unpooled.EMPTY_BUFFER,
                            config.number(ProducerConfig.DETECT_TIMEOUT))
                    .whenComplete((answer, failure) -> {
                        if (answer != null) {
                            answer.release();
                        }
                        faults.detected(broker, failure == null);
                    });
        }
    }
}
