package org.fulmar.broker.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory grows with what is in flight or settled out of order, never with the backlog. */
@Timeout(180)
class DeliveryMemoryTest {
    private static final String TOPIC = "topic";
    private static final int BACKLOG = 10_000_000;
    private static final int TAKEN = 100_000;
    private static final long MEGABYTE = 1 << 20;

    /** Ten million messages that nobody has made. */
    private static final class Synthetic implements Backlog {
        @Override
        public long visibleOffset(String topic, int queueId) {
            return BACKLOG;
        }

        @Override
        public long nextOffset(String topic, int queueId) {
            return BACKLOG;
        }

        @Override
        public int[] queueIds(String topic) {
            return new int[] {0};
        }

        @Override
        public int messageGroup(String topic, int queueId, long offset, int buckets) {
            return -1;
        }

        @Override
        public Verdict verdict(String topic, int queueId, long offset, @Nullable MessageTest test) {
            return test == null || offset % ((Every) test).nth == 0 ? Verdict.DELIVER : Verdict.PASS;
        }
    }

    private record Every(int nth) implements MessageTest {
        @Override
        public boolean matches(MessageRecord message) {
            throw new UnsupportedOperationException("there are no records here");
        }
    }

    private final GroupTable groups = new GroupTable();
    private final long[] offsets = new long[TAKEN];
    private int delivered;
    private long facts;
    private final DeliveryEngine engine = Engines.of(
            groups,
            new Synthetic(),
            body -> facts++,
            (consumer, topic, queueId, offset, count) -> offsets[delivered++ % TAKEN] = offset);
    private long heapBefore;
    private Consumer consumer;

    @BeforeEach
    void measure() {
        heapBefore = usedHeap();
    }

    private static long usedHeap() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }

    private void assertSmall(long megabytes) {
        long grown = usedHeap() - heapBefore;
        Reference.reachabilityFence(engine);
        Reference.reachabilityFence(groups);
        assertThat(grown).as("bytes more on the heap").isLessThan(megabytes * MEGABYTE);
    }

    private Cursor open(boolean subscription, @Nullable MessageTest test, int credit) {
        SubscriptionGroup group =
                groups.create("group", TOPIC, subscription, null, false, false, Map.of(0, 0L), body -> {});
        consumer = engine.open(group, Engines.opening(1, 1, "connection", test, credit));
        engine.running(consumer, true);
        return group.cursor(0);
    }

    private void acknowledge(long offset, int count) throws DeliveryException {
        List<Acknowledge.Range> ranges = List.of(new Acknowledge.Range(1, 0, offset, count));
        engine.acknowledge(new Acknowledge(1, true, ranges), id -> consumer);
    }

    private void dispatchUntil(int number) {
        while (delivered < number) {
            engine.dispatch();
        }
    }

    @Test
    void consumingInOrderKeepsNothing() throws DeliveryException {
        Cursor cursor = open(false, null, 1000);
        for (int taken = 0; taken < TAKEN; taken += 500) {
            dispatchUntil(taken + 1000);
            acknowledge(taken, 500);
        }
        assertThat(cursor.floor()).isEqualTo(TAKEN);
        assertThat(cursor.settled().isEmpty()).isTrue();
        assertThat(cursor.returned()).isEmpty();
        assertThat(cursor.inFlight().size()).isEqualTo(consumer.held()).isLessThanOrEqualTo(1000);
        assertThat(cursor.deliveries()).hasSize(consumer.held());
        assertThat(groups.capture(0).get().length).as("bytes of a checkpoint").isLessThan(50_000);
        assertSmall(5);
    }

    @Test
    void consumingOutOfOrderKeepsABitForEachMessage() throws DeliveryException {
        Cursor cursor = open(false, null, TAKEN);
        dispatchUntil(TAKEN);
        List<Long> order = new ArrayList<>();
        for (long offset : offsets) {
            order.add(offset);
        }
        Collections.shuffle(order, new Random(1));
        // the first is acknowledged last
        order.remove(Long.valueOf(0));
        for (long offset : order) {
            acknowledge(offset, 1);
        }
        assertThat(cursor.floor()).isZero();
        assertThat(cursor.settled().ranges(0)).containsExactly(new long[] {1, TAKEN});
        assertThat(cursor.inFlight().size()).isEqualTo(1);
        assertThat(cursor.returned()).isEmpty();
        order.clear();
        assertSmall(20);
        acknowledge(0, 1);
        assertThat(cursor.floor()).isEqualTo(TAKEN);
        assertThat(cursor.settled().ranges(cursor.floor())).isEmpty();
        assertThat(cursor.inFlight().size()).isZero();
        assertThat(groups.capture(0).get().length).as("bytes of a checkpoint").isLessThan(1000);
    }

    @Test
    void oneStuckMessageCostsABitForEachOneBehindIt() throws DeliveryException {
        Cursor cursor = open(false, null, 101);
        for (int taken = 1; taken < BACKLOG / 2; taken += 100) {
            dispatchUntil(taken + 100);
            acknowledge(taken, 100);
        }
        assertThat(cursor.floor()).isZero();
        assertThat(cursor.inFlight().size()).isEqualTo(1);
        assertSmall(5);
    }

    @Test
    void whatASelectorPassesOverOnAQueueKeepsNothing() throws DeliveryException {
        Cursor cursor = open(false, new Every(1000), 10);
        consume(BACKLOG / 1000, 1000);
        assertThat(cursor.floor()).isEqualTo(1);
        assertThat(cursor.settled().ranges(0)).hasSize(BACKLOG / 1000 - 1);
        assertThat(cursor.inFlight().size()).isZero();
        assertSmall(20);
    }

    @Test
    void whatASelectorPassesOverOnASubscriptionIsSettledInFewFacts() throws DeliveryException {
        Cursor cursor = open(true, new Every(1_000_000), 10);
        while (engine.dispatch()) {
            engine.dispatch();
        }
        assertThat(cursor.inFlight().size()).isEqualTo(10);
        assertSmall(5);
        for (int i = 0; i < 10; i++) {
            acknowledge(i * 1_000_000L, 1);
        }
        while (engine.dispatch()) {
            engine.dispatch();
        }
        assertThat(cursor.floor()).isEqualTo(BACKLOG);
        assertThat(cursor.settled().ranges(cursor.floor())).isEmpty();
        assertThat(facts).as("facts").isLessThan(100);
    }

    private void consume(int count, int nth) throws DeliveryException {
        int acknowledged = 0;
        while (acknowledged < count) {
            engine.dispatch();
            while (acknowledged < delivered) {
                acknowledge((long) acknowledged++ * nth, 1);
            }
        }
    }
}
