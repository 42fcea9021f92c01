package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.TestCluster;
import org.fulmar.protocol.message.Compression;
import org.fulmar.protocol.message.MessageProperties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Push consumers against two brokers, in clustering and broadcasting. */
@Timeout(120)
class PushConsumerTest {
    private static final ConsumerOptions FIRST = new ConsumerOptions().startAt(StartPosition.FIRST);

    @TempDir
    static Path directory;

    private static TestCluster cluster;
    private static ClientInstance sender;

    private final List<AutoCloseable> open = new ArrayList<>();
    private String group;
    private Topic topic;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(directory, "a", "b");
        sender = cluster.client();
    }

    @AfterAll
    static void stop() throws Exception {
        sender.close();
        cluster.close();
    }

    @BeforeEach
    void makeTopic(TestInfo test) throws Exception {
        String name = test.getTestMethod().orElseThrow().getName();
        group = "G-" + name;
        topic = Topic.make(cluster, sender, "T-" + name, 2, "a", "b");
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private <T extends AutoCloseable> T closing(T closeable) {
        open.add(0, closeable);
        return closeable;
    }

    private ClientInstance client() {
        return closing(cluster.client());
    }

    private PushConsumer.Builder builder(ConsumerOptions options) {
        return PushConsumer.builder(client(), group)
                .subscribe(topic.name(), "*")
                .options(options);
    }

    private void sendToAll(int each) throws Exception {
        for (String broker : List.of("a", "b")) {
            for (int queue = 0; queue < 2; queue++) {
                for (int i = 0; i < each; i++) {
                    topic.send(broker, queue, broker + queue + "-" + i);
                }
            }
        }
    }

    @Test
    void everyMessageOfAllQueuesComesOnce() throws Exception {
        sendToAll(20);
        Received received = new Received();
        closing(builder(FIRST).concurrent(received).start());
        await().until(() -> received.messages.size() >= 80);
        sendToAll(5);
        await().until(() -> received.messages.size() >= 100);
        assertThat(received.byQueue()).hasSize(4);
        assertThat(received.messages).hasSize(100);
    }

    @Test
    void onlyTheTagsThatAreSubscribedCome() throws Exception {
        // "Aa" and "BB" have the same hash, so that the broker takes one for the other
        for (String tag : List.of("Aa", "BB", "C", "D")) {
            topic.send("a", 0, tag, Map.of(MessageProperties.TAGS, tag));
        }
        Received received = new Received();
        closing(PushConsumer.builder(client(), group)
                .subscribe(topic.name(), "Aa || C")
                .options(FIRST)
                .concurrent(received)
                .start());
        await().until(() -> received.messages.size() >= 2);
        topic.send("a", 0, "end", Map.of(MessageProperties.TAGS, "C"));
        await().until(() -> received.messages.size() >= 3);
        assertThat(received.bodies()).containsExactlyInAnyOrder("Aa", "C", "end");
    }

    @Test
    void compressedBodiesComeAsTheyWere() throws Exception {
        String body = "so long, ".repeat(1000);
        for (Compression compression : Compression.values()) {
            byte[] compressed = compression.compress(body.getBytes(StandardCharsets.UTF_8));
            sender.await(topic.sendAsync("a", 0, compressed, compression.sysFlagBits(), Map.of()));
        }
        Received received = new Received();
        closing(builder(FIRST).concurrent(received).start());
        await().until(() -> received.messages.size() == 4);
        assertThat(received.bodies()).containsOnly(body);
    }

    @Test
    void theLastPositionIsStoredSoThatNothingIsSkippedLater() throws Exception {
        sendToAll(1);
        Received first = new Received();
        PushConsumer consumer = builder(new ConsumerOptions()).concurrent(first).start();
        await().until(() -> committed(consumer) == 4);
        consumer.close();
        assertThat(first.messages).isEmpty();
        sendToAll(2);
        Received second = new Received();
        closing(builder(new ConsumerOptions()).concurrent(second).start());
        await().until(() -> second.messages.size() == 8);
    }

    private int committed(PushConsumer consumer) throws Exception {
        int known = 0;
        for (var queue : consumer.queues()) {
            known +=
                    queue.topic().equals(topic.name()) && consumer.stored(queue).isPresent() ? 1 : 0;
        }
        return known;
    }

    @Test
    void aQueueThatIsAddedIsReadFromItsFirstMessage() throws Exception {
        Received received = new Received();
        PushConsumer consumer =
                closing(builder(new ConsumerOptions()).concurrent(received).start());
        await().until(() -> committed(consumer) == 4);
        topic.makeOn("a", 3);
        topic.send("a", 2, "new");
        await().until(() -> received.bodies().contains("new"));
    }

    @Test
    void consumptionBeginsAtATime() throws Exception {
        sendToAll(1);
        long time = sender.clock().getAsLong() + 2;
        await().until(() -> sender.clock().getAsLong() > time);
        topic.send("a", 0, "later");
        Received received = new Received();
        closing(builder(new ConsumerOptions().startAt(StartPosition.at(time)))
                .concurrent(received)
                .start());
        await().until(() -> !received.messages.isEmpty());
        assertThat(received.bodies()).containsExactly("later");
    }

    @Test
    void everyMemberGetsAllInBroadcastingAndGoesOnWhereItWas() throws Exception {
        ConsumerOptions options = new ConsumerOptions()
                .startAt(StartPosition.FIRST)
                .messageModel(MessageModel.BROADCASTING)
                .offsetDirectory(directory.resolve("offsets"));
        sendToAll(5);
        Received one = new Received();
        Received other = new Received();
        ClientInstance client = closing(cluster.client(ClientConfig.CLIENT_ID, "me"));
        PushConsumer consumer = PushConsumer.builder(client, group)
                .subscribe(topic.name(), "*")
                .options(options)
                .concurrent(one)
                .start();
        closing(builder(options).concurrent(other).start());
        await().until(() -> one.messages.size() == 20 && other.messages.size() == 20);
        consumer.close();
        sendToAll(1);
        await().until(() -> other.messages.size() == 24);
        Received again = new Received();
        closing(PushConsumer.builder(client, group)
                .subscribe(topic.name(), "*")
                .options(options)
                .concurrent(again)
                .start());
        await().until(() -> again.messages.size() == 4);
    }

    @Test
    void noMoreIsPulledThanMayBeHeld() throws Exception {
        for (int i = 0; i < 200; i++) {
            topic.sendAsync("a", 0, "m" + i, Map.of());
        }
        topic.send("a", 0, "last");
        CountDownLatch go = new CountDownLatch(1);
        Received received = new Received();
        MessageListener slow = (messages, context) -> {
            go.await();
            return received.consume(messages, context);
        };
        ConsumerOptions options = new ConsumerOptions()
                .startAt(StartPosition.FIRST)
                .queueMessages(40)
                .pullBatch(8)
                .threads(2, 2);
        PushConsumer consumer = closing(builder(options).concurrent(slow).start());
        await().until(() -> consumer.held() >= 40);
        // one pull may be on its way when the bound is reached
        await().during(Duration.ofMillis(100)).until(() -> consumer.held() < 48);
        go.countDown();
        await().until(() -> received.messages.size() == 201);
        assertThat(received.messages).hasSize(201);
    }

    @Test
    void aListenerThatSaysSuccessForSomeGetsTheOthersCountedAsFailed() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        for (int i = 0; i < 4; i++) {
            topic.send("a", 0, "m" + i);
        }
        PushConsumer consumer = closing(
                builder(new ConsumerOptions().startAt(StartPosition.FIRST).consumeBatch(4))
                        .concurrent((messages, context) -> {
                            calls.addAndGet(messages.size());
                            context.acknowledgeFirst(messages.size());
                            return ConsumeResult.SUCCESS;
                        })
                        .start());
        await().until(() -> calls.get() == 4 && consumer.held() == 0);
    }

    @Test
    void closingWaitsForTheListenerAndStoresItsOffset() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Received received = new Received();
        topic.send("a", 0, "one");
        PushConsumer consumer = builder(FIRST)
                .concurrent((messages, context) -> {
                    begun.countDown();
                    go.await();
                    return received.consume(messages, context);
                })
                .start();
        begun.await();
        Thread closer = new Thread(consumer::close);
        closer.start();
        await().during(Duration.ofMillis(50)).until(closer::isAlive);
        go.countDown();
        closer.join();
        assertThat(received.bodies()).containsExactly("one");
        topic.send("a", 0, "two");
        Received second = new Received();
        closing(builder(FIRST).concurrent(second).start());
        await().until(() -> !second.messages.isEmpty());
        assertThat(second.bodies()).containsExactly("two");
    }

    @Test
    void aTopicIsSubscribedAndUnsubscribedWhileItRuns() throws Exception {
        Topic other = Topic.make(cluster, sender, topic.name() + "-other", 1, "a");
        Received received = new Received();
        PushConsumer consumer = closing(builder(FIRST).concurrent(received).start());
        consumer.subscribe(other.name(), "*");
        other.send("a", 0, "other");
        await().until(() -> received.bodies().contains("other"));
        consumer.unsubscribe(other.name());
        await().until(() ->
                consumer.queues().stream().noneMatch(queue -> queue.topic().equals(other.name())));
        other.send("a", 0, "missed");
        topic.send("a", 0, "here");
        await().until(() -> received.bodies().contains("here"));
        assertThat(received.bodies()).containsExactlyInAnyOrder("other", "here");
    }

    @Test
    void suspendedConsumersPullNoMore() throws Exception {
        Received received = new Received();
        PushConsumer consumer = closing(builder(FIRST).concurrent(received).start());
        topic.send("a", 0, "before");
        await().until(() -> received.messages.size() == 1);
        consumer.suspend();
        // the pull that waits at the broker brings this one still; it is the last
        topic.send("a", 0, "on its way");
        await().until(() -> received.messages.size() == 2);
        topic.send("a", 0, "held back");
        await().during(Duration.ofMillis(100)).until(() -> received.messages.size() == 2);
        consumer.resume();
        await().until(() -> received.messages.size() == 3);
    }

    @Test
    void mistakesAreToldAtOnce() throws Exception {
        ClientInstance client = client();
        assertThatThrownBy(() -> PushConsumer.builder(client, "no group")).hasMessageContaining("no group");
        assertThatThrownBy(() -> PushConsumer.builder(client, "G").subscribe("T", "a || "))
                .hasMessageContaining("without a tag");
        assertThatThrownBy(() -> PushConsumer.builder(client, "G").start()).isInstanceOf(IllegalStateException.class);
        closing(builder(FIRST).concurrent(new Received()).start());
        ClientInstance twice = client();
        PushConsumer.Builder second =
                PushConsumer.builder(twice, group).subscribe(topic.name(), "*").concurrent(new Received());
        closing(second.start());
        assertThatThrownBy(second::start).isInstanceOf(ClientException.class).hasMessageContaining(group);
    }
}
