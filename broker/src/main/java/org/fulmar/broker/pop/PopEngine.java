package org.fulmar.broker.pop;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import org.fulmar.broker.delivery.Backlog;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.broker.pop.PopCursor.Popped;
import org.fulmar.broker.pop.PopTable.Given;
import org.fulmar.broker.store.FactSink;
import org.jspecify.annotations.Nullable;

/**
 * POP consumption: gives a group's consumers messages that are invisible to the others of the group for a time, and
 * gives them again, before newer ones, when that is over without an acknowledgement.
 *
 * <p>A state machine without I/O, clock or locks, owned by the broker's core. It writes the facts of each change; the
 * caller logs them before it answers.
 *
 * <p>Guaranteed: a settled message is never given again; none is given before its time is over; a handle counts until
 * its message is given again, and no longer.
 */
public final class PopEngine {
    /** Index entries looked at by one pop. */
    static final int MAX_SCANNED = 800;
    /** Messages of one queue that a group may have under way. */
    static final int MAX_INVISIBLE = 100_000;
    /** Messages given and not settled, of all groups together. */
    static final int MAX_UNSETTLED = 1_000_000;

    static final int MAX_CURSORS = 200_000;

    /** Who pops what. */
    public record Pop(
            String group,
            String topic,
            int[] queueIds,
            int max,
            long invisibleMillis,
            boolean fromEnd,
            boolean order,
            String attempt,
            @Nullable MessageTest test) {}

    /** Takes the messages of one pop. */
    public interface Basket {
        /**
         * @param redeliveries how often the group has been given it before
         * @return false if there is no room for it any more; it is not taken then
         */
        boolean put(String topic, int queueId, long offset, int redeliveries);

        /** Whether further messages are to be looked at. */
        default boolean isOpen() {
            return true;
        }
    }

    /** Messages of one queue, in their order; {@code redeliveries} says how often each was given before. */
    public record Taken(int queueId, List<Long> offsets, List<Integer> redeliveries) {}

    /**
     * What a pop brought.
     *
     * @param popTime part of the messages' handles, in milliseconds since the epoch
     * @param rest messages that are there beyond these
     */
    public record Result(long popTime, List<Taken> queues, long rest) {
        public boolean isEmpty() {
            return queues.isEmpty();
        }
    }

    /** What became of a handle. */
    public enum Outcome {
        DONE,
        /** Its message is settled already. */
        SETTLED,
        /** Its message has been given again since, or was never given. */
        STALE
    }

    /** What the engine asks of the rest of the broker. */
    public interface Surroundings {
        /** The first offset that the queue still has. */
        long minOffset(String topic, int queueId);

        /** How often a message is given again before it is dead; -1 for ever. */
        int maxRedeliveries(String group);

        /**
         * Copies a dead message to the group's dead-letter queue; the copy is the fact that settles it.
         *
         * @return false if it can't be done now
         */
        boolean deadLetter(String group, String topic, int cursorId, int queueId, long offset, int deliveries);

        /** Messages of the group may be given that could not be before. */
        void wake(String group, String topic);
    }

    private final PopTable table;
    private final Backlog backlog;
    private final Positions positions;
    private final Surroundings surroundings;
    private final FactSink facts;

    public PopEngine(PopTable table, Backlog backlog, Positions positions, Surroundings surroundings, FactSink facts) {
        this.table = table;
        this.backlog = backlog;
        this.positions = positions;
        this.surroundings = surroundings;
        this.facts = facts;
    }

    /** Whether a group may pop from a topic; not a new one, if there are too many already. */
    public boolean admits(String group, String topic) {
        return table.group(group, topic) != null || table.cursorCount() < MAX_CURSORS;
    }

    /** A run of neighbouring messages that is given in one fact. */
    private static final class Run {
        final PopCursor cursor;
        final long start;
        int count = 1;

        Run(PopCursor cursor, long start) {
            this.cursor = cursor;
            this.start = start;
        }
    }

    /** Messages that the consumer does not want, behind the last that it was given. */
    private record Passed(PopCursor cursor, long from, long count) {}

    /** One pop under way. */
    private final class Taking {
        final Pop pop;
        final Basket basket;
        final List<Run> runs = new ArrayList<>();
        final List<Passed> passed = new ArrayList<>();
        final List<Taken> taken = new ArrayList<>();
        /** Cursors of which only a repeated try is given. */
        final List<PopCursor> repeated = new ArrayList<>();

        long popTime;
        int count;
        int scanned;
        boolean full;

        Taking(Pop pop, Basket basket, long now) {
            this.pop = pop;
            this.basket = basket;
            this.popTime = now;
        }

        boolean more() {
            return !full && count < pop.max && scanned < MAX_SCANNED && basket.isOpen();
        }

        private boolean put(PopCursor cursor, long offset, int redeliveries) {
            if (!basket.put(pop.topic, cursor.queueId, offset, redeliveries)) {
                full = true;
                return false;
            }
            count++;
            Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
            if (last != null && last.cursor == cursor && last.start + last.count == offset) {
                last.count++;
            } else {
                runs.add(new Run(cursor, offset));
            }
            Taken queue = taken.isEmpty() ? null : taken.get(taken.size() - 1);
            if (queue == null || queue.queueId != cursor.queueId) {
                queue = new Taken(cursor.queueId, new ArrayList<>(), new ArrayList<>());
                taken.add(queue);
            }
            queue.offsets.add(offset);
            queue.redeliveries.add(redeliveries);
            return true;
        }

        void queue(PopCursor cursor) {
            if (pop.order && cursor.invisible() > 0) {
                if (pop.attempt.isEmpty() || !pop.attempt.equals(cursor.attempt)) {
                    return;
                }
                repeated.add(cursor);
                again(cursor, first(cursor.popped()), true);
                return;
            }
            again(cursor, first(cursor.returned()), false);
            newOnes(cursor);
        }

        /** As many as one pop looks at. */
        private List<Popped> first(NavigableMap<Long, Popped> messages) {
            return messages.values().stream().limit(MAX_SCANNED).toList();
        }

        /** Messages that were given before. */
        private void again(PopCursor cursor, List<Popped> messages, boolean sameTry) {
            for (Popped message : messages) {
                if (!more()) {
                    return;
                }
                scanned++;
                if (verdict(cursor, message.offset) != Backlog.Verdict.DELIVER) {
                    table.settle(cursor, message.offset, 1, facts);
                    continue;
                }
                int redeliveries = sameTry ? message.deliveries - 1 : message.deliveries;
                if (put(cursor, message.offset, redeliveries)) {
                    // each delivery has a handle of its own, even if the clock stands still or goes back
                    popTime = Math.max(popTime, message.popTime + 1);
                }
            }
        }

        private void newOnes(PopCursor cursor) {
            long end = backlog.visibleOffset(pop.topic, cursor.queueId);
            long offset = cursor.scan();
            long passedFrom = offset;
            int room = MAX_INVISIBLE - cursor.invisible();
            while (more() && offset < end && room > 0 && table.unsettled() + count < MAX_UNSETTLED) {
                scanned++;
                if (verdict(cursor, offset) == Backlog.Verdict.DELIVER) {
                    if (!put(cursor, offset, 0)) {
                        break;
                    }
                    room--;
                    passedFrom = offset + 1;
                }
                offset++;
            }
            if (passedFrom < offset) {
                // what is passed over before a message that is given needs no fact
                passed.add(new Passed(cursor, passedFrom, offset - passedFrom));
            }
        }

        private Backlog.Verdict verdict(PopCursor cursor, long offset) {
            return backlog.verdict(pop.topic, cursor.queueId, offset, pop.test);
        }

        Result finish() {
            for (Run run : runs) {
                Given given = new Given(popTime, pop.invisibleMillis, repeated.contains(run.cursor), pop.attempt);
                table.give(run.cursor, run.start, run.count, given, facts);
            }
            passed.forEach(range -> table.settle(range.cursor, range.from, range.count, facts));
            return new Result(popTime, taken, rest(pop));
        }
    }

    /**
     * Takes messages, as far as there are any; they are invisible from now on.
     *
     * @param now milliseconds since the epoch
     */
    public Result pop(Pop pop, long now, Basket basket) {
        Taking taking = new Taking(pop, basket, now);
        int queues = pop.queueIds.length;
        int first = queues < 2 ? 0 : start(pop).nextTurn(queues);
        for (int i = 0; i < queues && taking.more(); i++) {
            taking.queue(cursor(pop, pop.queueIds[(first + i) % queues]));
        }
        return taking.finish();
    }

    private PopGroup start(Pop pop) {
        return cursor(pop, pop.queueIds[0]).group;
    }

    /** The group's cursor; one that is new begins where the group has committed, or where the pop says. */
    private PopCursor cursor(Pop pop, int queueId) {
        positions.takeReset(pop.topic, pop.group, queueId, facts);
        long committed = positions.committed(pop.topic, pop.group, queueId);
        long min = surroundings.minOffset(pop.topic, queueId);
        long end = Math.max(min, backlog.visibleOffset(pop.topic, queueId));
        PopCursor cursor = table.cursor(pop.group, pop.topic, queueId);
        // as for a group that pulls: a queue that still has its first message is all new to a new group
        long otherwise = pop.fromEnd && min > 0 ? end : min;
        long start = committed >= 0 ? Math.max(min, Math.min(end, committed)) : otherwise;
        if (cursor == null) {
            cursor = table.create(pop.group, pop.topic, queueId, start, facts);
            cursor.known = committed;
        } else if (committed != cursor.known) {
            // set or forgotten by an administrator, or set by consumers that have pulled meanwhile
            table.reset(cursor, start, facts);
            cursor.known = committed;
        }
        if (cursor.scan() < min) {
            table.settle(cursor, cursor.scan(), min - cursor.scan(), facts);
        }
        return cursor;
    }

    /** Forgets what groups that may never come back have in hand no more, and what retention has deleted since. */
    public void settleDeleted() {
        for (PopCursor cursor : table.cursors()) {
            long min = surroundings.minOffset(cursor.group.topic, cursor.queueId);
            if (cursor.invisible() == 0 && cursor.floor() < min) {
                table.settle(cursor, cursor.floor(), min - cursor.floor(), facts);
            }
        }
    }

    private long rest(Pop pop) {
        long rest = 0;
        for (int queueId : pop.queueIds) {
            PopCursor cursor = table.cursor(pop.group, pop.topic, queueId);
            if (cursor != null) {
                rest += cursor.returned().size()
                        + Math.max(0, backlog.visibleOffset(pop.topic, queueId) - cursor.scan());
            }
        }
        return rest;
    }

    /** Whether a pop would find something, as far as can be told without looking at the messages. */
    public boolean hasMessage(Pop pop) {
        for (int queueId : pop.queueIds) {
            PopCursor cursor = cursor(pop, queueId);
            boolean blocked = pop.order
                    && cursor.invisible() > 0
                    && (pop.attempt.isEmpty() || !pop.attempt.equals(cursor.attempt));
            boolean roomForNew = cursor.invisible() < MAX_INVISIBLE && table.unsettled() < MAX_UNSETTLED;
            boolean any = !cursor.returned().isEmpty()
                    || roomForNew && cursor.scan() < backlog.visibleOffset(pop.topic, queueId)
                    || pop.order && cursor.invisible() > 0;
            if (any && !blocked) {
                return true;
            }
        }
        return false;
    }

    /** Puts into the basket what the next pop would find, and changes nothing. How many. */
    public int peek(Pop pop, Basket basket) {
        Peeking peeking = new Peeking(pop, basket);
        for (int queueId : pop.queueIds) {
            PopCursor cursor = table.cursor(pop.group, pop.topic, queueId);
            if (cursor != null) {
                for (Popped message : cursor.returned().values()) {
                    if (!peeking.more()) {
                        return peeking.count;
                    }
                    peeking.look(queueId, message.offset, message.deliveries);
                }
            }
            long offset = cursor == null ? surroundings.minOffset(pop.topic, queueId) : cursor.scan();
            long end = backlog.visibleOffset(pop.topic, queueId);
            for (; offset < end && peeking.more(); offset++) {
                peeking.look(queueId, offset, 0);
            }
        }
        return peeking.count;
    }

    /** One look at what there is under way. */
    private final class Peeking {
        private final Pop pop;
        private final Basket basket;
        private int scanned;
        private boolean full;
        int count;

        Peeking(Pop pop, Basket basket) {
            this.pop = pop;
            this.basket = basket;
        }

        boolean more() {
            return !full && count < pop.max && scanned < MAX_SCANNED && basket.isOpen();
        }

        void look(int queueId, long offset, int deliveries) {
            scanned++;
            if (backlog.verdict(pop.topic, queueId, offset, pop.test) == Backlog.Verdict.DELIVER) {
                if (basket.put(pop.topic, queueId, offset, deliveries)) {
                    count++;
                } else {
                    full = true;
                }
            }
        }
    }

    /** Settles a message, if the handle is that of its last delivery. */
    public Outcome acknowledge(
            String group, String topic, int queueId, long offset, long popTime, long invisibleMillis) {
        PopCursor cursor = table.cursor(group, topic, queueId);
        Popped message = cursor == null ? null : cursor.find(offset);
        if (cursor == null || message == null) {
            return cursor != null && offset < cursor.scan() ? Outcome.SETTLED : Outcome.STALE;
        }
        if (!message.hasHandle(popTime, invisibleMillis)) {
            return Outcome.STALE;
        }
        table.settle(cursor, offset, 1, facts);
        if (cursor.invisible() == 0 || cursor.invisible() == MAX_INVISIBLE - 1) {
            surroundings.wake(group, topic);
        }
        return Outcome.DONE;
    }

    /**
     * Gives a message another time, from now on.
     *
     * @return the pop time of its new handle; -1 if the handle is not that of the last delivery, or it is settled
     */
    public long change(
            String group,
            String topic,
            int queueId,
            long offset,
            long popTime,
            long invisibleMillis,
            long newInvisibleMillis,
            long now) {
        PopCursor cursor = table.cursor(group, topic, queueId);
        Popped message = cursor == null ? null : cursor.find(offset);
        if (message == null || !message.hasHandle(popTime, invisibleMillis)) {
            return -1;
        }
        // each handle is another one, even if the clock stands still or goes back
        long since = Math.max(now, message.popTime + 1);
        table.change(message, since, newInvisibleMillis, facts);
        return since;
    }

    /** When the time of the next message is over, in milliseconds since the epoch; MAX_VALUE if none is under way. */
    public long nextDue() {
        return table.deadlines().isEmpty()
                ? Long.MAX_VALUE
                : table.deadlines().first().due();
    }

    /** Takes back messages whose time is over, up to so many. */
    public void expire(long now, int max) {
        for (int i = 0; i < max && nextDue() <= now; i++) {
            Popped message = table.deadlines().first();
            PopCursor cursor = message.cursor;
            PopGroup group = cursor.group;
            table.giveBack(message);
            int most = surroundings.maxRedeliveries(group.name);
            if (most >= 0
                    && message.deliveries > most
                    && surroundings.deadLetter(
                            group.name, group.topic, cursor.id, cursor.queueId, message.offset, message.deliveries)) {
                table.moved(cursor, message.offset);
            }
            surroundings.wake(group.name, group.topic);
        }
    }

    /** Commits how far the groups are; called when a turn ends. */
    public void commit() {
        table.commit();
    }
}
