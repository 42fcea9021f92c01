package org.fulmar.broker.pop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.fulmar.broker.pop.QueueShares.Queue;
import org.fulmar.broker.pop.QueueShares.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How queues are dealt out, as Apache's strategies do it. */
@Timeout(180)
class QueueSharesTest {
    private static final List<String> THREE = List.of("c1", "c2", "c3");

    private static List<Queue> queues(int... perBroker) {
        List<Queue> all = new ArrayList<>();
        for (int broker = 0; broker < perBroker.length; broker++) {
            for (int id = 0; id < perBroker[broker]; id++) {
                all.add(new Queue("b" + broker, id));
            }
        }
        return all;
    }

    private static List<Integer> ids(List<Queue> queues) {
        return queues.stream().map(Queue::id).toList();
    }

    @Test
    void averageGivesNeighboursAndTheFirstMembersTheRest() {
        List<Queue> eight = queues(8);
        assertThat(ids(QueueShares.pulled(Strategy.AVG, eight, THREE, "c1"))).containsExactly(0, 1, 2);
        assertThat(ids(QueueShares.pulled(Strategy.AVG, eight, THREE, "c2"))).containsExactly(3, 4, 5);
        assertThat(ids(QueueShares.pulled(Strategy.AVG, eight, THREE, "c3"))).containsExactly(6, 7);
        assertThat(QueueShares.pulled(Strategy.AVG, queues(1), THREE, "c2")).isEmpty();
        assertThat(QueueShares.pulled(Strategy.AVG, eight, THREE, "nobody")).isEmpty();
    }

    @Test
    void circleDealsQueuesOneByOne() {
        assertThat(ids(QueueShares.pulled(Strategy.AVG_BY_CIRCLE, queues(8), THREE, "c2")))
                .containsExactly(1, 4, 7);
    }

    @Test
    void everyQueueHasOneMemberWhateverTheNumbers() {
        for (Strategy strategy : Strategy.values()) {
            for (int members = 1; members < 7; members++) {
                List<String> names =
                        IntStream.range(0, members).mapToObj(i -> "c" + i).toList();
                for (int queues = 0; queues < 9; queues++) {
                    List<Queue> all = queues(queues, 2);
                    List<Queue> dealt = new ArrayList<>();
                    names.forEach(name -> dealt.addAll(QueueShares.pulled(strategy, all, names, name)));
                    assertThat(dealt).containsExactlyInAnyOrderElementsOf(all);
                }
            }
        }
    }

    @Test
    void popIsFromAnyQueueOfEachBrokerUnlessFewMembersShare() {
        List<Queue> all = queues(2, 2);
        assertThat(QueueShares.popped(Strategy.AVG, all, THREE, "c1", 0))
                .containsExactly(new Queue("b0", -1), new Queue("b1", -1));
        assertThat(QueueShares.popped(Strategy.AVG, all, THREE, "c1", 2))
                .as("all of the others")
                .containsExactly(new Queue("b0", -1), new Queue("b1", -1));
        List<Queue> shared = QueueShares.popped(Strategy.AVG, queues(6), THREE, "c2", 1);
        assertThat(ids(shared)).containsExactly(2, 3, 4, 5);
        assertThat(QueueShares.popped(Strategy.AVG, queues(2), THREE, "c3", 1))
                .as("more members than queues")
                .containsExactly(new Queue("b0", 0));
    }
}
