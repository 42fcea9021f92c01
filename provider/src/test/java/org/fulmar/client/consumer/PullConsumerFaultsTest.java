package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.Patience;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.TestCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Polls that are interrupted, and queues that go while others wait for room: neither loses or holds up a message. */
@Timeout(120)
class PullConsumerFaultsTest {
    private static final Duration SOON = Patience.LIMIT;
    private static final long SEED = 17;

    @TempDir
    Path directory;

    private TestCluster cluster;
    private ClientInstance client;
    private Topic topic;

    @BeforeEach
    void start() throws Exception {
        cluster = TestCluster.start(directory, "a");
        client = cluster.client();
        topic = Topic.make(cluster, client, "T", 2, "a");
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        cluster.close();
    }

    private PullConsumer consumer(ConsumerOptions options) throws Exception {
        return PullConsumer.builder(client, "G")
                .options(options.startAt(StartPosition.FIRST))
                .start();
    }

    private void send(int queue, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            topic.send("a", queue, "m" + i);
        }
    }

    private static List<String> bodies(int count) {
        return IntStream.range(0, count).mapToObj(i -> "m" + i).toList();
    }

    @Test
    void aPollThatIsInterruptedBeforeItBeginsLosesNothing() throws Exception {
        int count = 200;
        try (PullConsumer consumer = consumer(new ConsumerOptions().consumeBatch(3))) {
            MessageQueue queue = new MessageQueue("T", "a", 0);
            consumer.assign(Set.of(queue));
            // later, all messages may have been there already whenever it polls
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> consumer.poll(SOON)).isInstanceOf(InterruptedException.class);
            send(0, count);
            List<String> got = new ArrayList<>();
            for (int i = 0; got.size() < count; i++) {
                if (i % 2 == 0) {
                    Thread.currentThread().interrupt();
                }
                try {
                    consumer.poll(SOON).forEach(message -> got.add(Received.body(message)));
                } catch (InterruptedException e) {
                    // the next one finds what this one would have
                } finally {
                    // a poll that had its messages at once has not looked
                    Thread.interrupted();
                }
            }
            assertThat(got).containsExactlyElementsOf(bodies(count));
            assertThat(consumer.position(queue)).isEqualTo(count);
        }
    }

    @Test
    void aPollThatIsInterruptedWhileMessagesComeLosesNothing() throws Exception {
        int count = 400;
        List<String> got = new ArrayList<>();
        AtomicInteger interrupted = new AtomicInteger();
        AtomicBoolean done = new AtomicBoolean();
        Random random = new Random(SEED);
        try (PullConsumer consumer = consumer(new ConsumerOptions().consumeBatch(3))) {
            consumer.assign(Set.of(new MessageQueue("T", "a", 0)));
            Thread polling = new Thread(() -> {
                while (got.size() < count) {
                    try {
                        for (ReceivedMessage message : consumer.poll(Duration.ofMillis(100))) {
                            got.add(Received.body(message));
                        }
                    } catch (InterruptedException e) {
                        interrupted.incrementAndGet();
                    } catch (Exception e) {
                        return;
                    }
                }
                done.set(true);
            });
            polling.start();
            for (int i = 0; i < count; i++) {
                topic.send("a", 0, "m" + i);
                if (random.nextInt(3) == 0) {
                    polling.interrupt();
                }
            }
            await().until(done::get);
            polling.join();
        }
        assertThat(got).as("seed " + SEED).containsExactlyElementsOf(bodies(count));
        assertThat(interrupted).hasPositiveValue();
    }

    @Test
    void aQueueThatGoesMakesRoomForTheOthersOfItsTopic() throws Exception {
        send(0, 50);
        MessageQueue full = new MessageQueue("T", "a", 0);
        MessageQueue other = new MessageQueue("T", "a", 1);
        try (PullConsumer consumer = consumer(new ConsumerOptions().topicMessages(10))) {
            consumer.assign(Set.of(full));
            assertThat(consumer.poll(SOON)).isNotEmpty();
            consumer.assign(Set.of(full, other));
            send(1, 1);
            // there is no room for it yet
            await().during(Duration.ofMillis(200)).until(() -> consumer.position(other) == 0);
            consumer.assign(Set.of(other));
            List<ReceivedMessage> polled = consumer.poll(SOON);
            assertThat(polled).extracting(Received::body).containsExactly("m0");
            assertThat(polled).extracting(ReceivedMessage::queueId).containsExactly(1);
        }
    }
}
