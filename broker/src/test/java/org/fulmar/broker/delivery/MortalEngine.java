package org.fulmar.broker.delivery;

import static org.fulmar.broker.delivery.DeliveryModel.require;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A delivery engine and its log, which may lose their broker at any time. What a restart makes of the log has to be the same
 * from its beginning and from any state that was captured on the way.
 */
final class MortalEngine {
    /** A captured state, written only when it is needed, as on another thread. */
    private record Snapshot(int position, Supplier<byte[]> content) {}

    private final Random random;
    private final MemoryBacklog backlog;
    private final RecordedFacts facts;
    private final Failing failing;
    private final DeliveryModel model;
    private final DeliveryEngine.Deliveries deliveries;
    private final LongSupplier clock;
    private final List<Snapshot> snapshots = new ArrayList<>();
    private GroupTable groups = new GroupTable();
    private DeliveryEngine engine;
    /** Facts that are in the log, come what may. */
    private int logged;

    MortalEngine(
            Random random,
            MemoryBacklog backlog,
            RecordedFacts facts,
            Failing failing,
            DeliveryModel model,
            DeliveryEngine.Deliveries deliveries,
            LongSupplier clock) {
        this.random = random;
        this.backlog = backlog;
        this.facts = facts;
        this.failing = failing;
        this.model = model;
        this.deliveries = deliveries;
        this.clock = clock;
        this.engine = newEngine();
    }

    /** The engine of this life. */
    DeliveryEngine engine() {
        return engine;
    }

    /** The groups of this life. */
    GroupTable groups() {
        return groups;
    }

    int logged() {
        return logged;
    }

    /** What was decided in this turn is in the log from now on. */
    void endTurn() {
        groups.endRun(facts);
        logged = facts.size();
    }

    void capture() {
        snapshots.add(new Snapshot(logged, groups.capture(logged)));
    }

    private @Nullable Snapshot anySnapshot() {
        return snapshots.isEmpty() ? null : snapshots.get(random.nextInt(snapshots.size()));
    }

    /** Dies, and loses any number of those facts that are not in the log for certain. */
    void die() {
        facts.cut(logged + random.nextInt(facts.size() - logged + 1));
    }

    void restart() {
        GroupTable replayed = rebuild(null);
        Snapshot snapshot = anySnapshot();
        GroupTable restored = snapshot == null ? replayed : rebuild(snapshot);
        requireSame(replayed, restored);
        groups = random.nextBoolean() ? replayed : restored;
        engine = newEngine();
        logged = facts.size();
    }

    /** Checks what a restart would make of the log. */
    void checkRestart() {
        requireSame(rebuild(null), rebuild(anySnapshot()));
    }

    private GroupTable rebuild(@Nullable Snapshot snapshot) {
        GroupTable table = new GroupTable();
        long from = table.restore(snapshot == null ? null : snapshot.content.get());
        require(from == (snapshot == null ? 0 : snapshot.position), () -> "to be replayed from " + from);
        facts.replay((int) from, table);
        table.recovered(backlog);
        return table;
    }

    private void requireSame(GroupTable replayed, GroupTable restored) {
        for (String topic : List.of(RandomDestinations.QUEUE, RandomDestinations.TOPIC)) {
            List<SubscriptionGroup> expected = replayed.ofTopic(topic);
            require(
                    expected.size() == restored.ofTopic(topic).size()
                            && expected.size()
                                    == model.groups.stream()
                                            .filter(group -> group.lasting && group.topic.equals(topic))
                                            .count(),
                    () -> "the groups of " + topic + " differ");
            for (SubscriptionGroup group : expected) {
                SubscriptionGroup other = restored.find(group.name(), topic);
                require(
                        other != null
                                && other.cursors().size() == group.cursors().size(),
                        () -> "group " + group.name() + " is not restored");
                for (Cursor cursor : group.cursors()) {
                    Cursor there = other.cursor(cursor.queueId());
                    require(
                            there != null
                                    && there.id() == cursor.id()
                                    && there.floor() == cursor.floor()
                                    && there.returned().equals(cursor.returned())
                                    && OffsetSetTest.flat(there.settled().ranges(there.floor()))
                                            .equals(OffsetSetTest.flat(
                                                    cursor.settled().ranges(cursor.floor()))),
                            () -> "cursor " + cursor.id() + " is not the same from a snapshot and from the log");
                }
            }
        }
        require(restored.ofTopic(RandomDestinations.TEMPORARY).isEmpty(), () -> "a temporary queue has lasted");
    }

    private DeliveryEngine newEngine() {
        return new DeliveryEngine(groups, backlog, facts, deliveries, failing, clock);
    }
}
