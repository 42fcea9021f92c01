package org.fulmar.broker.pop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.fulmar.broker.pop.PopEngine.Outcome;
import org.fulmar.broker.pop.PopEngine.Pop;
import org.fulmar.broker.pop.PopEngine.Result;
import org.fulmar.broker.pop.PopEngine.Taken;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where groups begin, what retention does to them, and how queues take turns. */
@Timeout(180)
class PopEngineTest {
    private static final String GROUP = "g";

    private final PopWorld world = new PopWorld(2);
    private long now = 1000;

    private void send(int queueId, int count) {
        for (int i = 0; i < count; i++) {
            world.queues.get(queueId).add(0);
        }
    }

    private Pop wanted(int max, boolean fromEnd, int... queueIds) {
        return new Pop(GROUP, PopWorld.TOPIC, queueIds, max, 100, fromEnd, false, "", null);
    }

    private Result pop(Pop pop) {
        Result result = world.engine.pop(pop, now, (topic, queueId, offset, before) -> true);
        world.engine.commit();
        return result;
    }

    private static List<Long> offsets(Result result) {
        List<Long> all = new ArrayList<>();
        result.queues().forEach(queue -> all.addAll(queue.offsets()));
        return all;
    }

    @Test
    void newGroupBeginsAtTheFirstMessageWhileItIsThereWhereverItAsksTo() {
        send(0, 2);
        assertThat(offsets(pop(wanted(10, true, 0)))).containsExactly(0L, 1L);
    }

    @Test
    void newGroupOnAnOldQueueBeginsWhereItAsksTo() {
        send(0, 5);
        send(1, 5);
        world.minOffsets[0] = 2;
        world.minOffsets[1] = 2;
        assertThat(offsets(pop(wanted(10, true, 0)))).isEmpty();
        assertThat(offsets(pop(wanted(10, false, 1)))).containsExactly(2L, 3L, 4L);
        send(0, 1);
        assertThat(offsets(pop(wanted(10, true, 0)))).containsExactly(5L);
    }

    @Test
    void newGroupBeginsWhereItHasPulledTo() {
        send(0, 5);
        world.commit(PopWorld.TOPIC, GROUP, 0, 3);
        assertThat(offsets(pop(wanted(10, false, 0)))).containsExactly(3L, 4L);
    }

    @Test
    void groupWhoseOffsetsWereForgottenBeginsAnew() {
        send(0, 2);
        Result first = pop(wanted(10, false, 0));
        world.engine.acknowledge(GROUP, PopWorld.TOPIC, 0, 0, first.popTime(), 100);
        world.engine.acknowledge(GROUP, PopWorld.TOPIC, 0, 1, first.popTime(), 100);
        world.engine.commit();
        assertThat(world.committed(PopWorld.TOPIC, GROUP, 0)).isEqualTo(2);
        world.forget(GROUP, 0);
        assertThat(offsets(pop(wanted(10, false, 0)))).containsExactly(0L, 1L);
    }

    @Test
    void messagesThatRetentionHasTakenHoldNobodyBack() {
        send(0, 6);
        assertThat(offsets(pop(wanted(2, false, 0)))).containsExactly(0L, 1L);
        world.minOffsets[0] = 4;
        now += 100;
        world.engine.expire(now, 10);
        assertThat(offsets(pop(wanted(10, false, 0)))).containsExactly(4L, 5L);
        assertThat(world.committed(PopWorld.TOPIC, GROUP, 0)).isEqualTo(4);
        world.kill(true);
        assertThat(world.committed(PopWorld.TOPIC, GROUP, 0)).isEqualTo(4);
    }

    @Test
    void whatAGroupThatIsGoneWasGivenIsForgottenOnceRetentionHasTakenIt() {
        send(0, 6);
        pop(wanted(4, false, 0));
        world.minOffsets[0] = 3;
        world.engine.settleDeleted();
        assertThat(world.table.unsettled()).as("in somebody's hand").isEqualTo(4);
        now += 100;
        world.engine.expire(now, 10);
        world.engine.settleDeleted();
        world.engine.commit();
        assertThat(world.table.unsettled()).isEqualTo(1);
        assertThat(world.committed(PopWorld.TOPIC, GROUP, 0)).isEqualTo(3);
        world.kill(true);
        assertThat(world.table.unsettled()).isEqualTo(1);
        world.engine.expire(now, 10);
        assertThat(offsets(pop(wanted(10, false, 0)))).containsExactly(3L, 4L, 5L);
    }

    @Test
    void popsOfAllQueuesBeginWithEachInTurn() {
        send(0, 4);
        send(1, 4);
        int first = pop(wanted(1, false, 0, 1)).queues().get(0).queueId();
        int second = pop(wanted(1, false, 0, 1)).queues().get(0).queueId();
        assertThat(List.of(first, second)).containsExactlyInAnyOrder(0, 1);
    }

    @Test
    void messageThatFindsNoRoomIsNotTaken() {
        send(0, 3);
        int[] room = {2};
        Result result = world.engine.pop(wanted(10, false, 0), now, (topic, queueId, offset, before) -> room[0]-- > 0);
        assertThat(offsets(result)).containsExactly(0L, 1L);
        assertThat(result.rest()).isEqualTo(1);
        assertThat(offsets(pop(wanted(10, false, 0)))).containsExactly(2L);
    }

    @Test
    void clockThatIsSetBackMakesNoHandleTwice() {
        send(0, 1);
        Result first = pop(wanted(1, false, 0));
        now += 100;
        world.engine.expire(now, 10);
        now -= 1000;
        Result second = pop(wanted(1, false, 0));
        assertThat(second.popTime()).isGreaterThan(first.popTime());
        assertThat(world.engine.acknowledge(GROUP, PopWorld.TOPIC, 0, 0, first.popTime(), 100))
                .isEqualTo(Outcome.STALE);
        assertThat(world.engine.acknowledge(GROUP, PopWorld.TOPIC, 0, 0, second.popTime(), 100))
                .isEqualTo(Outcome.DONE);
    }

    @Test
    void removedGroupIsForgottenAlsoByAReplay() {
        send(0, 2);
        pop(wanted(1, false, 0));
        world.removeGroup(GROUP);
        assertThat(world.table.unsettled()).isZero();
        assertThat(world.engine.nextDue()).isEqualTo(Long.MAX_VALUE);
        world.kill(true);
        assertThat(world.table.cursor(GROUP, PopWorld.TOPIC, 0)).isNull();
    }

    @Test
    void onlyGroupsWithASettledMessageOrATimeThatIsOverAreWoken() {
        send(0, 2);
        Result result = pop(wanted(2, false, 0));
        world.engine.acknowledge(GROUP, PopWorld.TOPIC, 0, 0, result.popTime(), 100);
        assertThat(world.woken).as("another message is under way").isEmpty();
        now += 99;
        world.engine.expire(now, 10);
        assertThat(world.woken).isEmpty();
        now += 1;
        world.engine.expire(now, 10);
        assertThat(world.woken).containsExactly(GROUP);
        Taken again = pop(wanted(2, false, 0)).queues().get(0);
        assertThat(again.redeliveries()).containsExactly(1);
    }

    @Test
    void peekPassesOverReturnedMessagesThatAreGone() {
        send(0, 4);
        pop(wanted(3, false, 0));
        now += 200;
        world.engine.expire(now, 100);
        world.minOffsets[0] = 2;
        List<Long> seen = new ArrayList<>();
        int count = world.engine.peek(wanted(10, false, 0), (topic, queueId, offset, before) -> {
            assertThat(offset).isGreaterThanOrEqualTo(2);
            return seen.add(offset);
        });
        assertThat(count).isEqualTo(2);
        assertThat(seen).containsExactly(2L, 3L);
    }
}
