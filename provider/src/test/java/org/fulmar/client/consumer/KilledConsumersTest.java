package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.client.Patience.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Patience;
import org.fulmar.client.TestCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members that are killed by SIGKILL while messages flow, and others that join and leave: what becomes of their queues. */
@Timeout(400)
class KilledConsumersTest {
    private static final int QUEUES = 4;
    private static final long PAUSE_NANOS = 1_500_000;
    private static final long SEED = 20_261_121;
    /**
     * Below the 20 s after which members look by themselves who is there, and the 60 s after which brokers forget a lock; and
     * far above what a busy machine needs.
     */
    private static final long SOON_MILLIS = 15_000;

    @TempDir
    Path directory;

    private final KillHistory history = new KillHistory();
    private final List<KilledMember> members = new ArrayList<>();
    private final Map<String, Integer> sent = new ConcurrentSkipListMap<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Random random = new Random(SEED);
    private final long started = System.nanoTime();
    private volatile boolean enough;
    private TestCluster cluster;
    private Topic topic;

    private KilledMember start(String name, String instance) throws Exception {
        KilledMember member =
                new KilledMember(name, instance, cluster.nameServerList(), topic.name(), directory, history);
        members.add(member);
        return member;
    }

    private void send() {
        try {
            for (int i = 0; !enough; i++) {
                String broker = i % 2 == 0 ? "a" : "b";
                int queue = i / 2 % QUEUES;
                String name = broker + queue;
                int number = sent.getOrDefault(name, 0);
                topic.send(broker, queue, name + ":" + number);
                sent.put(name, number + 1);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (Exception e) {
            failure.set(e);
        }
    }

    /** Its listeners are at work in all groups. */
    private void awaitWork(KilledMember... these) throws Exception {
        for (KilledMember member : these) {
            member.awaitReady();
        }
        await().atMost(Patience.LIMIT.multipliedBy(2))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    for (KilledMember member : these) {
                        boolean works = history.processed(KilledMemberMain.CONCURRENT, member.name) > 0
                                && history.processed(KilledMemberMain.ORDERED, member.name) > 0
                                && history.processed(KilledMemberMain.BROADCAST, member.name) > 0;
                        if (!works) {
                            return false;
                        }
                    }
                    return true;
                });
    }

    private void say(String what) {
        System.out.printf("%d ms: %s%n", (System.nanoTime() - started) / 1_000_000, what);
    }

    private void awhile() {
        LockSupport.parkNanos(1_000_000L * (100 + random.nextInt(300)));
    }

    private void kill(KilledMember member) throws Exception {
        history.wasKilled(member.name, member.kill());
    }

    @Test
    void theQueuesOfKilledMembersGoOnAtOnceInOrderAndWithoutLoss() throws Exception {
        cluster = TestCluster.start(directory, "a", "b");
        Thread sending = new Thread(this::send, "sending");
        try (ClientInstance sender = cluster.client()) {
            topic = Topic.make(cluster, sender, "T-killed", QUEUES, "a", "b");
            sending.start();
            comeAndGo();
            enough = true;
            sending.join();
            awaitAll("m1", "m1-again");
            members.get(members.size() - 1).leave();
            report();
        } finally {
            enough = true;
            sending.join();
            for (KilledMember member : members) {
                member.close();
            }
            cluster.close();
        }
        assertThat(failure.get()).isNull();
        check();
    }

    private void comeAndGo() throws Exception {
        KilledMember first = start("m1", "m1");
        KilledMember second = start("m2", "m2");
        KilledMember third = start("m3", "m3");
        awaitWork(first, second, third);
        say("three are at work");
        awhile();
        KilledMember fourth = start("m4", "m4");
        kill(first);
        awaitWork(fourth);
        say("the fourth is at work");
        awhile();
        KilledMember again = start("m1-again", "m1");
        kill(second);
        again.awaitReady();
        // while queues are on their way to who has just joined
        kill(fourth);
        awaitWork(again);
        say("the first is at work again");
        awhile();
        third.leave();
        say("the third has left");
        awhile();
    }

    /** Until the groups have processed all, and the broadcasting member that was killed and came back too. */
    private void awaitAll(String... broadcasting) {
        Map<String, Integer> all = new TreeMap<>(sent);
        int count = all.values().stream().mapToInt(Integer::intValue).sum();
        await().atMost(Patience.LIMIT.multipliedBy(2))
                .until(() -> history.processed(KilledMemberMain.CONCURRENT) >= count
                        && history.processed(KilledMemberMain.ORDERED) >= count
                        && history.missing(KilledMemberMain.BROADCAST, Set.of(broadcasting), all)
                                .isEmpty());
    }

    private void report() {
        System.out.printf(
                "%d messages; processed twice: concurrent %d, ordered %d%n",
                history.processed(KilledMemberMain.ORDERED),
                history.repeats(KilledMemberMain.CONCURRENT),
                history.repeats(KilledMemberMain.ORDERED));
        for (String member : List.of("m1", "m2", "m4")) {
            System.out.printf(
                    "ms from the kill of %s until another consumes its queues: concurrent %s, ordered %s%n",
                    member,
                    history.handOvers(KilledMemberMain.CONCURRENT, member),
                    history.handOvers(KilledMemberMain.ORDERED, member));
        }
    }

    private void check() {
        Set<String> all = Set.of("m1", "m2", "m3", "m4", "m1-again");
        for (String group : List.of(KilledMemberMain.CONCURRENT, KilledMemberMain.ORDERED)) {
            assertThat(history.needlessRepeats(group, all)).as(group).isEmpty();
            for (String member : List.of("m1", "m2", "m4")) {
                assertThat(history.handOvers(group, member))
                        .as(group + ": queues of " + member + " after its death, in ms")
                        .allSatisfy((queue, millis) -> assertThat(millis).isBetween(0L, SOON_MILLIS));
            }
        }
        assertThat(history.handOvers(KilledMemberMain.ORDERED, "m1")).isNotEmpty();
        assertThat(history.disorder(KilledMemberMain.ORDERED)).isEmpty();
        assertThat(history.needlessRepeats(KilledMemberMain.BROADCAST, Set.of("m1", "m1-again")))
                .isEmpty();
        assertThat(history.needlessRepeats(KilledMemberMain.BROADCAST, Set.of("m3")))
                .isEmpty();
    }
}
