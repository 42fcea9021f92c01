package org.fulmar.broker.delivery;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.TreeSet;
import org.fulmar.broker.store.FactSink;
import org.jspecify.annotations.Nullable;

/**
 * Assigns messages to the consumers of groups that something has happened to, so much in a turn of the core as keeps
 * it quick. Part of the {@link DeliveryEngine}; owned by the core.
 *
 * <p>What was returned goes before newer messages of its queue. A message of a message group goes to the consumer that
 * has the group, whoever comes across it; if that one can take no more, it waits for it.
 */
final class Assignment {
    /** Messages that are assigned in one turn of the core, at most. */
    private static final int PER_TURN = 2048;
    /** Messages that one consumer gets before the next one's turn. */
    private static final int CHUNK = 64;
    /** Messages that are looked at in a turn, at most. */
    private static final int TESTS_PER_TURN = 8192;
    /** How long a message waits that could not be moved away, in milliseconds. */
    private static final long MOVE_AGAIN_MILLIS = 1000;

    private final GroupTable groups;
    private final Backlog backlog;
    private final FactSink facts;
    private final DeliveryEngine.Deliveries deliveries;
    private final Redelivery redelivery;
    private final Deque<SubscriptionGroup> awake = new ArrayDeque<>();
    private int left;
    private int tests;

    Assignment(
            GroupTable groups,
            Backlog backlog,
            FactSink facts,
            DeliveryEngine.Deliveries deliveries,
            Redelivery redelivery) {
        this.groups = groups;
        this.backlog = backlog;
        this.facts = facts;
        this.deliveries = deliveries;
        this.redelivery = redelivery;
    }

    void wake(SubscriptionGroup group) {
        if (!group.consumers().isEmpty() && group.markQueued()) {
            awake.add(group);
        }
    }

    /** Assigns what can be assigned, up to a bound. Whether there may be more to do. */
    boolean dispatch() {
        left = PER_TURN;
        tests = TESTS_PER_TURN;
        int rounds = awake.size();
        while (hasBudget() && rounds-- > 0) {
            SubscriptionGroup group = awake.remove();
            group.unmarkQueued();
            if (!backlog.mayBeRead(group.topic())) {
                continue;
            }
            dispatch(group);
            if (!hasBudget()) {
                wake(group);
            }
        }
        return !awake.isEmpty();
    }

    boolean isAwake() {
        return !awake.isEmpty();
    }

    private boolean hasBudget() {
        return left > 0 && tests > 0 && deliveries.hasRoom();
    }

    private void dispatch(SubscriptionGroup group) {
        boolean progress = true;
        while (progress && hasBudget()) {
            progress = false;
            int served = 0;
            int count = group.consumers().size();
            for (int step = 0; step < count && hasBudget(); step++) {
                Consumer consumer = group.atTurn(step);
                if (consumer.wantsMore()) {
                    int before = left;
                    assign(group, consumer, Math.max(0, left - chunk(group, count)));
                    if (left < before) {
                        progress = true;
                        served = step + 1;
                    }
                }
            }
            group.passTurn(served);
        }
    }

    /** Small shares while there is little, so that one consumer does not take all that competing ones could do. */
    private int chunk(SubscriptionGroup group, int consumers) {
        if (consumers == 1) {
            return CHUNK;
        }
        long waiting = 0;
        for (Cursor cursor : group.cursors()) {
            waiting +=
                    cursor.returned().size() + backlog.visibleOffset(group.topic(), cursor.queueId()) - cursor.scan();
        }
        return (int) Math.max(1, Math.min(CHUNK, waiting / (consumers * 2L)));
    }

    /** Assigns until no more than {@code until} of the turn's messages are left. */
    private void assign(SubscriptionGroup group, Consumer consumer, int until) {
        for (Cursor cursor : group.cursors()) {
            if (goesOn(consumer, until)) {
                assignReturned(group, cursor, consumer, until);
            }
            // newer ones wait until all that came back were looked at
            if (goesOn(consumer, until) && nextReturned(cursor, consumer) == null) {
                assignAvailable(group, cursor, consumer, until);
            }
        }
    }

    private boolean goesOn(Consumer consumer, int until) {
        return left > until && tests > 0 && consumer.wantsMore() && deliveries.hasRoom();
    }

    private static @Nullable Long nextReturned(Cursor cursor, Consumer consumer) {
        if (cursor.returned().isEmpty()) {
            return null;
        }
        return cursor.returned().ceilingKey(consumer.scan().returnedPosition(cursor));
    }

    private void assignReturned(SubscriptionGroup group, Cursor cursor, Consumer consumer, int until) {
        while (goesOn(consumer, until)) {
            Long next = nextReturned(cursor, consumer);
            Consumer.Parked parked = first(consumer.parkedReturned(), cursor);
            if (parked != null && (next == null || parked.offset() < next)) {
                consumer.parkedReturned().remove(parked);
                if (cursor.returned().containsKey(parked.offset())) {
                    look(group, cursor, consumer, parked.offset());
                }
            } else if (next != null && look(group, cursor, consumer, next)) {
                consumer.scan().returnedPosition(cursor, next + 1);
            } else {
                return;
            }
        }
    }

    private static Consumer.@Nullable Parked first(TreeSet<Consumer.Parked> parked, Cursor cursor) {
        Consumer.Parked first = parked.isEmpty() ? null : parked.ceiling(new Consumer.Parked(cursor, 0));
        return first == null || first.cursor() != cursor ? null : first;
    }

    /** What others came across meanwhile, and what nobody has looked at, in order. */
    private void assignAvailable(SubscriptionGroup group, Cursor cursor, Consumer consumer, int until) {
        long end = backlog.visibleOffset(group.topic(), cursor.queueId());
        while (goesOn(consumer, until)) {
            long next = cursor.available(consumer.scan().position(cursor), end);
            Consumer.Parked parked = first(consumer.parked(), cursor);
            if (parked != null && parked.offset() < next) {
                consumer.parked().remove(parked);
                // consumers with another selector may have taken it since
                if (cursor.available(parked.offset(), next) == parked.offset()) {
                    look(group, cursor, consumer, parked.offset());
                }
            } else if (next < end && look(group, cursor, consumer, next)) {
                consumer.scan().position(cursor, next + 1);
            } else {
                return;
            }
        }
    }

    /** Does with a message what is to be done; false if its group's owner can take no more and all must wait. */
    private boolean look(SubscriptionGroup group, Cursor cursor, Consumer consumer, long offset) {
        tests--;
        int queueId = cursor.queueId();
        switch (backlog.verdict(group.topic(), queueId, offset, consumer.scan().test())) {
            case DELIVER -> {
                return deliverTo(group, cursor, consumer, offset);
            }
            case EXPIRED -> {
                if (group.isLasting() && redelivery.expired(group, cursor.id(), queueId, offset)) {
                    cursor.settled(offset);
                } else {
                    settle(cursor, offset);
                }
            }
            case GONE -> settle(cursor, offset);
            case PASS -> {
                if (group.isSubscription()) {
                    settle(cursor, offset);
                }
            }
        }
        return true;
    }

    private boolean deliverTo(SubscriptionGroup group, Cursor cursor, Consumer consumer, long offset) {
        int bucket = backlog.messageGroup(group.topic(), cursor.queueId(), offset, Scan.BUCKETS);
        Consumer owner = bucket < 0 ? consumer : consumer.scan().owner(bucket, consumer);
        if (owner == consumer || owner.wantsMore() && !owner.hasParked()) {
            deliver(cursor, owner, offset);
            return true;
        }
        if (owner.wantsMore()) {
            wake(group);
        }
        return owner.park(cursor, offset);
    }

    private void deliver(Cursor cursor, Consumer consumer, long offset) {
        left--;
        Cursor.InFlight message = cursor.delivered(offset);
        consumer.hold(message);
        if (cursor.group().isLasting()) {
            groups.logDelivered(cursor, offset, facts);
        }
        deliveries.deliver(consumer, cursor.group().topic(), cursor.queueId(), offset, message.deliveries);
    }

    private void settle(Cursor cursor, long offset) {
        cursor.settled(offset);
        if (cursor.group().isLasting()) {
            groups.logSettled(cursor, offset, 1, facts);
        }
    }

    /** How long a message waits before it is delivered again, in milliseconds; -1 if it was dead and has gone. */
    long afterFailure(Cursor cursor, long offset, int count) {
        SubscriptionGroup group = cursor.group();
        Redelivery.Policy policy = redelivery.policy(group);
        if (!policy.isDead(count)) {
            return policy.delay(count);
        }
        if (!group.isLasting()) {
            cursor.settled(offset);
            return -1;
        }
        if (redelivery.deadLetter(group, cursor.id(), cursor.queueId(), offset, count)) {
            cursor.settled(offset);
            return -1;
        }
        return MOVE_AGAIN_MILLIS;
    }
}
