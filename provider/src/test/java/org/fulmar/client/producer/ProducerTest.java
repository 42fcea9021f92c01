package org.fulmar.client.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.Patience;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.SendResult;
import org.fulmar.client.SendStatus;
import org.fulmar.client.TestCluster;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sends of every kind to brokers of this process. */
@Timeout(120)
class ProducerTest {
    @TempDir
    Path directory;

    private TestCluster cluster;
    private ClientInstance client;
    private Producer producer;

    @BeforeEach
    void start() throws Exception {
        cluster = TestCluster.start(directory, "a", "b");
        client = cluster.client();
        producer = Producer.start(client, patient("P"));
    }

    @AfterEach
    void stop() throws Exception {
        producer.close();
        client.close();
        cluster.close();
    }

    /** A send that has to be repeated may be stored twice, and a slow disk is no reason for it here. */
    private static ProducerConfig patient(String group) {
        return ProducerConfig.of(group).with(ProducerConfig.SEND_TIMEOUT, Patience.MILLIS);
    }

    private static Message message(String body) {
        return Message.builder("T").body(body).build();
    }

    private List<String> bodies(String topic) throws Exception {
        return Stored.of(client, topic).stream()
                .map(stored -> new String(stored.body(), UTF_8))
                .toList();
    }

    private static ClientException.Kind kindOf(Throwable failure) {
        return ClientException.of(failure).kind();
    }

    /** The topic with four queues on both brokers, which both have made: not only expected to be so. */
    private void onBothBrokers() throws Exception {
        for (String broker : List.of("a", "b")) {
            makeTopic(cluster.brokerAddress(broker), 4);
        }
        await().until(() -> client.await(client.refreshRoute("T")).writeQueues().size() == 8);
    }

    private void makeTopic(String broker, int queues) throws Exception {
        Map<String, String> fields = Fields.write()
                .put("topic", "T")
                .put("defaultTopic", "TBW102")
                .put("readQueueNums", queues)
                .put("writeQueueNums", queues)
                .put("perm", 6)
                .put("topicFilterType", "SINGLE_TAG")
                .put("topicSysFlag", 0)
                .put("order", false)
                .map();
        client.await(client.call(
                        broker, RequestCode.UPDATE_AND_CREATE_TOPIC, fields, Unpooled.EMPTY_BUFFER, Patience.MILLIS))
                .release();
    }

    @Test
    void everyKindOfSendIsStored() throws Exception {
        SendResult first = producer.send(message("sync"));
        MessageQueue queue = first.queue();
        assertThat(first.status()).isEqualTo(SendStatus.SEND_OK);
        producer.send(message("queue"), queue);
        producer.send(message("selector"), QueueSelectors.byHash(), "key");
        producer.send(List.of(message("batch 1"), message("batch 2")));
        producer.send(List.of(message("batch 3"), message("batch 4")), queue);
        producer.sendAsync(message("async")).get();
        producer.sendAsync(message("async queue"), queue).get();
        producer.sendAsync(message("async selector"), QueueSelectors.random(new Random(1)), null)
                .get();
        producer.sendAsync(List.of(message("async batch"))).get();
        producer.sendOneWay(message("one-way"));
        producer.sendOneWay(message("one-way queue"), queue);
        producer.sendOneWay(message("one-way selector"), QueueSelectors.byHash(), 1);

        await().untilAsserted(() -> assertThat(bodies("T"))
                .containsExactlyInAnyOrder(
                        "sync",
                        "queue",
                        "selector",
                        "batch 1",
                        "batch 2",
                        "batch 3",
                        "batch 4",
                        "async",
                        "async queue",
                        "async selector",
                        "async batch",
                        "one-way",
                        "one-way queue",
                        "one-way selector"));
    }

    @Test
    void callbackIsCalledOnceOnAThreadThatMayBlock() throws Exception {
        CompletableFuture<SendResult> told = new CompletableFuture<>();
        producer.sendAsync(message("first"), new SendCallback() {
            @Override
            public void onSuccess(SendResult result) {
                try {
                    told.complete(producer.send(message("second")));
                } catch (ClientException | InterruptedException e) {
                    told.completeExceptionally(e);
                }
            }

            @Override
            public void onFailure(ClientException failure) {
                told.completeExceptionally(failure);
            }
        });
        assertThat(told.get().status()).isEqualTo(SendStatus.SEND_OK);
        assertThat(bodies("T")).containsExactlyInAnyOrder("first", "second");
    }

    @Test
    void allThatAMessageHasArrives() throws Exception {
        Message message = Message.builder("T")
                .body("body")
                .tags("tag")
                .keys("k1", "k2")
                .flag(77)
                .property("colour", "grün")
                .build();
        SendResult sent = producer.send(message);
        ReceivedMessage stored = Stored.of(client, "T").get(0);
        assertThat(stored.tags()).isEqualTo("tag");
        assertThat(stored.keys()).containsExactly("k1", "k2");
        assertThat(stored.flag()).isEqualTo(77);
        assertThat(stored.property("colour")).isEqualTo("grün");
        assertThat(stored.messageId()).isEqualTo(sent.messageId());
        assertThat(stored.offsetMessageId()).isEqualTo(sent.offsetMessageId());
        assertThat(stored.queue()).isEqualTo(sent.queue());
        assertThat(stored.offset()).isEqualTo(sent.offset());
        assertThat(stored.damage()).isNull();
    }

    @Test
    void largeBodiesGoCompressedAndArriveWhole() throws Exception {
        byte[] body = new byte[200_000];
        Arrays.fill(body, (byte) 'x');
        for (String way : List.of("zlib", "lz4", "zstd", "none")) {
            String topic = "T-" + way;
            ProducerConfig config = patient("P-" + way).with(ProducerConfig.COMPRESSION, way);
            try (Producer other = Producer.start(client, config)) {
                other.send(Message.of(topic, body));
            }
            ReceivedMessage stored = Stored.of(client, topic).get(0);
            assertThat(stored.body()).isEqualTo(body);
            if (way.equals("none")) {
                assertThat(stored.storedSize()).isGreaterThan(200_000);
            } else {
                assertThat(stored.storedSize()).isLessThan(10_000);
            }
        }
    }

    @Test
    void whatIsTooLargeOrMixedIsRefusedBeforeItIsSent() {
        List<List<Message>> illegal = List.of(
                List.of(),
                List.of(message("1"), Message.of("U", new byte[1])),
                List.of(Message.builder("T").delayLevel(1).build()),
                List.of(Message.of("T", new byte[3 << 20]), Message.of("T", new byte[2 << 20])));
        for (List<Message> batch : illegal) {
            assertThatThrownBy(() -> producer.send(batch))
                    .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_MESSAGE));
        }
        assertThatThrownBy(() -> producer.send(Message.of("T", new byte[5 << 20])))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_MESSAGE));
        Message wordy = Message.builder("T").property("p", "x".repeat(40_000)).build();
        assertThatThrownBy(() -> producer.sendAsync(wordy).get())
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_MESSAGE));
        assertThatThrownBy(() -> Message.builder("T").property("KEYS", "x"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Message.of("no such/topic", new byte[1])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void manyMessagesAreSplitIntoBatchesInOrder() throws Exception {
        List<Message> messages = new ArrayList<>();
        Set<String> expected = new HashSet<>();
        byte[] body = new byte[100_000];
        for (int i = 0; i < 100; i++) {
            messages.add(Message.builder(i % 2 == 0 ? "T" : "U")
                    .body(body)
                    .keys("k" + i)
                    .build());
            expected.add("k" + i);
        }
        List<SendResult> results = producer.sendAll(messages);
        assertThat(results).hasSizeBetween(3, 6);
        Set<String> found = new HashSet<>();
        for (String topic : List.of("T", "U")) {
            Stored.of(client, topic).forEach(stored -> found.addAll(stored.keys()));
        }
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void messagesGoToAllQueuesInTurn() throws Exception {
        onBothBrokers();
        Set<MessageQueue> used = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            used.add(producer.send(message("y")).queue());
        }
        assertThat(used).hasSize(8);
    }

    @Test
    void equalArgumentsGoToTheSameQueueInOrder() throws Exception {
        Map<Integer, Set<MessageQueue>> used = new ConcurrentHashMap<>();
        producer.send(message("first"));
        List<MessageQueue> queues = producer.queues("T");
        for (int i = 0; i < 40; i++) {
            int key = i % 5;
            QueueSelector fixed =
                    (all, message, argument) -> QueueSelectors.byHash().select(queues, message, argument);
            SendResult sent = producer.send(message("k" + key + "-" + i), fixed, key);
            used.computeIfAbsent(key, any -> new HashSet<>()).add(sent.queue());
        }
        assertThat(used.values()).allSatisfy(of -> assertThat(of).hasSize(1));
    }

    @Test
    void selectorThatChoosesNoQueueOfTheTopicFailsTheSend() {
        assertThatThrownBy(() -> producer.send(message("x"), (queues, message, argument) -> null, null))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_USE));
        assertThatThrownBy(() -> producer.send(
                        message("x"),
                        (queues, message, argument) -> {
                            throw new IllegalStateException("thrown on purpose");
                        },
                        null))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_USE));
        assertThatThrownBy(() -> producer.send(message("x"), new MessageQueue("U", "a", 0)))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_USE));
    }

    @Test
    void topicThatMayNotBeMadeHasNoRoute() throws Exception {
        ProducerConfig config = patient("Q").with(ProducerConfig.DEFAULT_TOPIC, "");
        try (Producer careful = Producer.start(client, config)) {
            assertThatThrownBy(() -> careful.send(message("x")))
                    .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.NO_ROUTE));
        }
    }

    @Test
    void noSendFailsWhenOneOfTwoBrokersStops() throws Exception {
        onBothBrokers();
        ExecutorService background = Executors.newSingleThreadExecutor();
        try {
            Future<?> stopped = background.submit(() -> {
                cluster.stopBroker("b");
                return null;
            });
            List<CompletableFuture<SendResult>> asynchronous = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                assertThat(producer.send(message("during " + i)).status()).isEqualTo(SendStatus.SEND_OK);
                asynchronous.add(producer.sendAsync(message("async " + i)));
            }
            stopped.get();
            for (CompletableFuture<SendResult> sent : asynchronous) {
                assertThat(sent.get().status()).isEqualTo(SendStatus.SEND_OK);
            }
            assertThat(producer.send(message("after")).queue().brokerName()).isEqualTo("a");
        } finally {
            background.shutdownNow();
        }
    }

    @Test
    void failedBrokerIsSparedUntilItIsFoundToLiveAgain() throws Exception {
        ProducerConfig careful = patient("F")
                .with(ProducerConfig.FAULT_TOLERANCE, "true")
                .with(ProducerConfig.FAULT_DETECTOR, "true")
                .with(ProducerConfig.DETECT_INTERVAL, 50);
        try (Producer sparing = Producer.start(client, careful)) {
            onBothBrokers();
            FaultTable faults = sparing.sender().faults;
            cluster.stopBroker("b");
            faults.failed("b", 1, false, sparing.sender().now() - 60_000);
            for (int i = 0; i < 20; i++) {
                assertThat(sparing.send(message("during")).queue().brokerName()).isEqualTo("a");
            }
            cluster.addBroker("b");
            await().until(() ->
                    sparing.send(message("after")).queue().brokerName().equals("b"));
        }
    }

    @Test
    void requestGetsItsReplyWhateverBrokerItWentTo() throws Exception {
        try (ClientInstance answering = cluster.client();
                Producer replier = Producer.start(answering, patient("R"))) {
            for (String broker : List.of("a", "b")) {
                String topic = "ask-" + broker;
                MessageQueue queue = producer.queues("T").stream()
                        .filter(one -> one.brokerName().equals(broker))
                        .findFirst()
                        .orElseThrow();
                producer.send(Message.of(topic, new byte[1]), new MessageQueue(topic, broker, queue.queueId()));
                CompletableFuture<ReceivedMessage> reply = producer.requestAsync(
                        Message.builder(topic).body("question").build(), Patience.MILLIS);
                ReceivedMessage asked = await().ignoreExceptions()
                        .until(() -> lastOf(answering, topic), stored -> stored.property("CORRELATION_ID") != null);
                assertThat(asked.property("REPLY_TO_CLIENT")).isEqualTo(client.clientId());
                replier.reply(asked, "answer".getBytes(UTF_8));
                assertThat(new String(reply.get().body(), UTF_8)).isEqualTo("answer");
                await().until(() -> client.repliesAwaited() == 0);
            }
        }
    }

    private static ReceivedMessage lastOf(ClientInstance client, String topic) throws Exception {
        List<ReceivedMessage> all = Stored.of(client, topic);
        return all.stream()
                .filter(stored -> stored.property("CORRELATION_ID") != null)
                .findFirst()
                .orElse(all.get(0));
    }

    @Test
    void requestWithoutReplyTimesOutAndIsForgotten() throws Exception {
        assertThatThrownBy(() -> producer.request(message("nobody hears"), 200))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.TIMED_OUT));
        await().until(() -> client.repliesAwaited() == 0);
        producer.send(Message.of("plain", new byte[1]));
        ReceivedMessage plain = Stored.of(client, "plain").get(0);
        assertThatThrownBy(() -> producer.reply(plain, new byte[0]))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_MESSAGE));
    }

    @Test
    void recalledMessageIsNotDelivered() throws Exception {
        SendResult sent = producer.send(
                Message.builder("T").body("recalled").delayMillis(4000).build());
        assertThat(producer.recall("T", sent.recallHandle())).isEqualTo(sent.messageId());
        producer.send(Message.builder("T").body("stays").delayMillis(4000).build());
        await().untilAsserted(() -> assertThat(bodies("T")).containsExactly("stays"));
        assertThatThrownBy(() -> producer.recall("T", "no handle"))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_USE));
    }

    @Test
    void queuesThatAreAddedAreUsed() throws Exception {
        producer.send(message("first"));
        await().until(() -> producer.queues("T").stream()
                        .map(MessageQueue::brokerName)
                        .distinct()
                        .count()
                == 1);
        String broker = producer.queues("T").get(0).brokerName();
        makeTopic(cluster.brokerAddress(broker), 11);
        await().until(() -> producer.queues("T").size() == 11);
        Set<Integer> used = new HashSet<>();
        for (int i = 0; i < 11; i++) {
            used.add(producer.send(message("x")).queue().queueId());
        }
        assertThat(used).hasSize(11);
    }

    @Test
    void manyThreadsSendWithoutLossOrDoubles() throws Exception {
        int threads = 8;
        int each = 250;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        Set<String> sent = ConcurrentHashMap.newKeySet();
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                running.add(pool.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        String body = thread + "-" + i;
                        SendResult result = i % 2 == 0
                                ? producer.send(message(body))
                                : producer.sendAsync(message(body)).get();
                        assertThat(sent.add(result.queue() + "@" + result.offset()))
                                .isTrue();
                    }
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(bodies("T")).hasSize(threads * each).doesNotHaveDuplicates();
    }

    @Test
    void binaryHeadersWorkAsWell() throws Exception {
        try (ClientInstance other = cluster.client(ClientConfig.HEADER_ENCODING, "binary");
                Producer binary = Producer.start(other, patient("P"))) {
            assertThat(binary.send(message("x")).status()).isEqualTo(SendStatus.SEND_OK);
        }
    }

    @Test
    void signedRequestsAreTakenByABrokerThatAsksForNoSignature() throws Exception {
        ClientConfig config =
                cluster.config().with(ClientConfig.SECRET_KEY, "secret").with(ClientConfig.ACCESS_KEY, "account");
        assertThat(config.toString()).doesNotContain("secret");
        try (ClientInstance other = ClientInstance.start(config);
                Producer signing = Producer.start(other, patient("P"))) {
            assertThat(signing.send(message("x")).status()).isEqualTo(SendStatus.SEND_OK);
        }
    }

    @Test
    void everySendEndsWhenTheProducerOrTheClientIsClosed() throws Exception {
        for (boolean wholeClient : List.of(false, true)) {
            ClientInstance other = cluster.client(ClientConfig.CLIENT_ID, "closing-" + wholeClient);
            Producer closing = Producer.start(other, patient("P"));
            closing.send(message("first"));
            CountDownLatch begun = new CountDownLatch(1);
            AtomicReference<Throwable> end = new AtomicReference<>();
            List<CompletableFuture<SendResult>> asynchronous = new ArrayList<>();
            Thread sender = new Thread(() -> {
                try {
                    while (true) {
                        asynchronous.add(closing.sendAsync(message("async")));
                        closing.send(message("sync"));
                        begun.countDown();
                    }
                } catch (ClientException | InterruptedException e) {
                    end.set(e);
                }
            });
            sender.start();
            begun.await();
            if (wholeClient) {
                other.close();
            } else {
                closing.close();
            }
            sender.join(Patience.MILLIS);
            assertThat(end.get())
                    .isInstanceOfSatisfying(
                            ClientException.class, e -> assertThat(e.kind()).isEqualTo(ClientException.Kind.CLOSED));
            for (CompletableFuture<SendResult> sent : asynchronous) {
                sent.handle((result, failure) -> failure == null || kindOf(failure) == ClientException.Kind.CLOSED)
                        .thenAccept(ended -> assertThat(ended).isTrue())
                        .get(Patience.MILLIS, TimeUnit.MILLISECONDS);
            }
            closing.close();
            other.close();
            // the last that a thread does is to say that it has ended
            await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet().stream()
                            .map(Thread::getName)
                            .filter(name -> name.contains("closing-" + wholeClient)))
                    .isEmpty());
        }
    }
}
