package org.fulmar.broker.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.fulmar.broker.store.FactSink;
import org.fulmar.protocol.jms.Acknowledge;
import org.jspecify.annotations.Nullable;

/**
 * What transactions do with messages that consumers hold: settle them with the transaction's own facts, keep them for a
 * prepared branch, give them back. Part of the {@link DeliveryEngine}; owned by the broker's core.
 *
 * <p>Guaranteed: what a branch has reserved is nobody else's until the branch is decided, over every crash.
 */
public final class TransactedDeliveries {
    /** Bytes that the fact of one range has in a group, its length included, at most. */
    public static final int RANGE_BYTES = 32;

    private final GroupTable groups;
    private final DeliveryEngine engine;

    TransactedDeliveries(GroupTable groups, DeliveryEngine engine) {
        this.groups = groups;
        this.engine = engine;
    }

    /** Neighbouring messages of one queue that a consumer of the engine holds. */
    public record Held(Consumer consumer, int queueId, long offset, int count) {
        /** Whether the acknowledgement has to outlive the broker. */
        public boolean isLasting() {
            return consumer.group().isLasting();
        }

        private @Nullable Cursor cursor() {
            return consumer.group().cursor(queueId);
        }
    }

    /**
     * Checks that consumers hold what is acknowledged.
     *
     * @param consumers finds a consumer by its id, open or closed
     * @throws DeliveryException if one does not, as after its connection was lost
     */
    public static List<Held> checked(List<Acknowledge.Range> ranges, IntFunction<@Nullable Consumer> consumers)
            throws DeliveryException {
        DeliveryEngine.checkHeld(ranges, consumers);
        List<Held> held = new ArrayList<>(ranges.size());
        for (Acknowledge.Range range : ranges) {
            Consumer consumer = consumers.apply(range.consumerId());
            if (consumer != null) {
                held.add(new Held(consumer, range.queueId(), range.offset(), range.count()));
            }
        }
        return held;
    }

    /** Whether all of it is still held, as it was when it was checked. */
    public static boolean areHeld(List<Held> all) {
        for (Held held : all) {
            Cursor cursor = held.cursor();
            for (int i = 0; i < held.count; i++) {
                Cursor.InFlight message = cursor == null ? null : cursor.held(held.offset + i);
                if (message == null || message.holder != held.consumer) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Settles what is held; the facts go into the transaction's group. */
    public void settle(List<Held> all, FactSink facts) {
        for (Held held : all) {
            Cursor cursor = held.cursor();
            if (cursor != null) {
                engine.settleInto(cursor, held.offset, held.count, facts);
            }
        }
        groups.endRun(facts);
    }

    /** The branch has what its consumers held until now. */
    public void reserve(long branch, List<Held> all, FactSink facts) {
        for (Held held : all) {
            Cursor cursor = held.cursor();
            if (cursor == null) {
                continue;
            }
            for (int i = 0; i < held.count; i++) {
                Cursor.InFlight message = cursor.held(held.offset + i);
                if (message != null && message.holder == held.consumer) {
                    held.consumer.letGo(message);
                }
            }
            groups.reserve(branch, cursor, held.offset, held.count, facts);
        }
    }

    /** Ranges that a branch has reserved. */
    public int reservedRanges(long branch) {
        return groups.reservations().of(branch).size();
    }

    /** The branch is committed: what it has reserved is settled. */
    public void commit(long branch, FactSink facts) {
        for (Reservations.Reserved range : groups.reservations().of(branch)) {
            engine.settleInto(range.cursor(), range.offset(), range.count(), facts);
        }
        groups.resolve(branch, facts);
    }

    /**
     * The branch is rolled back.
     *
     * @return run when the facts are durable: what it has reserved comes again, flagged, before newer ones
     */
    public Runnable rollback(long branch, FactSink facts) {
        List<Reservations.Reserved> had = groups.reservations().of(branch);
        groups.resolve(branch, facts);
        return () -> {
            for (Reservations.Reserved range : had) {
                // its subscription may have been deleted meanwhile
                for (int i = 0; i < range.count() && groups.mayBeThere(range.cursor()); i++) {
                    engine.giveBackReserved(range.cursor(), range.offset() + i);
                }
            }
        };
    }

    /** Of how many messages a branch keeps the acknowledgement. */
    public long reservedBy(long branch) {
        return groups.reservations().of(branch).stream()
                .mapToLong(Reservations.Reserved::count)
                .sum();
    }

    /** Puts the facts of deliveries so far before what is appended next. */
    public void endRun(FactSink facts) {
        groups.endRun(facts);
    }

    /** Gives back what consumers hold; it comes again, flagged, before newer ones. */
    public void giveBack(List<Held> all) {
        for (Held held : all) {
            engine.giveBackHeld(held.consumer, held.queueId, held.offset, held.count, true);
        }
    }
}
