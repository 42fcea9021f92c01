package org.fulmar.client.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sends of every kind to brokers of this process. */
@Timeout(120)
class ProducerTest extends ProducerSetUp {
    private List<String> bodies(String topic) throws Exception {
        return Stored.of(client, topic).stream()
                .map(stored -> new String(stored.body(), UTF_8))
                .toList();
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
    void recalledMessageIsNotDelivered() throws Exception {
        SendResult sent = producer.send(
                Message.builder("T").body("recalled").delayMillis(8000).build());
        assertThat(producer.recall("T", sent.recallHandle())).isEqualTo(sent.messageId());
        producer.send(Message.builder("T").body("stays").delayMillis(8000).build());
        await().untilAsserted(() -> assertThat(bodies("T")).containsExactly("stays"));
        assertThatThrownBy(() -> producer.recall("T", "no handle"))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_USE));
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
