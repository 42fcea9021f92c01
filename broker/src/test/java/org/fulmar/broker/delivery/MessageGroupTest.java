package org.fulmar.broker.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.Release;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Message groups at their bounds: more waits for one consumer than is remembered, and consumers go. */
@Timeout(180)
class MessageGroupTest {
    private static final String QUEUE = "queue";
    private static final int GROUP = 3;
    /** More than wait for one owner. */
    private static final int MANY = 3000;

    private final MemoryBacklog backlog = new MemoryBacklog();
    private final GroupTable groups = new GroupTable();
    private final RecordedFacts facts = new RecordedFacts();
    private final Map<Integer, List<Long>> delivered = new TreeMap<>();
    private final DeliveryEngine engine = Engines.of(
            groups,
            backlog,
            facts,
            (consumer, topic, queueId, offset, count) -> delivered
                    .computeIfAbsent(consumer.id(), id -> new ArrayList<>())
                    .add(offset));
    private final SubscriptionGroup queue;

    MessageGroupTest() {
        backlog.addQueue(QUEUE);
        queue = groups.create(SubscriptionGroup.QUEUE, QUEUE, false, null, false, false, Map.of(0, 0L), facts);
    }

    private void send(int group) {
        backlog.appendGrouped(QUEUE, 0, 0, group);
        backlog.show(QUEUE, 0, backlog.nextOffset(QUEUE, 0));
        engine.wakeTopic(QUEUE);
    }

    private Consumer open(int id, int credit) {
        Consumer consumer = engine.open(queue, Engines.opening(id, 1, "c", null, credit));
        engine.running(consumer, true);
        return consumer;
    }

    private void dispatch() {
        int turns = 0;
        while (engine.dispatch()) {
            turns++;
            assertThat(turns).as("turns without an end").isLessThan(1000);
        }
    }

    @Test
    void othersGoOnWhileAGroupWaitsForItsConsumerAndThenItComesInOrder() {
        Consumer owner = open(1, 1);
        send(GROUP);
        dispatch();
        Consumer other = open(2, MANY);
        for (int i = 0; i < 500; i++) {
            send(GROUP);
            backlog.send(QUEUE, 0, 0, 1);
            engine.wakeTopic(QUEUE);
        }
        dispatch();
        assertThat(delivered.get(1)).containsExactly(0L);
        assertThat(delivered.get(2)).hasSize(500).allMatch(offset -> offset % 2 == 0);
        engine.addCredit(owner, MANY);
        dispatch();
        assertThat(delivered.get(1)).hasSize(501).isSorted();
        assertThat(other.held()).isEqualTo(500);
    }

    @Test
    void moreThanIsRememberedWaitsInTheQueueAndNothingIsLost() {
        Consumer owner = open(1, 1);
        send(GROUP);
        dispatch();
        open(2, MANY);
        for (int i = 0; i < MANY; i++) {
            send(GROUP);
        }
        backlog.send(QUEUE, 0, 0, 1);
        dispatch();
        assertThat(delivered.get(1)).hasSize(1);
        assertThat(owner.parked()).hasSize(1024);
        engine.addCredit(owner, MANY);
        dispatch();
        assertThat(delivered.get(1)).hasSize(MANY + 1).isSorted();
        assertThat(delivered.get(2)).containsExactly(MANY + 1L);
    }

    @Test
    void theNextConsumerGetsAllThatWaitedWhenTheOwnerGoes() {
        Consumer owner = open(1, 1);
        send(GROUP);
        dispatch();
        Consumer heir = open(2, 10 * MANY);
        for (int i = 0; i < MANY; i++) {
            send(GROUP);
        }
        dispatch();
        engine.close(owner, 0);
        dispatch();
        assertThat(delivered.get(2)).hasSize(MANY + 1).isSorted().startsWith(0L);
        assertThat(heir.held()).isEqualTo(MANY + 1);
    }

    @Test
    void whatComesBackAtDifferentTimesGoesOutInOrder() throws DeliveryException {
        Consumer owner = open(1, 4);
        for (int i = 0; i < 4; i++) {
            send(GROUP);
        }
        dispatch();
        open(2, 10);
        release(owner, 1);
        dispatch();
        release(owner, 3);
        dispatch();
        release(owner, 0);
        assertThat(delivered.get(2)).as("the group is another's").isNull();
        engine.addCredit(owner, 1);
        dispatch();
        engine.addCredit(owner, 5);
        dispatch();
        assertThat(delivered.get(1)).containsExactly(0L, 1L, 2L, 3L, 0L, 1L, 3L);
    }

    private void release(Consumer consumer, long offset) throws DeliveryException {
        engine.release(
                new Release(1, true, List.of(new Acknowledge.Range(consumer.id(), 0, offset, 1))), id -> consumer);
    }

    @Test
    void messageThatExpiresWhileItWaitsForItsConsumerIsNotDelivered() {
        Consumer owner = open(1, 1);
        send(GROUP);
        dispatch();
        open(2, 10);
        send(GROUP);
        send(GROUP);
        dispatch();
        backlog.expire(QUEUE, 0, 1);
        engine.addCredit(owner, 10);
        dispatch();
        assertThat(delivered.get(1)).containsExactly(0L, 2L);
    }
}
