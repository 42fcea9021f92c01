package org.fulmar.broker.pop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.fulmar.broker.pop.PopEngine.Outcome;
import org.fulmar.broker.pop.PopEngine.Pop;
import org.fulmar.broker.pop.PopEngine.Result;
import org.fulmar.broker.pop.PopEngine.Taken;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random pops, acknowledgements, changes, time-outs, kills and restarts against a model that knows each message by
 * itself.
 */
@Timeout(180)
class PopModelTest {
    private static final int STEPS = 1500;
    private static final int RUNS = 25;
    private static final int QUEUES = 3;

    /** What a message is to a group: new if it is not there. */
    private static final class Known {
        int deliveries;
        long popTime;
        long invisible;
        boolean settled;

        long due() {
            return popTime + invisible;
        }
    }

    private record Handle(int queueId, long offset, long popTime, long invisible) {}

    private static final class Group {
        final String name;
        final int tag;
        final boolean order;
        final List<TreeMap<Long, Known>> queues = new ArrayList<>();
        final List<Handle> handles = new ArrayList<>();
        /** The last try that each queue was given to. */
        final String[] attempts = {"", "", ""};

        Group(String name, int tag, boolean order) {
            this.name = name;
            this.tag = tag;
            this.order = order;
            for (int i = 0; i < QUEUES; i++) {
                queues.add(new TreeMap<>());
            }
        }
    }

    private static final class Run {
        final Random random;
        final PopWorld world = new PopWorld(QUEUES);
        final List<Group> groups =
                List.of(new Group("plain", -1, false), new Group("filtered", 1, false), new Group("ordered", -1, true));
        final List<String> deadExpected = new ArrayList<>();
        long now = 1_000_000;
        int given;
        int again;

        Run(long seed) {
            random = new Random(seed);
        }

        void step() {
            Group group = groups.get(random.nextInt(groups.size()));
            switch (random.nextInt(20)) {
                case 0, 1, 2 -> send();
                case 3, 4, 5, 6, 7, 8 -> pop(group);
                case 9, 10, 11, 12 -> acknowledge(group);
                case 13, 14 -> change(group);
                case 15, 16 -> {
                    now += random.nextInt(40);
                    expire();
                }
                case 17 -> world.checkpoint();
                case 18 -> reset(group);
                default -> {
                    if (random.nextInt(4) == 0) {
                        restart();
                    }
                }
            }
            world.engine.commit();
            floorsAreCommitted();
        }

        private void send() {
            List<Integer> queue = world.queues.get(random.nextInt(QUEUES));
            for (int i = random.nextInt(6); i > 0; i--) {
                queue.add(random.nextInt(2));
            }
        }

        /** What the model says becomes dead, and what the engine does. */
        private void expire() {
            for (Group group : groups) {
                for (int q = 0; q < QUEUES; q++) {
                    for (Map.Entry<Long, Known> entry : group.queues.get(q).entrySet()) {
                        Known known = entry.getValue();
                        if (!known.settled && known.due() <= now && known.deliveries > world.maxRedeliveries) {
                            known.settled = true;
                            deadExpected.add(group.name + " " + q + " " + entry.getKey() + " " + known.deliveries);
                        }
                    }
                }
            }
            world.engine.expire(now, Integer.MAX_VALUE);
            assertThat(world.dead).containsExactlyInAnyOrderElementsOf(deadExpected);
            if (world.engine.nextDue() <= now) {
                fail("something is due still");
            }
        }

        private void pop(Group group) {
            expire();
            int max = 1 + random.nextInt(4);
            int room = random.nextInt(10) == 0 ? 1 : Integer.MAX_VALUE;
            int[] queueIds = random.nextBoolean() ? world.queueIds(PopWorld.TOPIC) : new int[] {random.nextInt(QUEUES)};
            long invisible = 1 + random.nextInt(60);
            String attempt =
                    group.order ? random.nextBoolean() ? group.attempts[queueIds[0]] : "a" + random.nextInt(1000) : "";
            Pop pop = new Pop(
                    group.name,
                    PopWorld.TOPIC,
                    queueIds,
                    max,
                    invisible,
                    false,
                    group.order,
                    attempt,
                    group.tag < 0 ? null : new PopWorld.Wants(group.tag));
            int[] taken = {0};
            Result result = world.engine.pop(pop, now, (topic, queueId, offset, times) -> taken[0]++ < room);
            int count = 0;
            for (Taken queue : result.queues()) {
                boolean repeated = isBlocked(group, queue.queueId());
                if (repeated) {
                    assertThat(attempt).isNotEmpty().isEqualTo(group.attempts[queue.queueId()]);
                }
                check(group, queue, repeated);
                group.attempts[queue.queueId()] = attempt;
                for (int i = 0; i < queue.offsets().size(); i++) {
                    give(group, queue, i, result.popTime(), invisible, repeated);
                    count++;
                }
            }
            assertThat(count).isLessThanOrEqualTo(Math.min(max, room));
            if (count < Math.min(max, room)) {
                for (int queueId : queueIds) {
                    nothingIsLeft(group, queueId);
                }
            }
        }

        private boolean isBlocked(Group group, int queueId) {
            return group.order
                    && group.queues.get(queueId).values().stream()
                            .anyMatch(known -> !known.settled && known.due() > now);
        }

        /** Only what may be given, in the order of offsets, and with the right count. */
        private void check(Group group, Taken queue, boolean repeated) {
            TreeMap<Long, Known> known = group.queues.get(queue.queueId());
            assertThat(queue.offsets()).isSorted().doesNotHaveDuplicates();
            for (int i = 0; i < queue.offsets().size(); i++) {
                long offset = queue.offsets().get(i);
                Known message = known.get(offset);
                int before = 0;
                if (message != null) {
                    assertThat(message.settled)
                            .as("message %d is settled", offset)
                            .isFalse();
                    if (!repeated) {
                        assertThat(message.due()).isLessThanOrEqualTo(now);
                    }
                    before = repeated ? message.deliveries - 1 : message.deliveries;
                    again++;
                }
                assertThat(queue.redeliveries().get(i)).isEqualTo(before);
                if (group.tag >= 0) {
                    assertThat(world.queues.get(queue.queueId()).get((int) offset))
                            .isEqualTo(group.tag);
                }
                given++;
            }
        }

        private void give(Group group, Taken queue, int i, long popTime, long invisible, boolean repeated) {
            TreeMap<Long, Known> known = group.queues.get(queue.queueId());
            long offset = queue.offsets().get(i);
            Known message = known.computeIfAbsent(offset, o -> new Known());
            assertThat(popTime).as("a handle of its own").isGreaterThan(message.popTime);
            message.deliveries += repeated ? 0 : 1;
            message.popTime = popTime;
            message.invisible = invisible;
            group.handles.add(new Handle(queue.queueId(), offset, popTime, invisible));
        }

        private void nothingIsLeft(Group group, int queueId) {
            if (isBlocked(group, queueId)) {
                return;
            }
            TreeMap<Long, Known> known = group.queues.get(queueId);
            List<Integer> tags = world.queues.get(queueId);
            for (long offset = 0; offset < tags.size(); offset++) {
                Known message = known.get(offset);
                boolean wanted = group.tag < 0 || tags.get((int) offset) == group.tag;
                boolean there = message == null ? wanted : !message.settled && message.due() <= now;
                assertThat(there)
                        .as("message %d of queue %d was left by %s", offset, queueId, group.name)
                        .isFalse();
            }
        }

        private void acknowledge(Group group) {
            if (group.handles.isEmpty()) {
                return;
            }
            Handle handle = group.handles.get(random.nextInt(group.handles.size()));
            Known known = group.queues.get(handle.queueId).get(handle.offset);
            Outcome expected;
            if (known == null) {
                // a reset has made it new again, or it was settled by one
                expected = handle.offset < scan(group, handle.queueId) ? Outcome.SETTLED : Outcome.STALE;
            } else if (known.settled) {
                expected = Outcome.SETTLED;
            } else {
                expected = isCurrent(known, handle) ? Outcome.DONE : Outcome.STALE;
            }
            Outcome outcome = world.engine.acknowledge(
                    group.name, PopWorld.TOPIC, handle.queueId, handle.offset, handle.popTime, handle.invisible);
            assertThat(outcome).isEqualTo(expected);
            if (outcome == Outcome.DONE && known != null) {
                known.settled = true;
            }
        }

        private long scan(Group group, int queueId) {
            PopCursor cursor = world.table.cursor(group.name, PopWorld.TOPIC, queueId);
            return cursor == null ? 0 : cursor.scan();
        }

        private static boolean isCurrent(Known known, Handle handle) {
            return known.popTime == handle.popTime && known.invisible == handle.invisible;
        }

        private void change(Group group) {
            if (group.handles.isEmpty()) {
                return;
            }
            Handle handle = group.handles.get(random.nextInt(group.handles.size()));
            Known known = group.queues.get(handle.queueId).get(handle.offset);
            long invisible = random.nextInt(80);
            long popTime = world.engine.change(
                    group.name,
                    PopWorld.TOPIC,
                    handle.queueId,
                    handle.offset,
                    handle.popTime,
                    handle.invisible,
                    invisible,
                    now);
            boolean counts = known != null && !known.settled && isCurrent(known, handle);
            assertThat(popTime >= 0).isEqualTo(counts);
            if (counts) {
                assertThat(popTime).isGreaterThan(known.popTime);
                known.popTime = popTime;
                known.invisible = invisible;
                group.handles.add(new Handle(handle.queueId, handle.offset, popTime, invisible));
            }
        }

        /** Somebody else commits an offset; the next pop goes on from there. */
        private void reset(Group group) {
            int queueId = random.nextInt(QUEUES);
            PopCursor cursor = world.table.cursor(group.name, PopWorld.TOPIC, queueId);
            if (cursor == null || random.nextInt(3) != 0) {
                return;
            }
            long offset = random.nextInt(world.queues.get(queueId).size() + 1);
            world.commit(PopWorld.TOPIC, group.name, queueId, offset);
            if (offset == cursor.known) {
                return;
            }
            if (random.nextInt(3) == 0) {
                // it is saved before the group follows
                world.checkpoint();
                world.kill(false);
            }
            long floor = world.table.cursor(group.name, PopWorld.TOPIC, queueId).floor();
            expire();
            world.engine.hasMessage(
                    new Pop(group.name, PopWorld.TOPIC, new int[] {queueId}, 1, 1, false, false, "", null));
            TreeMap<Long, Known> known = group.queues.get(queueId);
            if (offset < floor) {
                known.tailMap(offset).clear();
            } else {
                for (long at = 0; at < offset; at++) {
                    known.computeIfAbsent(at, o -> new Known()).settled = true;
                }
            }
            for (long at = 0; at < offset; at++) {
                known.computeIfAbsent(at, o -> new Known()).settled = true;
            }
        }

        private void restart() {
            switch (random.nextInt(3)) {
                case 0 -> world.restart();
                case 1 -> world.kill(false);
                default -> world.kill(true);
            }
        }

        private void floorsAreCommitted() {
            for (Group group : groups) {
                for (int q = 0; q < QUEUES; q++) {
                    PopCursor cursor = world.table.cursor(group.name, PopWorld.TOPIC, q);
                    if (cursor == null) {
                        continue;
                    }
                    long floor = cursor.floor();
                    if (world.committed(PopWorld.TOPIC, group.name, q) == cursor.known) {
                        assertThat(cursor.known).isEqualTo(floor);
                    }
                    group.queues.get(q).forEach((offset, known) -> {
                        if (!known.settled) {
                            assertThat(offset).isGreaterThanOrEqualTo(floor);
                        }
                    });
                }
            }
        }

        /** Everything is given in the end, until it is settled or dead. */
        private void drain() {
            for (int round = 0; round < 2000; round++) {
                now += 200;
                expire();
                int before = given;
                groups.forEach(this::takeAll);
                if (given == before) {
                    break;
                }
            }
            for (Group group : groups) {
                for (int q = 0; q < QUEUES; q++) {
                    assertThat(world.committed(PopWorld.TOPIC, group.name, q))
                            .as("%s queue %d", group.name, q)
                            .isEqualTo(world.queues.get(q).size());
                }
            }
            assertThat(world.table.unsettled()).isZero();
            assertThat(world.engine.nextDue()).isEqualTo(Long.MAX_VALUE);
        }

        private void takeAll(Group group) {
            for (int i = 0; i < 30; i++) {
                group.handles.clear();
                pop(group);
                for (Handle handle : List.copyOf(group.handles)) {
                    Known known = group.queues.get(handle.queueId).get(handle.offset);
                    Outcome outcome = world.engine.acknowledge(
                            group.name,
                            PopWorld.TOPIC,
                            handle.queueId,
                            handle.offset,
                            handle.popTime,
                            handle.invisible);
                    assertThat(outcome).isEqualTo(Outcome.DONE);
                    known.settled = true;
                }
            }
            world.engine.commit();
        }
    }

    @ParameterizedTest(name = "seeds from {0}")
    @ValueSource(longs = {1, 1000, 2000})
    void eachMessageIsGivenUntilItIsSettledOnceAndNotBeforeItsTime(long from) {
        int again = 0;
        for (long seed = from; seed < from + RUNS; seed++) {
            Run run = new Run(seed);
            try {
                for (int i = 0; i < STEPS; i++) {
                    run.step();
                }
                run.drain();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
            again += run.again;
        }
        assertThat(again).as("messages given again").isGreaterThan(100);
    }
}
