package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.client.Patience.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.TestCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members of a group that come and go while messages flow: who has which queue, and what is processed how often. */
@Timeout(240)
class HandOverTest {
    private static final int QUEUES = 4;

    @TempDir
    static Path directory;

    private static TestCluster cluster;
    private static ClientInstance sender;

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

    /** One member with a client of its own. */
    private record Member(ClientInstance client, PushConsumer consumer) implements AutoCloseable {
        @Override
        public void close() {
            consumer.close();
            client.close();
        }
    }

    /** What all members of a group did, with an eye on what must not be. */
    private static final class Group {
        final String name;
        final Topic topic;
        final boolean ordered;
        final ConcurrentMap<String, AtomicInteger> times = new ConcurrentHashMap<>();
        final ConcurrentMap<String, List<Integer>> orders = new ConcurrentHashMap<>();
        final ConcurrentMap<String, AtomicInteger> busy = new ConcurrentHashMap<>();
        final Set<String> faults = ConcurrentHashMap.newKeySet();
        final Random random;
        volatile int workMicros;

        Group(String name, Topic topic, boolean ordered, Random random) {
            this.name = name;
            this.topic = topic;
            this.ordered = ordered;
            this.random = random;
        }

        Member join(ConsumerOptions options) throws Exception {
            ClientInstance client = cluster.client();
            PushConsumer.Builder builder = PushConsumer.builder(client, name)
                    .subscribe(topic.name(), "*")
                    .options(options);
            return new Member(
                    client, (ordered ? builder.ordered(this::consume) : builder.concurrent(this::consume)).start());
        }

        private ConsumeResult consume(List<ReceivedMessage> messages, ConsumeContext context) {
            String queue = context.queue().toString();
            AtomicInteger at = busy.computeIfAbsent(queue, name -> new AtomicInteger());
            if (at.incrementAndGet() > 1 && ordered) {
                faults.add(queue + " is processed twice at the same time");
            }
            if (workMicros > 0) {
                LockSupport.parkNanos(workMicros * 1000L);
            }
            for (ReceivedMessage message : messages) {
                String body = Received.body(message);
                times.computeIfAbsent(body, name -> new AtomicInteger()).incrementAndGet();
                if (ordered) {
                    orders.computeIfAbsent(queue, name -> new ArrayList<>())
                            .add(Integer.parseInt(body.substring(body.indexOf(':') + 1)));
                }
            }
            at.decrementAndGet();
            return ConsumeResult.SUCCESS;
        }
    }

    /** Members come and go at random, until all that is sent meanwhile is processed. */
    private void comeAndGo(Group group, ConsumerOptions options, int messages, int moves) throws Exception {
        AtomicBoolean sent = new AtomicBoolean();
        Thread sending = new Thread(() -> {
            try {
                for (int i = 0; i < messages; i++) {
                    String broker = i % 2 == 0 ? "a" : "b";
                    int queue = i / 2 % QUEUES;
                    group.topic.send(broker, queue, broker + queue + ":" + i);
                }
                sent.set(true);
            } catch (Exception e) {
                group.faults.add("sending failed: " + e);
            }
        });
        List<Member> members = new ArrayList<>();
        try {
            members.add(group.join(options));
            sending.start();
            for (int move = 0; move < moves; move++) {
                LockSupport.parkNanos(1_000_000L * (5 + group.random.nextInt(60)));
                if (members.size() < 2 || members.size() < 5 && group.random.nextBoolean()) {
                    members.add(group.join(options));
                } else {
                    members.remove(group.random.nextInt(members.size())).close();
                }
            }
            sending.join();
            await().until(() -> group.times.size() == messages);
        } finally {
            sending.join();
            members.forEach(Member::close);
        }
        assertThat(group.faults).isEmpty();
        assertThat(sent).isTrue();
    }

    @Test
    void withLocksEachMessageIsProcessedExactlyOnce() throws Exception {
        for (long seed : new long[] {1}) {
            Topic topic = Topic.make(cluster, sender, "T-once-" + seed, QUEUES, "a", "b");
            Group group = new Group("G-once-" + seed, topic, false, new Random(seed));
            group.workMicros = 300;
            comeAndGo(group, options().threads(4, 4), 1500, 12);
            Map<String, Integer> twice = new LinkedHashMap<>();
            group.times.forEach((body, count) -> {
                if (count.get() != 1) {
                    twice.put(body, count.get());
                }
            });
            assertThat(twice).as("seed " + seed).isEmpty();
        }
    }

    @Test
    void orderedQueuesStayInOrder() throws Exception {
        for (long seed : new long[] {3}) {
            Topic topic = Topic.make(cluster, sender, "T-order-" + seed, QUEUES, "a", "b");
            Group group = new Group("G-order-" + seed, topic, true, new Random(seed));
            group.workMicros = 200;
            comeAndGo(group, options().threads(4, 4), 1500, 12);
            group.orders.forEach((queue, numbers) -> assertThat(numbers)
                    .as("seed " + seed + ", " + queue)
                    .isSorted()
                    .doesNotHaveDuplicates());
        }
    }

    @Test
    void withoutLocksEachMessageIsProcessedAtLeastOnce() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-least", QUEUES, "a", "b");
        Group group = new Group("G-least", topic, false, new Random(5));
        comeAndGo(group, options().handOver(HandOver.IMMEDIATE).threads(4, 4), 1000, 10);
    }

    private static ConsumerOptions options() {
        return new ConsumerOptions().startAt(StartPosition.FIRST);
    }

    @Test
    void everyQueueHasOneOwnerWhoeverComesAndGoes() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-owners", QUEUES, "a", "b");
        Group group = new Group("G-owners", topic, false, new Random(6));
        List<Member> members = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                members.add(group.join(options()));
                await().untilAsserted(() -> assertOwners(members, topic));
            }
            members.remove(0).close();
            await().untilAsserted(() -> assertOwners(members, topic));
        } finally {
            members.forEach(Member::close);
        }
    }

    private static void assertOwners(List<Member> members, Topic topic) throws Exception {
        Map<MessageQueue, Integer> owners = new HashMap<>();
        Set<Integer> sizes = new HashSet<>();
        for (Member member : members) {
            int size = 0;
            for (MessageQueue queue : member.consumer().queues()) {
                if (queue.topic().equals(topic.name())) {
                    owners.merge(queue, 1, Integer::sum);
                    size++;
                }
            }
            sizes.add(size);
        }
        assertThat(owners)
                .hasSize(2 * QUEUES)
                .allSatisfy((queue, count) -> assertThat(count).isOne());
        assertThat(sizes)
                .allSatisfy(size ->
                        assertThat(size).isBetween(2 * QUEUES / members.size(), 2 * QUEUES / members.size() + 1));
    }

    @Test
    void aQueueIsHandedOverWhenItsLastMessageIsProcessed() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-wait", 1, "a");
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger running = new AtomicInteger();
        Received second = new Received();
        ClientInstance client = cluster.client();
        ClientInstance otherClient = cluster.client();
        try (PushConsumer first = PushConsumer.builder(client, "G-wait")
                .subscribe(topic.name(), "*")
                .options(options())
                .concurrent((messages, context) -> {
                    running.incrementAndGet();
                    go.await();
                    running.decrementAndGet();
                    return ConsumeResult.SUCCESS;
                })
                .start()) {
            topic.send("a", 0, "slow");
            await().until(() -> running.get() == 1);
            MessageListener watching = (messages, context) -> {
                assertThat(running).hasValue(0);
                return second.consume(messages, context);
            };
            Thread leaving = new Thread(first::close);
            try (PushConsumer other = PushConsumer.builder(otherClient, "G-wait")
                    .subscribe(topic.name(), "*")
                    .options(options())
                    .concurrent(watching)
                    .start()) {
                leaving.start();
                topic.send("a", 0, "next");
                await().during(Duration.ofMillis(100)).until(second.messages::isEmpty);
                go.countDown();
                await().until(() -> second.messages.size() == 1);
                assertThat(second.bodies()).containsExactly("next");
                assertThat(other.queues()).isNotEmpty();
            }
            leaving.join();
        }
        client.close();
        otherClient.close();
    }

    @Test
    void whatTakesLongerThanTheDrainTimeoutIsGivenUp() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-stuck", 1, "a");
        AtomicBoolean begun = new AtomicBoolean();
        Received second = new Received();
        ClientInstance client = cluster.client();
        ClientInstance otherClient = cluster.client();
        PushConsumer first = PushConsumer.builder(client, "G-stuck")
                .subscribe(topic.name(), "*")
                .options(options().drainTimeout(Duration.ofMillis(200)))
                .concurrent((messages, context) -> {
                    begun.set(true);
                    Thread.currentThread().join();
                    return ConsumeResult.SUCCESS;
                })
                .start();
        topic.send("a", 0, "stuck");
        await().until(begun::get);
        try (PushConsumer other = PushConsumer.builder(otherClient, "G-stuck")
                .subscribe(topic.name(), "*")
                .options(options())
                .concurrent(second)
                .start()) {
            first.close();
            await().until(() -> second.bodies().contains("stuck"));
            assertThat(other.queues()).isNotEmpty();
        }
        client.close();
        otherClient.close();
    }

    @Test
    void theQueuesOfAMemberWhoseClientIsClosedUnderItGoToTheOthers() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-vanished", QUEUES, "a");
        Group group = new Group("G-vanished", topic, false, new Random(8));
        Member vanishing = group.join(options());
        try (Member stays = group.join(options())) {
            await().until(() -> stays.consumer().queues().stream()
                            .filter(queue -> queue.topic().equals(topic.name()))
                            .count()
                    == QUEUES / 2);
            vanishing.client().close();
            for (int queue = 0; queue < QUEUES; queue++) {
                topic.send("a", queue, "x" + queue);
            }
            await().until(() -> group.times.size() == QUEUES);
        } finally {
            vanishing.consumer().close();
        }
    }
}
