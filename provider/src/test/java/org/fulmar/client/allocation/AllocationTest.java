package org.fulmar.client.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.fulmar.client.MessageQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The shares of a group's members: RocketMQ's, each queue once, the same each time. */
@Timeout(60)
class AllocationTest {
    /** Each allocation, with a hash of what RocketMQ 5.4.0 gives in all cases of {@link #hash}. */
    private enum Case {
        AVERAGELY(Allocation.averagely(), 8033763800125443491L),
        CIRCLE(Allocation.averagelyByCircle(), 3008534711088791093L),
        ROOM(MachineRooms.in(Set.of("r0", "r1")), 8144053957928275665L),
        HASH(new ConsistentHash(), -2504851362068997285L),
        HASH_OF_THREE(new ConsistentHash(3), -8241564067608417545L),
        NEARBY(
                MachineRooms.nearby(
                        Allocation.averagely(),
                        queue -> queue.brokerName().split("@")[0],
                        client -> client.split("-")[0]),
                5926553526476111921L);

        final Allocation allocation;
        final long expected;

        Case(Allocation allocation, long expected) {
            this.allocation = allocation;
            this.expected = expected;
        }
    }

    private static List<MessageQueue> queues(int brokers, int queues) {
        List<MessageQueue> all = new ArrayList<>();
        for (int broker = 0; broker < brokers; broker++) {
            for (int queue = 0; queue < queues; queue++) {
                all.add(new MessageQueue("T", "r" + broker % 3 + "@b" + broker, queue));
            }
        }
        Collections.sort(all);
        return all;
    }

    private static List<String> members(int count) {
        List<String> all = new ArrayList<>();
        for (int member = 0; member < count; member++) {
            all.add("r" + member % 2 + "-client@" + member);
        }
        Collections.sort(all);
        return all;
    }

    private static long hash(Allocation allocation) {
        long hash = 1;
        for (int brokers = 1; brokers <= 4; brokers++) {
            for (int queues = 1; queues <= 8; queues++) {
                for (int count = 1; count <= 7; count++) {
                    List<String> members = members(count);
                    for (String member : members) {
                        Set<MessageQueue> share =
                                new TreeSet<>(allocation.share(member, queues(brokers, queues), members));
                        for (MessageQueue queue : share) {
                            hash = hash * 31 + (member + queue.brokerName() + queue.queueId()).hashCode();
                        }
                        hash = hash * 31 + share.size();
                    }
                }
            }
        }
        return hash;
    }

    @ParameterizedTest
    @EnumSource
    void theSharesAreThoseOfRocketMq(Case each) {
        assertThat(hash(each.allocation)).isEqualTo(each.expected);
    }

    @ParameterizedTest
    @EnumSource
    void eachQueueIsInOneShareAtMostAndAlwaysInTheSame(Case each) {
        Random random = new Random(11);
        for (int round = 0; round < 60; round++) {
            List<MessageQueue> queues = queues(1 + random.nextInt(5), 1 + random.nextInt(16));
            List<String> members = members(1 + random.nextInt(12));
            List<MessageQueue> all = new ArrayList<>();
            for (String member : members) {
                List<MessageQueue> share = each.allocation.share(member, queues, members);
                assertThat(each.allocation.share(member, queues, members)).isEqualTo(share);
                all.addAll(share);
            }
            assertThat(all).doesNotHaveDuplicates();
            if (each == Case.ROOM) {
                queues.removeIf(queue -> queue.brokerName().startsWith("r2"));
            }
            assertThat(all).as("round " + round).containsExactlyInAnyOrderElementsOf(queues);
            assertThat(each.allocation.share("a stranger", queues, members)).isEmpty();
        }
    }

    @Test
    void evenSharesDifferByOneAtMost() {
        for (Allocation each : List.of(Allocation.averagely(), Allocation.averagelyByCircle())) {
            for (int count = 1; count < 20; count++) {
                List<String> members = members(count);
                List<Integer> sizes = members.stream()
                        .map(member -> each.share(member, queues(2, 8), members).size())
                        .toList();
                assertThat(Collections.max(sizes) - Collections.min(sizes)).isLessThan(2);
            }
        }
    }

    @Test
    void aMemberThatJoinsTakesQueuesOfConsistentHashingAndMovesNoOthers() {
        Allocation hash = new ConsistentHash(100);
        List<MessageQueue> queues = queues(4, 16);
        List<String> members = members(5);
        List<String> more = new ArrayList<>(members);
        more.add("z-client@9");
        for (String member : members) {
            assertThat(hash.share(member, queues, members)).containsAll(hash.share(member, queues, more));
        }
    }

    @Test
    void configuredQueuesAreThoseThatTheTopicHas() {
        List<MessageQueue> queues = queues(1, 4);
        Allocation own = Allocation.byConfiguration(List.of(queues.get(2), new MessageQueue("T", "gone", 0)));
        assertThat(own.share("me", queues, List.of("me", "you"))).containsExactly(queues.get(2));
    }
}
