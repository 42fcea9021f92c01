package org.fulmar.broker.delivery;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.fulmar.broker.store.FactSink;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.Release;
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
    private final GroupTable groups;
    private final Backlog backlog;
    private final FactSink facts;
    private final Assignment assignment;
    private final Delayed delayed = new Delayed();
    private final LongSupplier clock;
    private final Map<String, List<SubscriptionGroup>> transients = new HashMap<>();
    private final Map<String, SubscriptionGroup> sharedTransients = new HashMap<>();

    /** Where assigned messages go; called on the core, and sent only when the facts are in the log. */
    public interface Deliveries {
        void deliver(Consumer consumer, String topic, int queueId, long offset, int deliveryCount);

        /** Whether this turn may deliver more; if not, the next one goes on. */
        default boolean hasRoom() {
            return true;
        }
    }

    /**
     * @param clock milliseconds since the epoch, for redelivery delays
     */
    public DeliveryEngine(
            GroupTable groups,
            Backlog backlog,
            FactSink facts,
            Deliveries deliveries,
            Redelivery redelivery,
            LongSupplier clock) {
        this.groups = groups;
        this.backlog = backlog;
        this.facts = facts;
        this.clock = clock;
        this.assignment = new Assignment(groups, backlog, facts, deliveries, redelivery);
    }

    /**
     * Who opens a consumer.
     *
     * @param owner the connection that it belongs to
     * @param key tells tests apart: consumers of a group with one key share what they have looked at
     * @param test null to take everything
     */
    public record Opening(
            int id,
            int sessionId,
            Object owner,
            String key,
            @Nullable MessageTest test,
            int credit) {}

    /** A consumer of a queue or of a subscription, whose group must exist. */
    public Consumer open(SubscriptionGroup group, Opening opening) {
        Scan scan = group.join(opening.key, opening.test);
        Consumer consumer = new Consumer(opening.id, opening.sessionId, opening.owner, group, scan, opening.credit);
        group.consumers().add(consumer);
        wake(group);
        return consumer;
    }

    /**
     * The group of a non-durable subscription: it gets what is sent from now on, or from where one that was there
     * before had come; nothing of it is logged, and it goes with its last consumer.
     *
     * @param name of a shared one; empty for one consumer alone
     */
    public SubscriptionGroup openTransient(
            String name, String topic, @Nullable String selector, Map<Integer, Long> positions) {
        SubscriptionGroup group = new SubscriptionGroup(name, topic, true, false, selector, false, !name.isEmpty());
        for (int queueId : backlog.queueIds(topic)) {
            long end = backlog.nextOffset(topic, queueId);
            long start = positions.isEmpty() ? end : Math.min(end, positions.getOrDefault(queueId, 0L));
            group.add(new Cursor(0, group, queueId, start));
        }
        transients.computeIfAbsent(topic, t -> new ArrayList<>()).add(group);
        if (!name.isEmpty()) {
            sharedTransients.put(name, group);
        }
        return group;
    }

    /** The shared non-durable subscription of this name that has consumers now. */
    public @Nullable SubscriptionGroup sharedTransient(String name) {
        return sharedTransients.get(name);
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

    /** A queue of a topic that some group reads. */
    public record ReadQueue(String topic, int queueId) {}

    /** The queues that any group reads, lasting or not. */
    public Collection<ReadQueue> readQueues() {
        Set<ReadQueue> all = new HashSet<>();
        groups.all().forEach(group -> addQueues(group, all));
        transients.values().forEach(some -> some.forEach(group -> addQueues(group, all)));
        return all;
    }

    private static void addQueues(SubscriptionGroup group, Set<ReadQueue> all) {
        group.cursors().forEach(cursor -> all.add(new ReadQueue(group.topic(), cursor.queueId())));
    }

    /** The first offset of a queue from one on that some group has not settled; Long.MAX_VALUE if no group reads it. */
    public long nextUnsettled(ReadQueue queue, long from) {
        long next = Long.MAX_VALUE;
        for (SubscriptionGroup group : groups.ofTopic(queue.topic)) {
            next = Math.min(next, nextUnsettled(group, queue.queueId, from));
        }
        for (SubscriptionGroup group : transients.getOrDefault(queue.topic, List.of())) {
            next = Math.min(next, nextUnsettled(group, queue.queueId, from));
        }
        return next;
    }

    private static long nextUnsettled(SubscriptionGroup group, int queueId, long from) {
        Cursor cursor = group.cursor(queueId);
        return cursor == null ? Long.MAX_VALUE : cursor.unsettled(from);
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
        assignment.wake(group);
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
        if (delayed.next() != Long.MAX_VALUE) {
            delayed.due(clock.getAsLong(), message -> comeBack(message.cursor, message.offset, message.deliveries));
        }
        return assignment.dispatch();
    }

    /** Whether something has happened that may let messages be assigned. */
    public boolean isAwake() {
        return assignment.isAwake();
    }

    /** When a message that waits for its redelivery is due, in milliseconds since the epoch; MAX_VALUE for never. */
    public long nextDue() {
        return delayed.next();
    }

    private void settle(Cursor cursor, long offset, int count, FactSink sink) {
        for (int i = 0; i < count; i++) {
            Cursor.InFlight message = cursor.held(offset + i);
            if (message != null && message.holder != null) {
                message.holder.letGo(message);
            }
            cursor.settled(offset + i);
        }
        if (cursor.group().isLasting()) {
            groups.logSettled(cursor, offset, count, sink);
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
        checkHeld(acknowledge.ranges(), consumers);
        for (Acknowledge.Range range : acknowledge.ranges()) {
            Consumer consumer = consumers.apply(range.consumerId());
            Cursor cursor = consumer == null ? null : consumer.group().cursor(range.queueId());
            if (consumer != null && cursor != null) {
                int before = consumer.held();
                settle(cursor, range.offset(), range.count(), facts);
                if (acknowledge.replenish() && consumer.isOpen()) {
                    addCredit(consumer, before - consumer.held());
                }
            }
        }
    }

    /**
     * Takes single messages back from a session; they come again before newer ones, flagged if its application may have
     * seen them. What it has not gives its consumer the credit back.
     *
     * @throws DeliveryException if one is not held; nothing is taken back then
     */
    public void release(Release messages, java.util.function.IntFunction<@Nullable Consumer> consumers)
            throws DeliveryException {
        checkHeld(messages.ranges(), consumers);
        for (Acknowledge.Range range : messages.ranges()) {
            Consumer consumer = consumers.apply(range.consumerId());
            if (consumer != null) {
                giveBackHeld(consumer, range.queueId(), range.offset(), range.count(), messages.seen());
            }
        }
    }

    /** Takes messages back from a consumer, as far as it holds them. */
    void giveBackHeld(Consumer consumer, int queueId, long offset, int count, boolean seen) {
        Cursor cursor = consumer.group().cursor(queueId);
        for (int i = 0; cursor != null && i < count; i++) {
            Cursor.InFlight message = cursor.held(offset + i);
            if (message != null && message.holder == consumer) {
                giveBack(consumer, message, seen, seen);
            }
        }
        wake(consumer.group());
    }

    /**
     * @throws DeliveryException if a consumer does not hold a message that it should
     */
    static void checkHeld(List<Acknowledge.Range> ranges, java.util.function.IntFunction<@Nullable Consumer> consumers)
            throws DeliveryException {
        for (Acknowledge.Range range : ranges) {
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
    }

    /** What transactions do with messages that consumers hold. */
    public TransactedDeliveries transacted() {
        return new TransactedDeliveries(groups, this);
    }

    /** A message that nobody has any more comes again, flagged, if it is not dead now. */
    void giveBackReserved(Cursor cursor, long offset) {
        Cursor.InFlight message = cursor.held(offset);
        if (message != null && message.holder == null) {
            // it needs no fact: after a restart it comes back in the same way
            comeBack(cursor, message, message.deliveries, true);
        }
    }

    private void comeBack(Cursor cursor, Cursor.InFlight message, int count, boolean failed) {
        long wait = failed ? assignment.afterFailure(cursor, message.offset, count) : 0;
        if (wait > 0) {
            delayed.add(message, clock.getAsLong() + wait);
        } else if (wait == 0) {
            comeBack(cursor, message.offset, count);
        }
    }

    /** Settles messages, whoever has them; the facts go into the sink. */
    void settleInto(Cursor cursor, long offset, int count, FactSink sink) {
        settle(cursor, offset, count, sink);
    }

    /**
     * Returns everything that a consumer holds. What its application has not seen gives it its credit back.
     *
     * @param handedOut number of its last delivery that the application has seen; later ones do not count as delivered
     */
    public void returnAll(Consumer consumer, long handedOut) {
        returnWhere(consumer, handedOut, true, Long.MAX_VALUE);
    }

    /**
     * Returns everything that a consumer holds whose connection is lost. Its application may have seen all of it, so all
     * of it is flagged; but only the oldest can be the cause, and only that one may be found dead for it.
     */
    public void lost(Consumer consumer) {
        Cursor.InFlight oldest = consumer.oldestHeld();
        returnWhere(consumer, Long.MAX_VALUE, true, oldest == null ? 0 : oldest.number);
    }

    /** Closes a consumer: what the application has not seen goes back, the rest stays with its session. */
    public void close(Consumer consumer, long handedOut) {
        if (!consumer.isOpen()) {
            return;
        }
        consumer.close();
        returnWhere(consumer, handedOut, false, 0);
        SubscriptionGroup group = consumer.group();
        group.consumers().remove(consumer);
        Scan scan = consumer.scan();
        scan.disown(consumer);
        consumer.parked().forEach(parked -> scan.rewind(parked.cursor(), parked.offset()));
        consumer.parked().clear();
        consumer.parkedReturned().forEach(parked -> scan.returned(parked.cursor(), parked.offset()));
        consumer.parkedReturned().clear();
        group.leave(scan);
        if (!group.isLasting() && !group.isActive()) {
            List<SubscriptionGroup> others = transients.get(group.topic());
            if (others != null && others.remove(group) && others.isEmpty()) {
                transients.remove(group.topic());
            }
            sharedTransients.remove(group.name(), group);
        }
        wake(group);
    }

    /** The consumer starts again behind a recover: what was under way to it under the old epoch is dropped there. */
    public void newEpoch(Consumer consumer, int epoch) {
        consumer.epoch(epoch);
        wake(consumer.group());
    }

    private void returnWhere(Consumer consumer, long handedOut, boolean all, long failedUpTo) {
        Cursor.InFlight message = consumer.oldestHeld();
        while (message != null) {
            Cursor.InFlight next = message.next;
            boolean seen = message.number <= handedOut;
            if (all || !seen) {
                giveBack(consumer, message, seen, seen && message.number <= failedUpTo);
            }
            message = next;
        }
        wake(consumer.group());
    }

    private void giveBack(Consumer consumer, Cursor.InFlight message, boolean seen, boolean failed) {
        consumer.letGo(message);
        if (!seen) {
            consumer.addCredit(1);
        }
        Cursor cursor = message.cursor;
        int count = seen ? message.deliveries : message.deliveries - 1;
        comeBack(cursor, message, count, failed);
        // what was seen needs no fact: after a restart it comes back in the same way
        if (!seen && cursor.group().isLasting()) {
            groups.logReturned(cursor, message.offset, count, facts);
        }
    }

    private void comeBack(Cursor cursor, long offset, int count) {
        cursor.returned(offset, count);
        cursor.group().scans().forEach(scan -> scan.returned(cursor, offset));
        wake(cursor.group());
    }

    /**
     * Shows available messages of a queue, in the order in which a consumer would get them, without taking any.
     *
     * @param positions where to go on, by queue id; moved on to where the next call goes on
     * @param max how many are shown at most
     * @return whether nothing comes behind
     */
    public boolean browse(
            SubscriptionGroup group, @Nullable MessageTest test, Map<Integer, Long> positions, int max, Shown shown) {
        return Browsing.browse(group, backlog, test, positions, max, shown);
    }

    /** Takes the messages that a browser is shown. */
    public interface Shown {
        /** Whether more may come. */
        boolean message(int queueId, long offset, int deliveryCount);
    }

    /** Consumers of a group that are open now. */
    public Collection<Consumer> consumersOf(SubscriptionGroup group) {
        return group.consumers();
    }
}
