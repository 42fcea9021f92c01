package org.fulmar.broker.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fulmar.protocol.jms.Acknowledge;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Messages that prepared branches have acknowledged are nobody else's until the branch is decided, over any restart;
 * run a random life again with {@code -Dfulmar.seed=N}.
 */
@Timeout(180)
class ReservationTest {
    private static final int SEEDS = 200;
    private static final int STEPS = 150;
    private static final String TOPIC = "queue";

    /** What the model knows of a message. */
    private static final class Message {
        int deliveries;
        /** Null while nobody holds it. */
        Consumer holder;
        /** 0 for none. */
        long branch;

        boolean settled;
    }

    private static final class Life implements DeliveryEngine.Deliveries {
        final Random random;
        final MemoryBacklog backlog = new MemoryBacklog();
        final RecordedFacts facts = new RecordedFacts();
        final TreeMap<Long, Message> messages = new TreeMap<>();
        final TreeMap<Integer, byte[]> checkpoints = new TreeMap<>();
        final List<Consumer> consumers = new ArrayList<>();
        final TreeSet<Long> branches = new TreeSet<>();
        GroupTable groups = new GroupTable();
        DeliveryEngine engine;
        int consumerIds;
        long branchNumbers;
        int restarts;
        int resolved;

        Life(long seed) {
            random = new Random(seed * 0x9E3779B97F4A7C15L);
            backlog.addQueue(TOPIC);
            groups.create(SubscriptionGroup.QUEUE, TOPIC, false, null, false, false, Map.of(0, 0L), facts);
            engine = Engines.of(groups, backlog, facts, this);
            checkpoint();
        }

        @Override
        public void deliver(Consumer consumer, String topic, int queueId, long offset, int count) {
            Message message = messages.get(offset);
            assertThat(message.settled).as("%d is settled", offset).isFalse();
            assertThat(message.branch).as("branch of %d", offset).isZero();
            assertThat(message.holder).as("holder of %d", offset).isNull();
            assertThat(count).as("deliveries of %d", offset).isEqualTo(message.deliveries + 1);
            messages.headMap(offset)
                    .forEach((before, other) -> assertThat(other.settled || other.branch != 0 || other.holder != null)
                            .as("%d waits before %d", before, offset)
                            .isTrue());
            message.deliveries = count;
            message.holder = consumer;
        }

        private void endTurn() {
            while (engine.dispatch()) {
                groups.endRun(facts);
            }
            groups.endRun(facts);
        }

        private void checkpoint() {
            groups.endRun(facts);
            checkpoints.put(facts.size(), groups.capture(facts.size()).get());
        }

        private void open() {
            SubscriptionGroup group = groups.find(SubscriptionGroup.QUEUE, TOPIC);
            Consumer consumer =
                    engine.open(group, Engines.opening(++consumerIds, 1, this, null, 2 + random.nextInt(6)));
            consumers.add(consumer);
            engine.running(consumer, true);
        }

        private TreeMap<Long, Message> heldBy(Consumer consumer) {
            TreeMap<Long, Message> held = new TreeMap<>();
            messages.forEach((offset, message) -> {
                if (message.holder == consumer) {
                    held.put(offset, message);
                }
            });
            return held;
        }

        /** Some of what a consumer holds, as ranges of one or two neighbours. */
        private List<Acknowledge.Range> some(Consumer consumer) {
            List<Acknowledge.Range> ranges = new ArrayList<>();
            TreeMap<Long, Message> held = heldBy(consumer);
            for (long offset : held.keySet()) {
                boolean covered = !ranges.isEmpty()
                        && ranges.get(ranges.size() - 1).offset()
                                        + ranges.get(ranges.size() - 1).count()
                                > offset;
                if (!covered && random.nextInt(3) > 0) {
                    int count = held.containsKey(offset + 1) && random.nextBoolean() ? 2 : 1;
                    ranges.add(new Acknowledge.Range(consumer.id(), 0, offset, count));
                }
            }
            return ranges;
        }

        private static void forEach(List<Acknowledge.Range> ranges, java.util.function.LongConsumer action) {
            for (Acknowledge.Range range : ranges) {
                for (int i = 0; i < range.count(); i++) {
                    action.accept(range.offset() + i);
                }
            }
        }

        private void reserve(Consumer consumer) throws DeliveryException {
            List<Acknowledge.Range> ranges = some(consumer);
            TransactedDeliveries transacted = engine.transacted();
            List<TransactedDeliveries.Held> held = TransactedDeliveries.checked(ranges, id -> consumer);
            assertThat(TransactedDeliveries.areHeld(held)).isTrue();
            if (random.nextInt(3) == 0) {
                transacted.settle(held, facts);
                forEach(ranges, offset -> messages.get(offset).settled = true);
            } else if (random.nextInt(4) == 0) {
                transacted.giveBack(held);
            } else {
                long branch = ++branchNumbers;
                transacted.reserve(branch, held, facts);
                branches.add(branch);
                forEach(ranges, offset -> messages.get(offset).branch = branch);
                assertThat(transacted.reservedBy(branch))
                        .isEqualTo(ranges.stream()
                                .mapToInt(Acknowledge.Range::count)
                                .sum());
                assertThat(TransactedDeliveries.areHeld(held)).isEqualTo(ranges.isEmpty());
            }
            forEach(ranges, offset -> messages.get(offset).holder = null);
            engine.addCredit(consumer, ranges.size());
        }

        private void resolve() {
            if (branches.isEmpty()) {
                return;
            }
            long branch = branches.stream()
                    .skip(random.nextInt(branches.size()))
                    .findFirst()
                    .orElseThrow();
            branches.remove(branch);
            resolved++;
            boolean commit = random.nextBoolean();
            Runnable comeBack = () -> {};
            if (commit) {
                engine.transacted().commit(branch, facts);
            } else {
                comeBack = engine.transacted().rollback(branch, facts);
            }
            messages.values().stream().filter(m -> m.branch == branch).forEach(message -> {
                message.branch = 0;
                message.settled = commit;
            });
            comeBack.run();
            assertThat(engine.transacted().reservedBy(branch)).isZero();
        }

        private void lose(Consumer consumer) {
            heldBy(consumer).values().forEach(message -> message.holder = null);
            consumers.remove(consumer);
            engine.running(consumer, false);
            engine.lost(consumer);
            engine.close(consumer, Long.MAX_VALUE);
        }

        /** Goes on from any checkpoint, with the facts behind it. */
        void restart() {
            restarts++;
            messages.values().forEach(message -> message.holder = null);
            consumers.clear();
            List<Integer> places = List.copyOf(checkpoints.keySet());
            int from = places.get(random.nextInt(places.size()));
            groups = new GroupTable();
            groups.restore(checkpoints.get(from));
            facts.replay(from, groups);
            groups.recovered(backlog::visibleOffset);
            engine = Engines.of(groups, backlog, facts, this);
            Map<Long, Long> kept = new HashMap<>();
            messages.values().forEach(message -> kept.merge(message.branch, 1L, Long::sum));
            branches.forEach(branch -> assertThat(engine.transacted().reservedBy(branch))
                    .as("branch %d", branch)
                    .isEqualTo(kept.getOrDefault(branch, 0L)));
        }

        void step() throws DeliveryException {
            Consumer consumer = consumers.isEmpty() ? null : consumers.get(random.nextInt(consumers.size()));
            switch (random.nextInt(14)) {
                case 0, 1, 2 -> {
                    int count = 1 + random.nextInt(4);
                    for (int i = 0; i < count; i++) {
                        messages.put((long) messages.size(), new Message());
                    }
                    backlog.send(TOPIC, 0, 0, count);
                    engine.wakeTopic(TOPIC);
                }
                case 3 -> open();
                case 4, 5, 6, 7 -> {
                    if (consumer != null) {
                        reserve(consumer);
                    }
                }
                case 8, 9 -> resolve();
                case 10 -> {
                    if (consumer != null) {
                        lose(consumer);
                    }
                }
                case 11 -> checkpoint();
                case 12 -> restart();
                default -> {
                    if (consumer != null) {
                        engine.addCredit(consumer, 3);
                    }
                }
            }
            endTurn();
        }

        /** Everything that is not settled comes, once. */
        void drain() {
            while (!branches.isEmpty()) {
                resolve();
                endTurn();
            }
            restart();
            open();
            engine.addCredit(consumers.get(0), messages.size());
            endTurn();
            messages.forEach((offset, message) -> assertThat(message.settled || message.holder != null)
                    .as("%d is settled or comes", offset)
                    .isTrue());
        }
    }

    @Test
    void reservedMessagesAreNobodysUntilTheirBranchIsDecidedOverAnyRestart() {
        Long only = Long.getLong("fulmar.seed");
        long first = only == null ? 1 : only;
        long last = only == null ? SEEDS : only;
        int restarts = 0;
        int resolved = 0;
        for (long seed = first; seed <= last; seed++) {
            Life life = new Life(seed);
            try {
                for (int step = 0; step < STEPS; step++) {
                    life.step();
                }
                life.drain();
            } catch (DeliveryException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
            restarts += life.restarts;
            resolved += life.resolved;
        }
        if (only == null) {
            assertThat(restarts).isGreaterThan(5 * SEEDS);
            assertThat(resolved).isGreaterThan(5 * SEEDS);
        }
    }

    @Test
    void whatASubscriptionThatIsDeletedHadReservedIsForgotten() throws DeliveryException {
        MemoryBacklog backlog = new MemoryBacklog();
        RecordedFacts facts = new RecordedFacts();
        GroupTable groups = new GroupTable();
        DeliveryEngine engine = Engines.of(groups, backlog, facts, (c, topic, queueId, offset, count) -> {});
        backlog.addQueue("topic");
        SubscriptionGroup group = groups.create("sub", "topic", true, null, false, true, Map.of(0, 0L), facts);
        Consumer consumer = engine.open(group, Engines.opening(1, 1, this, null, 10));
        engine.running(consumer, true);
        backlog.send("topic", 0, 0, 3);
        engine.wakeTopic("topic");
        engine.dispatch();
        List<Acknowledge.Range> range = List.of(new Acknowledge.Range(1, 0, 0, 2));
        TransactedDeliveries transacted = engine.transacted();
        transacted.reserve(9, TransactedDeliveries.checked(range, id -> consumer), facts);
        engine.close(consumer, Long.MAX_VALUE);
        groups.delete(group, facts);
        assertThat(transacted.reservedBy(9)).isZero();
        GroupTable after = new GroupTable();
        after.restore(null);
        facts.replay(0, after);
        after.recovered((topic, queueId) -> 3);
        DeliveryEngine next = Engines.of(after, backlog, facts, (c, topic, queueId, offset, count) -> {});
        assertThat(next.transacted().reservedBy(9)).isZero();
        transacted.commit(9, facts);
        assertThat(groups.subscription("sub")).isNull();
    }
}
