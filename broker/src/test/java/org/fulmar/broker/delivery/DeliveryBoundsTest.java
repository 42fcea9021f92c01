package org.fulmar.broker.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.fulmar.broker.delivery.MemoryBacklog.Wants;
import org.fulmar.protocol.jms.Acknowledge;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Promises at the bounds of a turn, and for requests that no honest client sends. */
@Timeout(180)
class DeliveryBoundsTest {
    private static final String TOPIC = "topic";
    private static final int RED = 0;
    private static final int BLUE = 1;

    private final MemoryBacklog backlog = new MemoryBacklog();
    private final RecordedFacts facts = new RecordedFacts();
    private final GroupTable groups = new GroupTable();
    private final List<Long> delivered = new ArrayList<>();
    private final DeliveryEngine engine =
            Engines.of(groups, backlog, facts, (consumer, topic, queueId, offset, count) -> delivered.add(offset));
    private int lastId;

    @BeforeEach
    void topic() {
        backlog.addQueue(TOPIC);
    }

    private SubscriptionGroup queue() {
        return groups.create(SubscriptionGroup.QUEUE, TOPIC, false, null, false, false, Map.of(0, 0L), facts);
    }

    private SubscriptionGroup subscription() {
        return groups.create("subscription", TOPIC, true, "blue", false, false, Map.of(0, 0L), facts);
    }

    private Consumer open(SubscriptionGroup group, @Nullable Wants test, int credit) {
        Consumer consumer = engine.open(group, Engines.opening(++lastId, 1, "connection", test, credit));
        engine.running(consumer, true);
        return consumer;
    }

    private void dispatchAll() {
        int turns = 0;
        while (engine.dispatch()) {
            assertThat(++turns).as("turns").isLessThan(100_000);
        }
    }

    private void send(int colour, int count) {
        backlog.send(TOPIC, 0, colour, count);
        engine.wakeTopic(TOPIC);
    }

    /** A group in which so many red messages, and one blue behind them, were delivered and returned. */
    private void returned(SubscriptionGroup group, int red) {
        send(RED, red);
        send(BLUE, 1);
        Consumer before = open(group, null, red + 1);
        dispatchAll();
        assertThat(delivered).hasSize(red + 1);
        engine.returnAll(before, Long.MAX_VALUE);
        engine.close(before, Long.MAX_VALUE);
        delivered.clear();
    }

    private GroupTable afterCrash() {
        GroupTable restarted = new GroupTable();
        facts.replay(0, restarted);
        restarted.recovered(backlog);
        return restarted;
    }

    private static Acknowledge.Range range(Consumer consumer, long offset, int count) {
        return new Acknowledge.Range(consumer.id(), 0, offset, count);
    }

    private void acknowledge(Consumer consumer, Acknowledge.Range... ranges) throws DeliveryException {
        engine.acknowledge(new Acknowledge(1, true, List.of(ranges)), id -> id == consumer.id() ? consumer : null);
    }

    @Test
    void moreThanATurnCanAssignGoesOutInSeveralTurns() {
        SubscriptionGroup queue = queue();
        open(queue, null, 100_000);
        open(queue, null, 100_000);
        open(queue, null, 100_000);
        send(RED, 10_000);
        assertThat(engine.dispatch()).isTrue();
        assertThat(delivered).hasSizeBetween(1, 4096);
        dispatchAll();
        assertThat(delivered).hasSize(10_000).isSorted();
    }

    @Test
    void aBusyGroupLeavesTurnsToOthers() {
        backlog.addQueue("other");
        open(queue(), null, Integer.MAX_VALUE);
        SubscriptionGroup other =
                groups.create(SubscriptionGroup.QUEUE, "other", false, null, false, false, Map.of(0, 0L), facts);
        Consumer patient = open(other, null, 10);
        send(RED, 100_000);
        backlog.send("other", 0, RED, 10);
        engine.wakeTopic("other");
        engine.dispatch();
        engine.dispatch();
        assertThat(patient.held()).isEqualTo(10);
    }

    @Test
    void aMatchBehindManyPassedOverMessagesGoesOut() {
        open(queue(), new Wants(BLUE), 10);
        send(RED, 50_000);
        send(BLUE, 1);
        dispatchAll();
        assertThat(delivered).containsExactly(50_000L);
    }

    @Test
    void aSubscriptionSettlesManyMessagesThatItPassesOver() {
        SubscriptionGroup subscription = subscription();
        open(subscription, new Wants(BLUE), 10);
        send(RED, 50_000);
        send(BLUE, 1);
        dispatchAll();
        assertThat(delivered).containsExactly(50_000L);
        assertThat(subscription.cursor(0).floor()).isEqualTo(50_000);
        assertThat(facts.size()).as("facts").isLessThan(50);
    }

    @Test
    void aMatchBehindManyReturnedMessagesGoesOut() {
        SubscriptionGroup queue = queue();
        returned(queue, 10_000);
        open(queue, new Wants(BLUE), 10);
        dispatchAll();
        assertThat(delivered).containsExactly(10_000L);
    }

    @Test
    void aReturnedMatchBehindManyReturnedMessagesGoesOutBeforeNewerOnes() {
        SubscriptionGroup queue = queue();
        returned(queue, 10_000);
        send(BLUE, 3);
        open(queue, new Wants(BLUE), 10);
        dispatchAll();
        assertThat(delivered).containsExactly(10_000L, 10_001L, 10_002L, 10_003L);
    }

    @Test
    void manyReturnedMessagesThatHaveExpiredDoNotHoldUpTheOneBehindThem() {
        SubscriptionGroup queue = queue();
        returned(queue, 10_000);
        for (int offset = 0; offset < 10_000; offset++) {
            backlog.expire(TOPIC, 0, offset);
        }
        open(queue, null, 10);
        dispatchAll();
        assertThat(delivered).containsExactly(10_000L);
    }

    @Test
    void noMessageIsTestedTwiceByOneConsumer() {
        SubscriptionGroup queue = queue();
        Consumer selective = open(queue, new Wants(BLUE), 10);
        send(RED, 100);
        dispatchAll();
        assertThat(backlog.verdicts()).isEqualTo(100);
        for (int i = 0; i < 50; i++) {
            engine.addCredit(selective, 1);
            dispatchAll();
        }
        assertThat(backlog.verdicts()).isEqualTo(100);
    }

    @Test
    void noReturnedMessageIsTestedAgainAndAgainByOneConsumer() {
        SubscriptionGroup queue = queue();
        send(RED, 100);
        Consumer before = open(queue, null, 100);
        dispatchAll();
        engine.returnAll(before, Long.MAX_VALUE);
        engine.close(before, Long.MAX_VALUE);
        long tests = backlog.verdicts();
        Consumer selective = open(queue, new Wants(BLUE), 10);
        for (int i = 0; i < 50; i++) {
            engine.addCredit(selective, 1);
            dispatchAll();
        }
        assertThat(backlog.verdicts() - tests).as("tests").isLessThanOrEqualTo(200);
    }

    @Test
    void anAcknowledgementOfFewerThanOneMessageUndoesNoOther() throws DeliveryException {
        Consumer consumer = open(queue(), null, 10);
        send(RED, 10);
        dispatchAll();
        acknowledge(consumer, range(consumer, 0, 5));
        try {
            acknowledge(consumer, range(consumer, 5, -3));
        } catch (DeliveryException refused) {
            // as it should
        }
        groups.endRun(facts);
        Cursor restarted = afterCrash().find(SubscriptionGroup.QUEUE, TOPIC).cursor(0);
        assertThat(restarted.floor()).as("what was acknowledged").isEqualTo(5);
    }

    @Test
    void anAcknowledgementOfFewerThanOneMessageIsRefused() {
        Consumer consumer = open(queue(), null, 10);
        send(RED, 10);
        dispatchAll();
        for (int count : new int[] {0, -1, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> acknowledge(consumer, range(consumer, 5, count)))
                    .as("count %d", count)
                    .isInstanceOf(DeliveryException.class);
        }
        assertThat(consumer.held()).isEqualTo(10);
        assertThat(consumer.credit()).isZero();
    }

    @Test
    void aMessageThatIsNamedTwiceInAnAcknowledgementGivesOneCredit() {
        Consumer consumer = open(queue(), null, 10);
        send(RED, 10);
        dispatchAll();
        try {
            acknowledge(consumer, range(consumer, 0, 2), range(consumer, 1, 2), range(consumer, 0, 1));
        } catch (DeliveryException refused) {
            // nothing is settled then
        }
        assertThat(consumer.held() + consumer.credit()).as("held and credit").isEqualTo(10);
    }

    @Test
    void anAcknowledgementOfMoreThanThereEverWasIsRefused() {
        Consumer consumer = open(queue(), null, 10);
        send(RED, 10);
        dispatchAll();
        assertThatThrownBy(() -> acknowledge(consumer, range(consumer, 0, Integer.MAX_VALUE)))
                .isInstanceOf(DeliveryException.class);
        assertThatThrownBy(() -> acknowledge(consumer, range(consumer, Long.MAX_VALUE, 2)))
                .isInstanceOf(DeliveryException.class);
        assertThatThrownBy(() -> acknowledge(consumer, range(consumer, -1, 2))).isInstanceOf(DeliveryException.class);
        assertThat(consumer.held()).isEqualTo(10);
    }

    @Test
    void acknowledgementsBehindALostConnectionAreRefused() {
        SubscriptionGroup queue = queue();
        Consumer lost = open(queue, null, 10);
        send(RED, 10);
        dispatchAll();
        engine.returnAll(lost, Long.MAX_VALUE);
        engine.close(lost, Long.MAX_VALUE);
        assertThatThrownBy(() -> acknowledge(lost, range(lost, 0, 10))).isInstanceOf(DeliveryException.class);
        Consumer next = open(queue, null, 10);
        dispatchAll();
        assertThatThrownBy(() -> acknowledge(lost, range(lost, 0, 10))).isInstanceOf(DeliveryException.class);
        assertThat(next.held()).isEqualTo(10);
    }

    @Test
    void afterALostTailNewMessagesInItsPlaceAreDelivered() throws DeliveryException {
        Consumer consumer = open(queue(), null, 100);
        send(RED, 100);
        dispatchAll();
        acknowledge(consumer, range(consumer, 0, 70), range(consumer, 80, 10));
        groups.endRun(facts);
        byte[] content = groups.capture(facts.size()).get();
        GroupTable replayed = new GroupTable();
        facts.replay(0, replayed);
        GroupTable restored = new GroupTable();
        restored.restore(content);
        for (GroupTable restarted : List.of(replayed, restored)) {
            backlog.removeTopic(TOPIC);
            backlog.addQueue(TOPIC);
            backlog.send(TOPIC, 0, RED, 40);
            restarted.recovered(backlog);
            delivered.clear();
            DeliveryEngine again = Engines.of(
                    restarted, backlog, facts, (receiver, topic, queueId, offset, count) -> delivered.add(offset));
            SubscriptionGroup queue = restarted.find(SubscriptionGroup.QUEUE, TOPIC);
            again.running(again.open(queue, Engines.opening(99, 1, "connection", null, 100)), true);
            backlog.send(TOPIC, 0, BLUE, 60);
            again.wakeTopic(TOPIC);
            again.dispatch();
            assertThat(delivered)
                    .containsExactlyElementsOf(LongStream.range(40, 100).boxed().toList());
        }
    }

    @Test
    void aNonDurableSubscriberLeavesNoFacts() throws DeliveryException {
        Consumer consumer =
                engine.open(Engines.transients(engine, TOPIC), Engines.opening(1, 1, "connection", null, 10));
        engine.running(consumer, true);
        send(RED, 10);
        dispatchAll();
        acknowledge(consumer, range(consumer, 0, 5));
        engine.returnAll(consumer, 2);
        engine.close(consumer, 2);
        groups.endRun(facts);
        assertThat(delivered).hasSize(10);
        assertThat(facts.size()).isZero();
    }

    @Test
    void aTemporaryQueueLeavesNoFacts() throws DeliveryException {
        SubscriptionGroup queue = groups.createTemporary(SubscriptionGroup.QUEUE, TOPIC, 1);
        Consumer consumer = open(queue, null, 10);
        send(RED, 10);
        dispatchAll();
        acknowledge(consumer, range(consumer, 0, 5));
        engine.close(consumer, 2);
        backlog.addQueue(TOPIC);
        engine.queueAdded(TOPIC, 1);
        groups.endRun(facts);
        assertThat(delivered).hasSize(10);
        assertThat(facts.size()).isZero();
        GroupTable restarted = new GroupTable();
        restarted.restore(groups.capture(0).get());
        assertThat(restarted.ofTopic(TOPIC)).isEmpty();
    }

    @Test
    void neighbouringMessagesBecomeOneFact() throws DeliveryException {
        Consumer consumer = open(queue(), null, 1000);
        send(RED, 1000);
        int before = facts.size();
        dispatchAll();
        groups.endRun(facts);
        assertThat(facts.size() - before).as("facts of 1,000 deliveries").isEqualTo(1);
        for (int offset = 0; offset < 1000; offset++) {
            acknowledge(consumer, range(consumer, offset, 1));
        }
        groups.endRun(facts);
        assertThat(facts.size() - before)
                .as("facts of 1,000 acknowledgements more")
                .isEqualTo(2);
    }

    @Test
    void competingConsumersShareFewMessages() {
        SubscriptionGroup queue = queue();
        List<Consumer> consumers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            consumers.add(open(queue, null, 100));
        }
        send(RED, 40);
        dispatchAll();
        assertThat(consumers).allSatisfy(consumer -> assertThat(consumer.held()).isBetween(5, 20));
    }
}
