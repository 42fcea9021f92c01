package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.client.Patience.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.TestCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of messages that a listener fails with: the ladder of retries and the dead letters. */
@Timeout(120)
class RetryTest {
    @TempDir
    static Path directory;

    private static TestCluster cluster;
    private static ClientInstance sender;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(directory);
        cluster.addBroker("a", "messageDelayLevel=20ms 40ms 60ms 80ms 100ms 700ms");
        sender = cluster.client();
    }

    @AfterAll
    static void stop() throws Exception {
        sender.close();
        cluster.close();
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

    private static ConsumerOptions options() {
        return new ConsumerOptions().startAt(StartPosition.FIRST);
    }

    private List<ReceivedMessage> deadLetters(String group, int count) throws Exception {
        PullConsumer reader = closing(PullConsumer.builder(closing(cluster.client()), "reader")
                .options(options())
                .start());
        reader.assign(Set.of(new MessageQueue("%DLQ%" + group, "a", 0)));
        List<ReceivedMessage> dead = new ArrayList<>();
        await().until(() -> {
            dead.addAll(reader.poll(Duration.ofMillis(200)));
            return dead.size() >= count;
        });
        return dead;
    }

    @Test
    void aMessageComesAgainUpTheLadderAndThenGoesToTheDeadLetters() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-ladder", 1, "a");
        List<ReceivedMessage> seen = new CopyOnWriteArrayList<>();
        PushConsumer consumer = closing(PushConsumer.builder(closing(cluster.client()), "G-ladder")
                .subscribe(topic.name(), "*")
                .options(options().maxReconsumeTimes(3))
                .concurrent((messages, context) -> {
                    seen.addAll(messages);
                    return Received.body(messages.get(0)).equals("good")
                            ? ConsumeResult.SUCCESS
                            : ConsumeResult.RETRY_LATER;
                })
                .start());
        topic.send("a", 0, "bad");
        topic.send("a", 0, "good");
        List<ReceivedMessage> dead = deadLetters("G-ladder", 1);
        assertThat(dead).hasSize(1);
        assertThat(Received.body(dead.get(0))).isEqualTo("bad");
        List<ReceivedMessage> bad = seen.stream()
                .filter(message -> Received.body(message).equals("bad"))
                .toList();
        assertThat(bad).extracting(ReceivedMessage::reconsumeTimes).containsExactly(0, 1, 2, 3);
        assertThat(bad).extracting(ReceivedMessage::topic).containsOnly(topic.name());
        assertThat(bad)
                .extracting(ReceivedMessage::messageId)
                .containsOnly(dead.get(0).messageId());
        await().until(() -> seen.size() >= 5 && consumer.held() == 0);
        assertThat(seen).hasSize(5);
    }

    @Test
    void aListenerChoosesTheDelayAndNeverMeansTheDeadLetters() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-level", 1, "a");
        List<Long> times = new CopyOnWriteArrayList<>();
        closing(PushConsumer.builder(closing(cluster.client()), "G-level")
                .subscribe(topic.name(), "*")
                .options(options())
                .concurrent((messages, context) -> {
                    times.add(System.nanoTime());
                    context.retryAtDelayLevel(times.size() == 1 ? 6 : -1);
                    throw new IllegalStateException("as the test wants it");
                })
                .start());
        topic.send("a", 0, "bad");
        assertThat(deadLetters("G-level", 1)).hasSize(1);
        assertThat(times).hasSize(2);
        // without a choice it would be 60 ms; the broker counts from when it began to look at what came
        assertThat(times.get(1) - times.get(0)).isGreaterThan(400_000_000);
    }

    @Test
    void theMessagesThatWereNotAcknowledgedComeAgain() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-some", 1, "a");
        List<String> seen = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 4; i++) {
            topic.send("a", 0, "m" + i);
        }
        closing(PushConsumer.builder(closing(cluster.client()), "G-some")
                .subscribe(topic.name(), "*")
                .options(options().consumeBatch(4))
                .concurrent((messages, context) -> {
                    messages.forEach(message -> seen.add(Received.body(message) + "/" + message.reconsumeTimes()));
                    context.acknowledgeFirst(messages.get(0).reconsumeTimes() == 0 ? 2 : 4);
                    return ConsumeResult.SUCCESS;
                })
                .start());
        await().until(() -> seen.size() == 6);
        assertThat(seen).containsExactlyInAnyOrder("m0/0", "m1/0", "m2/0", "m3/0", "m2/1", "m3/1");
    }

    @Test
    void anOrderedQueueWaitsForItsMessageAndBuriesItWhenItFailsTooOften() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-ordered", 1, "a");
        List<String> seen = new CopyOnWriteArrayList<>();
        AtomicInteger failures = new AtomicInteger();
        closing(PushConsumer.builder(closing(cluster.client()), "G-ordered")
                .subscribe(topic.name(), "*")
                .options(options().maxReconsumeTimes(2).suspendQueue(Duration.ofMillis(10)))
                .ordered((messages, context) -> {
                    String body = Received.body(messages.get(0));
                    seen.add(body);
                    boolean fails = body.equals("bad") || body.equals("once") && failures.getAndIncrement() == 0;
                    return fails ? ConsumeResult.RETRY_LATER : ConsumeResult.SUCCESS;
                })
                .start());
        for (String body : List.of("one", "once", "two", "bad", "three")) {
            topic.send("a", 0, body);
        }
        await().until(() -> seen.contains("three"));
        assertThat(seen).containsExactly("one", "once", "once", "two", "bad", "bad", "bad", "three");
        assertThat(deadLetters("G-ordered", 1)).hasSize(1);
    }
}
