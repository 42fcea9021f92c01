package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.Patience;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.TestCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Consumers that poll, with queues of their own choice and as members of a group. */
@Timeout(120)
class PullConsumerTest {
    private static final Duration SOON = Patience.LIMIT;
    private static final Duration NOTHING = Duration.ofMillis(50);

    @TempDir
    static Path directory;

    private static TestCluster cluster;
    private static ClientInstance sender;

    private final List<AutoCloseable> open = new ArrayList<>();
    private String group;
    private Topic topic;
    private MessageQueue queue;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(directory, "a");
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
        topic = Topic.make(cluster, sender, "T-" + name, 2, "a");
        queue = new MessageQueue(topic.name(), "a", 0);
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

    private ConsumerOptions options() {
        return new ConsumerOptions().startAt(StartPosition.FIRST);
    }

    private PullConsumer assigned(ConsumerOptions options) throws Exception {
        PullConsumer consumer = closing(PullConsumer.builder(closing(cluster.client()), group)
                .options(options)
                .start());
        consumer.assign(Set.of(queue));
        return consumer;
    }

    private PullConsumer subscribed(ConsumerOptions options) throws Exception {
        return closing(PullConsumer.builder(closing(cluster.client()), group)
                .subscribe(topic.name(), "*")
                .options(options)
                .start());
    }

    private void send(int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            topic.send("a", 0, "m" + i);
        }
    }

    private static List<String> poll(PullConsumer consumer, int count) throws Exception {
        List<String> bodies = new ArrayList<>();
        long end = System.nanoTime() + SOON.toNanos();
        while (bodies.size() < count && System.nanoTime() < end) {
            consumer.poll(Duration.ofMillis(200)).forEach(message -> bodies.add(Received.body(message)));
        }
        return bodies;
    }

    @Test
    void pollsReturnTheMessagesOfAssignedQueuesInOrder() throws Exception {
        send(0, 50);
        topic.send("a", 1, "not mine");
        PullConsumer consumer = assigned(options().consumeBatch(7));
        assertThat(consumer.poll(SOON)).hasSizeLessThanOrEqualTo(7).isNotEmpty();
        consumer.seek(queue, 0);
        List<String> bodies = poll(consumer, 50);
        assertThat(bodies).hasSize(50).startsWith("m0", "m1").endsWith("m49");
        assertThat(consumer.poll(NOTHING)).isEmpty();
        assertThat(consumer.position(queue)).isEqualTo(50);
        send(50, 51);
        assertThat(poll(consumer, 1)).containsExactly("m50");
    }

    @Test
    void seeksGoToBeginEndOffsetAndTime() throws Exception {
        send(0, 5);
        await().pollDelay(Duration.ofMillis(5)).until(() -> true);
        send(5, 8);
        PullConsumer consumer = assigned(options());
        consumer.seek(queue, 6);
        assertThat(poll(consumer, 2)).containsExactly("m6", "m7");
        consumer.seekToBegin(queue);
        List<ReceivedMessage> all = new ArrayList<>();
        while (all.size() < 8) {
            all.addAll(consumer.poll(SOON));
        }
        long time = all.get(5).storeTimestamp();
        long expected =
                all.stream().filter(message -> message.storeTimestamp() < time).count();
        consumer.seekToTime(queue, time);
        assertThat(poll(consumer, 8 - (int) expected))
                .startsWith("m" + expected)
                .endsWith("m7");
        consumer.seekToEnd(queue);
        assertThat(consumer.poll(NOTHING)).isEmpty();
        send(8, 9);
        assertThat(poll(consumer, 1)).containsExactly("m8");
        MessageQueue strange = new MessageQueue(topic.name(), "a", 1);
        assertThatThrownBy(() -> consumer.seek(strange, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not one of this consumer's");
    }

    @Test
    void pausedQueuesReturnNothing() throws Exception {
        send(0, 3);
        PullConsumer consumer = assigned(options());
        consumer.pause(Set.of(queue));
        consumer.seek(queue, 0);
        assertThat(consumer.poll(NOTHING)).isEmpty();
        consumer.resume(Set.of(queue));
        assertThat(poll(consumer, 3)).hasSize(3);
    }

    @Test
    void whatWasPolledIsDoneWithTheNextPollOrAtTheEnd() throws Exception {
        send(0, 10);
        PullConsumer consumer = subscribed(options().consumeBatch(4).commitEvery(Duration.ofMillis(20)));
        List<ReceivedMessage> first = consumer.poll(SOON);
        assertThat(first).isNotEmpty();
        await().during(Duration.ofMillis(100))
                .until(() -> consumer.committed(queue).orElse(0) == 0);
        List<ReceivedMessage> second = consumer.poll(SOON);
        await().until(() -> consumer.committed(queue).orElse(0) == first.size());
        consumer.close();
        PullConsumer next = subscribed(options());
        assertThat(next.committed(queue)).hasValue(first.size() + second.size());
        assertThat(poll(next, 10 - first.size() - second.size())).endsWith("m9");
    }

    @Test
    void withoutAutoCommitOnlyCommitsCount() throws Exception {
        send(0, 6);
        ConsumerOptions options = options().autoCommit(false).consumeBatch(3);
        PullConsumer consumer = subscribed(options);
        int done = consumer.poll(SOON).size();
        consumer.commit();
        assertThat(consumer.committed(queue)).hasValue(done);
        assertThat(consumer.poll(SOON)).isNotEmpty();
        consumer.close();
        PullConsumer next = subscribed(options);
        assertThat(poll(next, 6 - done)).startsWith("m" + done).hasSize(6 - done);
    }

    @Test
    void membersOfAGroupShareTheQueuesAndAreTold() throws Exception {
        AtomicReference<Set<MessageQueue>> told = new AtomicReference<>(Set.of());
        PullConsumer one = closing(PullConsumer.builder(closing(cluster.client()), group)
                .subscribe(topic.name(), "*")
                .options(options())
                .onAssignment(told::set)
                .start());
        await().until(() -> told.get().size() == 2);
        PullConsumer other = subscribed(options());
        await().until(() -> told.get().size() == 1);
        await().until(() -> {
            one.poll(Duration.ofMillis(1));
            return other.queues().size() == 1;
        });
        Set<MessageQueue> all = new HashSet<>(one.queues());
        all.addAll(other.queues());
        assertThat(all).hasSize(2);
        assertThatThrownBy(() -> one.assign(Set.of(queue))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aQueueInTheApplicationsHandsIsHandedOverAtTheNextPoll() throws Exception {
        send(0, 4);
        topic.send("a", 1, "x");
        PullConsumer one = subscribed(options());
        Set<String> seen = new HashSet<>(poll(one, 5));
        assertThat(seen).hasSize(5);
        PullConsumer other = subscribed(options());
        await().until(() -> one.queues().size() == 1 && other.queues().size() == 1);
        send(4, 5);
        topic.send("a", 1, "y");
        CompletableFuture<List<String>> others = CompletableFuture.supplyAsync(() -> {
            try {
                return poll(other, 1);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        List<String> mine = poll(one, 1);
        assertThat(mine).hasSize(1);
        assertThat(others.get()).hasSize(1);
        Set<String> both = new HashSet<>(mine);
        both.addAll(others.get());
        assertThat(both).containsExactlyInAnyOrder("m4", "y");
    }

    @Test
    void aClosedConsumerSaysSo() throws Exception {
        PullConsumer consumer = assigned(options());
        CompletableFuture<List<ReceivedMessage>> waiting = new CompletableFuture<>();
        Thread polling = new Thread(() -> {
            try {
                waiting.complete(consumer.poll(Duration.ofMinutes(10)));
            } catch (Exception e) {
                waiting.completeExceptionally(e);
            }
        });
        polling.start();
        await().until(() -> polling.getState() == Thread.State.TIMED_WAITING);
        assertThatThrownBy(() -> consumer.poll(NOTHING))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another thread");
        consumer.close();
        assertThat(waiting.get()).isEmpty();
        assertThatThrownBy(() -> consumer.poll(NOTHING))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("closed");
    }
}
