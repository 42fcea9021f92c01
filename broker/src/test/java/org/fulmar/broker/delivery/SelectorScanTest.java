package org.fulmar.broker.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.delivery.MemoryBacklog.Wants;
import org.fulmar.protocol.jms.Acknowledge;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much is looked at for a consumer with a selector: each message once, whoever opens and closes consumers. */
@Timeout(180)
class SelectorScanTest {
    private static final String QUEUE = "queue";
    private static final int BACKLOG = 200_000;
    private static final int ONE_IN = 1000;
    private static final int RARE = 1;

    private final MemoryBacklog backlog = new MemoryBacklog();
    private final GroupTable groups = new GroupTable();
    private final RecordedFacts facts = new RecordedFacts();
    private final List<Long> delivered = new ArrayList<>();
    private final DeliveryEngine engine =
            Engines.of(groups, backlog, facts, (consumer, topic, queueId, offset, count) -> delivered.add(offset));
    private int lastId;

    private SubscriptionGroup queue() {
        backlog.addQueue(QUEUE);
        return groups.create(SubscriptionGroup.QUEUE, QUEUE, false, null, false, false, Map.of(0, 0L), facts);
    }

    private Consumer open(SubscriptionGroup group, MessageTest test, int credit) {
        Consumer consumer = engine.open(group, Engines.opening(++lastId, 1, "c", test, credit));
        engine.running(consumer, true);
        return consumer;
    }

    private void dispatch() {
        while (engine.dispatch()) {
            // goes on
        }
    }

    private void settle(Consumer consumer, long offset) throws DeliveryException {
        engine.acknowledge(
                new Acknowledge(1, false, List.of(new Acknowledge.Range(consumer.id(), 0, offset, 1))), id -> consumer);
    }

    @Test
    void backlogIsTestedOnceThoughEachReceiveOpensANewConsumer() throws DeliveryException {
        SubscriptionGroup group = queue();
        for (int i = 0; i < BACKLOG / ONE_IN; i++) {
            backlog.send(QUEUE, 0, 0, ONE_IN - 1);
            backlog.send(QUEUE, 0, RARE, 1);
        }
        for (int i = 1; i <= BACKLOG / ONE_IN; i++) {
            Consumer consumer = open(group, new Wants(RARE), 1);
            dispatch();
            assertThat(delivered).hasSize(i).endsWith((long) i * ONE_IN - 1);
            settle(consumer, (long) i * ONE_IN - 1);
            engine.close(consumer, Long.MAX_VALUE);
        }
        assertThat(backlog.verdicts()).isEqualTo(BACKLOG);

        Consumer other = open(group, null, 1);
        dispatch();
        assertThat(delivered)
                .as("what the selector passed over is there for others")
                .endsWith(0L);
        assertThat(backlog.verdicts()).isLessThanOrEqualTo(BACKLOG + 2);
        engine.close(other, Long.MAX_VALUE);
    }

    @Test
    void whatOneGivesBackIsTestedAgainAndNothingElse() {
        SubscriptionGroup group = queue();
        backlog.send(QUEUE, 0, 0, 5000);
        backlog.send(QUEUE, 0, RARE, 10);
        Consumer greedy = open(group, new Wants(RARE), 10);
        dispatch();
        assertThat(delivered).hasSize(10);
        long before = backlog.verdicts();
        engine.close(greedy, 0);
        open(group, new Wants(RARE), 10);
        dispatch();
        assertThat(delivered).hasSize(20);
        assertThat(backlog.verdicts() - before).isEqualTo(10);
    }

    @Test
    void manySelectorsThatNobodyUsesAnyMoreAreForgottenButOnlyTheEldest() {
        SubscriptionGroup group = queue();
        backlog.send(QUEUE, 0, 0, 100);
        for (int colour = 1; colour <= 300; colour++) {
            engine.close(open(group, new Wants(colour), 1), 0);
            assertThat(group.scans()).hasSizeLessThanOrEqualTo(65);
        }
        Consumer last = open(group, new Wants(300), 1);
        dispatch();
        long before = backlog.verdicts();
        engine.close(last, 0);
        open(group, new Wants(300), 1);
        dispatch();
        assertThat(backlog.verdicts()).isEqualTo(before);
        assertThat(delivered).isEmpty();
    }
}
