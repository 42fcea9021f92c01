package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.client.Patience.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.TestCluster;
import org.fulmar.client.allocation.Allocation;
import org.fulmar.client.allocation.ConsistentHash;
import org.fulmar.client.allocation.MachineRooms;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every allocation, and consumers that poll, while messages flow and members come and go: each message once. */
@Timeout(240)
class MembersUnderLoadTest {
    private static final String NORTH = "north@one";
    private static final String SOUTH = "south@two";
    private static final int QUEUES = 4;
    private static final int MESSAGES = 600;
    private static final int MOVES = 8;
    private static final long SEED = 29;

    @TempDir
    static Path directory;

    private static TestCluster cluster;
    private static ClientInstance sender;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(directory, NORTH, SOUTH);
        sender = cluster.client();
    }

    @AfterAll
    static void stop() throws Exception {
        sender.close();
        cluster.close();
    }

    private static String room(String name) {
        return name.substring(0, name.indexOf('@'));
    }

    /** A group's members, by a number that each gets again when it comes again, and what they have processed. */
    private static final class Group {
        final Topic topic;
        final ConcurrentMap<String, AtomicInteger> times = new ConcurrentHashMap<>();
        final Map<Integer, AutoCloseable> members = new TreeMap<>();
        final Random random = new Random(SEED);

        Group(Topic topic) {
            this.topic = topic;
        }

        void processed(String body) {
            times.computeIfAbsent(body, name -> new AtomicInteger()).incrementAndGet();
        }

        /** While messages are sent to all queues, members come and go; in the end these are there. */
        void comeAndGo(int most, Set<Integer> inTheEnd, IntFunction<AutoCloseable> join) throws Exception {
            AtomicReference<Exception> failure = new AtomicReference<>();
            Thread sending = new Thread(() -> {
                try {
                    for (int i = 0; i < MESSAGES; i++) {
                        String broker = i % 2 == 0 ? NORTH : SOUTH;
                        topic.send(broker, i / 2 % QUEUES, room(broker) + i);
                    }
                } catch (Exception e) {
                    failure.set(e);
                }
            });
            sending.start();
            for (int move = 0; move < MOVES; move++) {
                int member = random.nextInt(most);
                change(member, join);
                LockSupport.parkNanos(1_000_000L * (5 + random.nextInt(60)));
            }
            for (int member = 0; member < most; member++) {
                if (members.containsKey(member) != inTheEnd.contains(member)) {
                    change(member, join);
                }
            }
            sending.join();
            assertThat(failure.get()).isNull();
        }

        private void change(int member, IntFunction<AutoCloseable> join) throws Exception {
            AutoCloseable there = members.remove(member);
            if (there == null) {
                members.put(member, join.apply(member));
            } else {
                there.close();
            }
        }

        /** Each of these messages was processed once, and no other. */
        void awaitOnce(Predicate<String> wanted) {
            Set<String> all = new HashSet<>();
            for (int i = 0; i < MESSAGES; i++) {
                String body = (i % 2 == 0 ? room(NORTH) : room(SOUTH)) + i;
                if (wanted.test(body)) {
                    all.add(body);
                }
            }
            await().until(() -> times.keySet().containsAll(all));
            assertThat(times.keySet()).isEqualTo(all);
            assertThat(times)
                    .as("seed " + SEED)
                    .allSatisfy((body, count) -> assertThat(count).hasValue(1));
        }

        void close() throws Exception {
            for (AutoCloseable member : members.values()) {
                member.close();
            }
        }
    }

    private static ConsumerOptions options() {
        return new ConsumerOptions().startAt(StartPosition.FIRST).threads(4, 4);
    }

    /** The member with an even number lives in the north, the others in the south. */
    private static ClientInstance client(int member) {
        String room = room(member % 2 == 0 ? NORTH : SOUTH);
        return ClientInstance.start(cluster.config().with(ClientConfig.CLIENT_ID, room + "@" + member));
    }

    private static AutoCloseable pushing(Group group, String name, int member, Allocation allocation) {
        ClientInstance client = client(member);
        try {
            PushConsumer consumer = PushConsumer.builder(client, name)
                    .subscribe(group.topic.name(), "*")
                    .options(options().allocation(allocation))
                    .concurrent((messages, context) -> {
                        LockSupport.parkNanos(200_000);
                        messages.forEach(message -> group.processed(Received.body(message)));
                        return ConsumeResult.SUCCESS;
                    })
                    .start();
            return () -> {
                consumer.close();
                client.close();
            };
        } catch (ClientException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<MessageQueue> queues(String topic, String broker) {
        List<MessageQueue> queues = new ArrayList<>();
        for (int i = 0; i < QUEUES; i++) {
            queues.add(new MessageQueue(topic, broker, i));
        }
        return queues;
    }

    private static Stream<Arguments> allocations() {
        Predicate<String> all = body -> true;
        Predicate<String> north = body -> body.startsWith("north");
        return Stream.of(
                Arguments.of("averagely", Allocation.averagely(), all, Set.of(1)),
                Arguments.of("byCircle", Allocation.averagelyByCircle(), all, Set.of(0, 2)),
                Arguments.of("consistentHash", new ConsistentHash(), all, Set.of(1, 2)),
                Arguments.of("inRoom", MachineRooms.in(Set.of("north")), north, Set.of(3)),
                Arguments.of(
                        "nearby",
                        MachineRooms.nearby(
                                Allocation.averagely(), queue -> room(queue.brokerName()), MembersUnderLoadTest::room),
                        all,
                        Set.of(0)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("allocations")
    void eachMessageIsProcessedOnceWhoeverComesAndGoes(
            String name, Allocation allocation, Predicate<String> consumed, Set<Integer> inTheEnd) throws Exception {
        Group group = new Group(Topic.make(cluster, sender, "T-" + name, QUEUES, NORTH, SOUTH));
        try {
            group.comeAndGo(4, inTheEnd, member -> pushing(group, "G-" + name, member, allocation));
            group.awaitOnce(consumed);
        } finally {
            group.close();
        }
    }

    /** Each member has queues of its own: what it leaves behind waits until it comes again. */
    @Test
    void configuredQueuesWaitForTheirMember() throws Exception {
        Topic topic = Topic.make(cluster, sender, "T-configured", QUEUES, NORTH, SOUTH);
        Group group = new Group(topic);
        try {
            group.comeAndGo(
                    2,
                    Set.of(0, 1),
                    member -> pushing(
                            group,
                            "G-configured",
                            member,
                            Allocation.byConfiguration(
                                    new ArrayList<>(queues(topic.name(), member == 0 ? NORTH : SOUTH)))));
            group.awaitOnce(body -> true);
        } finally {
            group.close();
        }
    }

    private static AutoCloseable polling(Group group, String name, int member, boolean autoCommit) {
        ClientInstance client = client(member);
        AtomicBoolean stopped = new AtomicBoolean();
        try {
            PullConsumer consumer = PullConsumer.builder(client, name)
                    .subscribe(group.topic.name(), "*")
                    .options(options().consumeBatch(5).autoCommit(autoCommit))
                    .start();
            AtomicReference<Exception> failure = new AtomicReference<>();
            Thread polling = new Thread(() -> {
                try {
                    while (!stopped.get()) {
                        consumer.poll(Duration.ofMillis(20))
                                .forEach(message -> group.processed(Received.body(message)));
                        if (!autoCommit) {
                            consumer.commit();
                        }
                    }
                } catch (ClientException | InterruptedException e) {
                    failure.set(e);
                }
            });
            polling.start();
            return () -> {
                stopped.set(true);
                polling.join();
                consumer.close();
                client.close();
                assertThat(failure.get()).isNull();
            };
        } catch (ClientException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest(name = "autoCommit={0}")
    @org.junit.jupiter.params.provider.ValueSource(booleans = {true, false})
    void whoPollsGetsEachMessageOnceWhoeverComesAndGoes(boolean autoCommit) throws Exception {
        String name = "polls-" + autoCommit;
        Group group = new Group(Topic.make(cluster, sender, "T-" + name, QUEUES, NORTH, SOUTH));
        try {
            group.comeAndGo(4, Set.of(2), member -> polling(group, "G-" + name, member, autoCommit));
            group.awaitOnce(body -> true);
        } finally {
            group.close();
        }
    }
}
