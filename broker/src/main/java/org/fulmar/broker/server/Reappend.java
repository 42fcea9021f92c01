package org.fulmar.broker.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.LongSupplier;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.RecordGroup;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.transaction.Branch;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.broker.transaction.TransactionTable;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the half messages of committed transactions to where they belong, so many in a turn of the core as keeps it
 * quick. Owned by the core.
 *
 * <p>Each copy says which half it is of, so that a restart goes on where the broker died. Who waits for a transaction is
 * told when all of it is visible, and durable.
 */
final class Reappend {
    private static final Logger LOG = LoggerFactory.getLogger(Reappend.class);
    private static final byte[] REAL_TOPIC = MessageProperties.name(MessageProperties.REAL_TOPIC);
    private static final byte[] DUE = MessageProperties.name(MessageProperties.TIMER_OUT_MS);
    private static final int PER_TURN = 512;
    private static final int BYTES_PER_TURN = 2 << 20;
    private static final long AGAIN_MILLIS = 1000;

    private final MessageStore store;
    private final DelayedMessages delayed;
    private final TransactionTable table;
    private final LongSupplier clock;
    private final Probe probe;
    private final Queue<Branch> waiting = new ArrayDeque<>();
    private final Map<Branch, List<Appender.Listener>> listeners = new HashMap<>();
    private @Nullable TopicService topics;
    private long notBefore;
    /** Whether some of the first one's half messages are copied, and others not. */
    private boolean begun;

    Reappend(MessageStore store, DelayedMessages delayed, TransactionTable table, LongSupplier clock, Probe probe) {
        this.store = store;
        this.delayed = delayed;
        this.table = table;
        this.clock = clock;
        this.probe = probe;
    }

    /** Called once, before anything is added. */
    void connect(TopicService theTopics) {
        this.topics = theTopics;
    }

    /** A copy on its way. */
    private record Copy(QueueLog queue, RecordDraft draft, long tagHash, long due) {}

    /** After a restart: what was decided is done. */
    void resume() {
        for (Branch branch : table.all()) {
            if (branch.state() == Branch.State.COMMITTING) {
                waiting.add(branch);
            }
        }
    }

    /** Takes a transaction whose decision is appended. */
    void add(Branch branch, Appender.Listener listener) {
        waiting.add(branch);
        await(branch, listener);
    }

    /** Tells when all of a transaction that is being committed is visible and durable. */
    void await(Branch branch, Appender.Listener listener) {
        if (store.appender().failed()) {
            listener.failed(new StoreException(StoreException.Reason.FAILED, "the broker's store has failed"));
            return;
        }
        listeners.computeIfAbsent(branch, b -> new ArrayList<>()).add(listener);
    }

    /** The store has failed: nothing more is copied before the next start, and who waits is told. */
    void failed(StoreException cause) {
        List<Appender.Listener> told = new ArrayList<>();
        listeners.values().forEach(told::addAll);
        listeners.clear();
        told.forEach(listener -> listener.failed(cause));
    }

    /** The unfinished commit of a session's own transaction; null if it is not, or finished. */
    @Nullable Branch find(TransactionId id) {
        for (Branch branch : waiting) {
            if (id.equals(branch.id())) {
                return branch;
            }
        }
        return null;
    }

    /** When there is something to do, in milliseconds since the epoch. */
    long nextDue() {
        return waiting.isEmpty() ? Long.MAX_VALUE : notBefore;
    }

    /** Copies some. What is to be copied must be written, and what was copied in earlier turns. */
    void some(long now) {
        if (begun) {
            probe.at(Probe.Point.RE_APPEND);
        }
        int left = PER_TURN;
        int bytes = BYTES_PER_TURN;
        while (left > 0 && bytes > 0 && !waiting.isEmpty() && notBefore <= now) {
            Branch branch = waiting.element();
            try {
                long at = branch.nextHalf();
                if (at < 0) {
                    waiting.remove();
                    finish(branch);
                    continue;
                }
                bytes -= copyNext(branch, at);
                left--;
                begun = branch.nextHalf() >= 0;
            } catch (StoreException e) {
                LOG.warn("transaction {} has to wait for its last messages: {}", branch.number(), e.getMessage());
                notBefore = now + AGAIN_MILLIS;
            }
        }
    }

    private void finish(Branch branch) throws StoreException {
        table.done(branch, store.appender());
        List<Appender.Listener> told = listeners.remove(branch);
        if (told != null) {
            for (Appender.Listener listener : told) {
                store.appender().confirm(true, listener);
            }
        }
    }

    private int copyNext(Branch branch, long at) throws StoreException {
        MessageRecord half = store.log().read(at);
        if (half == null || !half.intact()) {
            throw new StoreException(
                    StoreException.Reason.FAILED, "the half message at " + at + " of the log is damaged");
        }
        Copy copy = copy(branch, half);
        if (copy != null) {
            // not to be seen before the decision is durable
            long placed = store.appender().append(copy.queue, copy.draft, copy.tagHash, true, Appender.Listener.NONE);
            if (copy.due != 0) {
                delayed.appended(copy.due, placed);
            }
        }
        branch.reappended(at + half.size());
        return half.size();
    }

    /** Adds copies of all half messages to the group of the decision. They must be written. */
    void addAll(Branch branch, RecordGroup group) throws StoreException {
        long at = branch.nextHalf();
        while (at >= 0) {
            MessageRecord half = store.log().read(at);
            if (half == null || !half.intact()) {
                throw new StoreException(
                        StoreException.Reason.FAILED, "the half message at " + at + " of the log is damaged");
            }
            Copy copy = copy(branch, half);
            if (copy != null) {
                group.add(copy.queue, copy.draft, copy.tagHash, (position, size) -> {
                    if (copy.due != 0) {
                        delayed.appended(copy.due, position);
                    }
                });
            }
            at = branch.halfBehind(at + half.size());
        }
    }

    /** Null if its destination was deleted. */
    private @Nullable Copy copy(Branch branch, MessageRecord half) throws StoreException {
        String real = String.valueOf(half.property(REAL_TOPIC));
        TopicService service = java.util.Objects.requireNonNull(topics);
        TopicConfig topic = service.get(real);
        if (topic == null) {
            LOG.info("a message of transaction {} is dropped: destination {} was deleted", branch.number(), real);
            return null;
        }
        String origin = MovedRecord.ofTransaction(branch.number(), half.physicalOffset() + half.size());
        String dueText = half.property(DUE);
        long due = dueText == null ? 0 : Long.parseLong(dueText);
        if (due > clock.getAsLong()) {
            Map<String, String> more =
                    Map.of(MessageProperties.TIMER_OUT_MS, Long.toString(due), MessageProperties.REAL_TOPIC, real);
            QueueLog queue = delayed.queue();
            return new Copy(queue, MovedRecord.copy(half, DelayedMessages.TOPIC, 0, origin, more), 0, due);
        }
        int lane = service.lane(topic, JmsFlag.priority(half.flag()));
        long tagHash = MessageProperties.tagHash(half.property(JmsNames.TAGS));
        return new Copy(store.queue(real, lane), MovedRecord.copy(half, real, lane, origin, Map.of()), tagHash, 0);
    }

    /** The record that a message of an open transaction has. */
    static RecordDraft half(Branch branch, MessageIntake.Taken message) throws StoreException {
        StringBuilder more = new StringBuilder(96);
        MessageProperties.append(
                more, new String(JmsNames.TRANSACTION, StandardCharsets.US_ASCII), Long.toString(branch.number()));
        MessageProperties.append(
                more, MessageProperties.REAL_TOPIC, message.queue().topic());
        MessageProperties.append(
                more,
                MessageProperties.REAL_QID,
                Integer.toString(message.queue().queueId()));
        if (message.waits()) {
            MessageProperties.append(more, MessageProperties.TIMER_OUT_MS, Long.toString(message.deliverAt()));
        }
        if (more.length() * 2 + message.properties().length > MessageProperties.MAX_BYTES - MORE_PROPERTIES) {
            throw new StoreException(
                    StoreException.Reason.TOO_LARGE,
                    "message properties of " + message.properties().length
                            + " bytes are too many for a transaction that comes in parts");
        }
        return message.draft(HALF_TOPIC, more);
    }

    /** Room for what a copy has more than its half. */
    private static final int MORE_PROPERTIES = 128;

    private static final byte[] HALF_TOPIC = MessageProperties.name(HalfMessages.TOPIC);
}
