package org.fulmar.broker.server;

import java.util.List;
import org.fulmar.broker.delivery.TransactedDeliveries;
import org.fulmar.broker.delivery.TransactedDeliveries.Held;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.RecordGroup;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.transaction.Branch;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.broker.transaction.TransactionTable;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.message.RecordDraft;
import org.jspecify.annotations.Nullable;

/**
 * Puts transactions into the log: each step of one is a group of records that is there as a whole or not at all. Owned by
 * the broker's core.
 *
 * <p>A small transaction that comes in one piece needs no half messages: its messages, what it acknowledges and its
 * number are one group. Any other one has half messages; its decision is one record, and the copies to their own topics
 * are in the decision's group, or follow it.
 */
final class TransactionWriter {
    /** What is copied together with its decision, at most. */
    private static final int SMALL_BYTES = 256 << 10;

    private static final int SMALL_MESSAGES = 2048;

    private final MessageStore store;
    private final DelayedMessages delayed;
    private final TransactionTable table;
    private final ProducerTable producers;
    private final TransactedDeliveries deliveries;
    private final Reappend reappend;
    private final TurnEnd turn;
    private final Probe probe;

    TransactionWriter(
            MessageStore store,
            DelayedMessages delayed,
            TransactionTable table,
            ProducerTable producers,
            TransactedDeliveries deliveries,
            Reappend reappend,
            TurnEnd turn,
            Probe probe) {
        this.store = store;
        this.delayed = delayed;
        this.table = table;
        this.producers = producers;
        this.deliveries = deliveries;
        this.reappend = reappend;
        this.turn = turn;
        this.probe = probe;
    }

    private static int factBytes(int ranges) {
        return TransactionTable.FACT_BYTES + ranges * TransactedDeliveries.RANGE_BYTES;
    }

    private void reserve(RecordGroup group, int ranges) throws StoreException {
        deliveries.endRun(store.appender());
        store.appender().reserve(group, factBytes(ranges));
    }

    /** Appends half messages to an open transaction, whose branch is made if it has none. */
    Branch addHalves(TransactionId id, @Nullable Branch there, List<MessageIntake.Taken> messages)
            throws StoreException {
        Branch branch = there == null ? table.open(id) : there;
        QueueLog queue = store.queue(HalfMessages.TOPIC, 0);
        try {
            for (MessageIntake.Taken message : messages) {
                RecordDraft half = Reappend.half(branch, message);
                long at = store.appender().append(queue, half, 0, false, Appender.Listener.NONE);
                table.half(branch, at, store.log().size(half));
            }
        } catch (StoreException e) {
            table.drop(branch);
            throw e;
        }
        return branch;
    }

    /**
     * Commits a transaction, in one phase.
     *
     * @param branch its half messages, if it has any
     * @param listener is told when all of it is visible, and as durable as it asks
     * @throws StoreException if it is not taken; it has half messages as before then, and nothing else has changed
     */
    void commit(
            TransactionId id,
            @Nullable Branch branch,
            List<MessageIntake.Taken> messages,
            List<Held> held,
            boolean durably,
            Appender.Listener listener)
            throws StoreException {
        RecordGroup group = store.appender().group();
        if (branch == null) {
            for (MessageIntake.Taken message : messages) {
                add(group, message);
            }
            if (group.fits(factBytes(held.size()))) {
                reserve(group, held.size());
                producers.committed(id, group);
                deliveries.settle(held, group);
                store.appender().append(group, durably, listener);
                return;
            }
        }
        Branch all = messages.isEmpty() && branch != null ? branch : addHalves(id, branch, messages);
        try {
            decide(
                    all,
                    false,
                    held.size(),
                    facts -> {
                        producers.committed(id, facts);
                        deliveries.settle(held, facts);
                    },
                    durably,
                    listener);
        } catch (StoreException e) {
            table.drop(all);
            throw e;
        }
    }

    private void add(RecordGroup group, MessageIntake.Taken message) throws StoreException {
        if (message.waits()) {
            group.add(
                    delayed.queue(),
                    DelayedMessages.draft(message),
                    0,
                    (position, size) -> delayed.appended(message.deliverAt(), position));
        } else {
            group.add(message.queue(), message.draft(), message.tagHash(), (position, size) -> {});
        }
    }

    /** Writes the facts that go with a decision. */
    private interface Facts {
        void into(RecordGroup group);
    }

    private void decide(
            Branch branch, boolean heuristic, int ranges, Facts facts, boolean durably, Appender.Listener listener)
            throws StoreException {
        turn.writeNow();
        RecordGroup group = store.appender().group();
        if (branch.bytes() <= SMALL_BYTES && branch.messages() <= SMALL_MESSAGES) {
            reappend.addAll(branch, group);
            if (group.fits(factBytes(ranges))) {
                reserve(group, ranges);
                table.decide(branch, true, heuristic, group);
                facts.into(group);
                table.done(branch, group);
                store.appender().append(group, durably, listener);
                return;
            }
        }
        group = store.appender().group();
        reserve(group, ranges);
        table.decide(branch, true, heuristic, group);
        facts.into(group);
        store.appender().append(group, durably, Appender.Listener.NONE);
        turn.writeNow();
        probe.at(Probe.Point.COMMITTING);
        reappend.add(branch, listener);
    }

    /**
     * Prepares a branch: its half messages, what it acknowledges and the fact that it is prepared.
     *
     * @param there its half messages so far, if it has any
     * @throws StoreException if it is not taken; it has half messages as before then, and nothing else has changed
     */
    void prepare(
            TransactionId id,
            @Nullable Branch there,
            List<MessageIntake.Taken> messages,
            List<Held> held,
            long now,
            String owner,
            Appender.Listener listener)
            throws StoreException {
        Branch branch = there == null ? table.open(id) : there;
        try {
            RecordGroup group = store.appender().group();
            QueueLog queue = store.queue(HalfMessages.TOPIC, 0);
            for (MessageIntake.Taken message : messages) {
                group.add(
                        queue,
                        Reappend.half(branch, message),
                        0,
                        (position, size) -> table.half(branch, position, size));
            }
            if (!group.fits(factBytes(held.size()))) {
                addHalves(id, branch, messages);
                group = store.appender().group();
            }
            reserve(group, held.size());
            table.prepare(branch, id, now, owner, "", group);
            deliveries.reserve(branch.number(), held, group);
            store.appender().append(group, true, listener);
        } catch (StoreException e) {
            table.drop(branch);
            throw e;
        }
    }

    /** Commits a prepared branch. */
    void commitPrepared(Branch branch, boolean heuristic, Appender.Listener listener) throws StoreException {
        int ranges = deliveries.reservedRanges(branch.number());
        decide(branch, heuristic, ranges, facts -> deliveries.commit(branch.number(), facts), true, listener);
    }

    /**
     * Rolls back a prepared branch. What it had received comes again when no loss of power can undo that any more: else it
     * might be worked on twice, by whoever gets it now and by a commit of the branch, in doubt again.
     */
    void rollbackPrepared(Branch branch, boolean heuristic, Appender.Listener listener) throws StoreException {
        RecordGroup group = store.appender().group();
        reserve(group, 0);
        table.decide(branch, false, heuristic, group);
        Runnable comeBack = deliveries.rollback(branch.number(), group);
        store.appender().append(group, true, new Appender.Listener() {
            @Override
            public void stored(long physicalOffset, long queueOffset) {
                comeBack.run();
                listener.stored(physicalOffset, queueOffset);
            }

            @Override
            public void failed(StoreException cause) {
                listener.failed(cause);
            }
        });
    }
}
