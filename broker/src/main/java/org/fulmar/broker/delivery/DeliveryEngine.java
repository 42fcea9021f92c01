package org.fulmar.broker.delivery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.store.FactSink;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.Acknowledge;
import org.jspecify.annotations.Nullable;

/**
 * Decides who gets which message, and knows what each consumer holds.
 *
 * <p>A state machine without I/O, clock or locks, owned by the broker's core: a call changes the state and writes the
 * facts of the change; the caller logs them before it answers or sends anything that follows from them. What has to
 * last is in {@link GroupTable}, which a restart builds again from the same facts.
 *
 * <p>Guaranteed: a settled message is never delivered again; a message is held by one consumer of a group at a time;
 * what was returned goes out before newer messages of its queue, in order, and with a higher delivery count.
 */
public final class DeliveryEngine {
    /** Messages that are assigned in one turn of the core, at most. */
    private static final int ASSIGN_PER_TURN = 2048;
    /** Messages that one consumer gets before the next one's turn. */
    private static final int CHUNK = 64;
    /** Messages that are tested for one consumer in a turn, at most. */
    private static final int TESTS_PER_TURN = 4096;

    private final GroupTable groups;
    private final Backlog backlog;
    private final FactSink facts;
    private final Deliveries deliveries;
    private final Deque<SubscriptionGroup> awake = new ArrayDeque<>();
    private final Map<String, List<SubscriptionGroup>> transients = new HashMap<>();

    /** Where assigned messages go; called on the core, and sent only when the facts are in the log. */
    public interface Deliveries {
        void deliver(Consumer consumer, String topic, int queueId, long offset, int deliveryCount);
    }

    public DeliveryEngine(GroupTable groups, Backlog backlog, FactSink facts, Deliveries deliveries) {
        this.groups = groups;
        this.backlog = backlog;
        this.facts = facts;
        this.deliveries = deliveries;
    }

    /** A consumer of a queue or of a durable subscription, whose group must exist. */
    public Consumer open(
            SubscriptionGroup group, int id, int sessionId, Object owner, @Nullable MessageTest test, int credit) {
        Consumer consumer = new Consumer(id, sessionId, owner, group, test, credit);
        group.consumers().add(consumer);
        wake(group);
        return consumer;
    }

    /** A non-durable subscriber: it gets what is sent from now on, and nothing of it is logged. */
    public Consumer openTransient(
            String topic,
            int id,
            int sessionId,
            Object owner,
            @Nullable MessageTest test,
            boolean noLocal,
            int credit) {
        SubscriptionGroup group = new SubscriptionGroup("", topic, true, false, null, noLocal);
        for (int queueId : backlog.queueIds(topic)) {
            group.add(new Cursor(0, group, queueId, backlog.nextOffset(topic, queueId)));
        }
        transients.computeIfAbsent(topic, t -> new ArrayList<>()).add(group);
        return open(group, id, sessionId, owner, test, credit);
    }

    /** A topic has got a new queue: every group reads it from its beginning. */
    public void queueAdded(String topic, int queueId) {
        for (SubscriptionGroup group : groups.ofTopic(topic)) {
            groups.addCursor(group, queueId, 0, facts);
        }
        for (SubscriptionGroup group : transients.getOrDefault(topic, List.of())) {
            if (group.cursor(queueId) == null) {
                group.add(new Cursor(0, group, queueId, 0));
            }
        }
    }

    /** Messages of a topic became visible. */
    public void wakeTopic(String topic) {
        groups.ofTopic(topic).forEach(this::wake);
        List<SubscriptionGroup> others = transients.get(topic);
        if (others != null) {
            others.forEach(this::wake);
        }
    }

    private void wake(SubscriptionGroup group) {
        if (!group.consumers().isEmpty() && group.markQueued()) {
            awake.add(group);
        }
    }

    /** A consumer may get messages now, or not: its connection was started or stopped, or can take more or not. */
    public void running(Consumer consumer, boolean running) {
        consumer.running(running);
        if (running) {
            wake(consumer.group());
        }
    }

    public void addCredit(Consumer consumer, int credit) {
        consumer.addCredit(credit);
        wake(consumer.group());
    }

    /** Takes back the credit that is left; the consumer gets nothing more until it is given some. */
    public void withdrawCredit(Consumer consumer) {
        consumer.clearCredit();
    }

    /** Assigns what can be assigned, up to a bound. Whether there may be more to do. */
    public boolean dispatch() {
        int left = ASSIGN_PER_TURN;
        int rounds = awake.size();
        while (left > 0 && rounds-- > 0) {
            SubscriptionGroup group = awake.remove();
            group.unmarkQueued();
            left = dispatch(group, left);
            if (left <= 0) {
                wake(group);
            }
        }
        return !awake.isEmpty();
    }

    private int dispatch(SubscriptionGroup group, int budget) {
        int left = budget;
        boolean progress = true;
        while (progress && left > 0) {
            progress = false;
            int served = 0;
            int count = group.consumers().size();
            for (int step = 0; step < count && left > 0; step++) {
                Consumer consumer = group.atTurn(step);
                if (consumer.wantsMore()) {
                    int assigned = assign(group, consumer, Math.min(left, chunk(group, count)));
                    left -= assigned;
                    if (assigned > 0) {
                        progress = true;
                        served = step + 1;
                    }
                }
            }
            group.passTurn(served);
        }
        return left;
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

    private int assign(SubscriptionGroup group, Consumer consumer, int max) {
        int assigned = 0;
        for (Cursor cursor : group.cursors()) {
            if (assigned < max && consumer.wantsMore()) {
                assigned += assignReturned(group, cursor, consumer, max - assigned);
            }
            // newer ones wait until all that came back were looked at
            if (assigned < max && consumer.wantsMore() && nextReturned(cursor, consumer) == null) {
                assigned += assignAvailable(group, cursor, consumer, max - assigned);
            }
        }
        return assigned;
    }

    private int assignReturned(SubscriptionGroup group, Cursor cursor, Consumer consumer, int max) {
        int assigned = 0;
        int tests = TESTS_PER_TURN;
        Long offset = nextReturned(cursor, consumer);
        while (offset != null && assigned < max && consumer.wantsMore() && tests-- > 0) {
            Long next = cursor.returned().higherKey(offset);
            switch (backlog.verdict(group.topic(), cursor.queueId(), offset, consumer.test())) {
                case DELIVER -> {
                    deliver(cursor, consumer, offset);
                    assigned++;
                }
                case GONE -> settle(cursor, offset, 1);
                case PASS -> {
                    if (group.isSubscription()) {
                        settle(cursor, offset, 1);
                    }
                }
            }
            consumer.returnedScan(cursor, offset + 1);
            offset = next;
        }
        if (tests <= 0 && offset != null) {
            wake(group);
        }
        return assigned;
    }

    private static @Nullable Long nextReturned(Cursor cursor, Consumer consumer) {
        return cursor.returned().isEmpty() ? null : cursor.returned().ceilingKey(consumer.returnedScan(cursor));
    }

    private int assignAvailable(SubscriptionGroup group, Cursor cursor, Consumer consumer, int max) {
        long end = backlog.visibleOffset(group.topic(), cursor.queueId());
        int assigned = 0;
        int tests = TESTS_PER_TURN;
        long offset = cursor.available(consumer.scan(cursor), end);
        while (offset < end && assigned < max && consumer.wantsMore() && tests-- > 0) {
            switch (backlog.verdict(group.topic(), cursor.queueId(), offset, consumer.test())) {
                case DELIVER -> {
                    deliver(cursor, consumer, offset);
                    assigned++;
                }
                case GONE -> settle(cursor, offset, 1);
                case PASS -> {
                    if (group.isSubscription()) {
                        settle(cursor, offset, 1);
                    }
                }
            }
            consumer.scan(cursor, offset + 1);
            offset = cursor.available(offset + 1, end);
        }
        if (tests <= 0 && offset < end) {
            wake(group);
        }
        return assigned;
    }

    private void deliver(Cursor cursor, Consumer consumer, long offset) {
        Cursor.InFlight message = cursor.delivered(offset);
        consumer.hold(message);
        if (cursor.group().isLasting()) {
            groups.logDelivered(cursor, offset, facts);
        }
        deliveries.deliver(consumer, cursor.group().topic(), cursor.queueId(), offset, message.deliveries);
    }

    private void settle(Cursor cursor, long offset, int count) {
        for (int i = 0; i < count; i++) {
            Cursor.InFlight message = cursor.held(offset + i);
            if (message != null && message.holder != null) {
                message.holder.letGo(message);
            }
            cursor.settled(offset + i);
        }
        if (cursor.group().isLasting()) {
            groups.logSettled(cursor, offset, count, facts);
        }
    }

    /**
     * Settles messages that a session holds.
     *
     * @param consumers finds a consumer of the session by its id, open or closed
     * @throws DeliveryException if one is not held, as after its consumer's connection was lost; nothing is settled then
     */
    public void acknowledge(Acknowledge acknowledge, java.util.function.IntFunction<@Nullable Consumer> consumers)
            throws DeliveryException {
        for (Acknowledge.Range range : acknowledge.ranges()) {
            Consumer consumer = consumers.apply(range.consumerId());
            Cursor cursor = consumer == null ? null : consumer.group().cursor(range.queueId());
            if (range.count() < 1) {
                throw new DeliveryException(
                        ResponseCode.JMS_ILLEGAL_STATE, "an acknowledgement of " + range.count() + " messages");
            }
            for (int i = 0; i < range.count(); i++) {
                Cursor.InFlight message = cursor == null ? null : cursor.held(range.offset() + i);
                if (message == null || message.holder != consumer) {
                    throw new DeliveryException(
                            ResponseCode.JMS_ILLEGAL_STATE,
                            "message " + (range.offset() + i) + " of queue " + range.queueId()
                                    + " is not held by consumer " + range.consumerId() + " any more");
                }
            }
        }
        for (Acknowledge.Range range : acknowledge.ranges()) {
            Consumer consumer = consumers.apply(range.consumerId());
            Cursor cursor = consumer == null ? null : consumer.group().cursor(range.queueId());
            if (consumer != null && cursor != null) {
                int before = consumer.held();
                settle(cursor, range.offset(), range.count());
                if (acknowledge.replenish() && consumer.isOpen()) {
                    addCredit(consumer, before - consumer.held());
                }
            }
        }
    }

    /**
     * Returns everything that a consumer holds. What its application has not seen gives it its credit back.
     *
     * @param handedOut number of its last delivery that the application has seen; later ones do not count as delivered
     */
    public void returnAll(Consumer consumer, long handedOut) {
        returnWhere(consumer, handedOut, true);
    }

    /** Closes a consumer: what the application has not seen goes back, the rest stays with its session. */
    public void close(Consumer consumer, long handedOut) {
        consumer.close();
        returnWhere(consumer, handedOut, false);
        SubscriptionGroup group = consumer.group();
        group.consumers().remove(consumer);
        if (!group.isLasting()) {
            List<SubscriptionGroup> others = transients.get(group.topic());
            if (others != null && others.remove(group) && others.isEmpty()) {
                transients.remove(group.topic());
            }
        }
        wake(group);
    }

    /** The consumer starts again behind a recover: what was under way to it under the old epoch is dropped there. */
    public void newEpoch(Consumer consumer, int epoch) {
        consumer.epoch(epoch);
        wake(consumer.group());
    }

    private void returnWhere(Consumer consumer, long handedOut, boolean all) {
        Cursor.InFlight message = consumer.oldestHeld();
        while (message != null) {
            Cursor.InFlight next = message.next;
            boolean seen = message.number <= handedOut;
            if (all || !seen) {
                giveBack(consumer, message, seen);
            }
            message = next;
        }
        wake(consumer.group());
    }

    private void giveBack(Consumer consumer, Cursor.InFlight message, boolean seen) {
        consumer.letGo(message);
        if (!seen) {
            consumer.addCredit(1);
        }
        Cursor cursor = message.cursor;
        int count = seen ? message.deliveries : message.deliveries - 1;
        cursor.returned(message.offset, count);
        cursor.group().consumers().forEach(other -> other.returned(cursor, message.offset));
        // what was seen needs no fact: after a restart it comes back in the same way
        if (!seen && cursor.group().isLasting()) {
            groups.logReturned(cursor, message.offset, count, facts);
        }
    }

    /** Consumers of a group that are open now. */
    public Collection<Consumer> consumersOf(SubscriptionGroup group) {
        return group.consumers();
    }
}
