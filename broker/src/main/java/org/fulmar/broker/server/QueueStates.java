package org.fulmar.broker.server;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * Looks at many queues for people: the core is asked for a few at a time, and the log is read on the business thread that
 * asks.
 */
final class QueueStates {
    private static final int QUEUES_AT_ONCE = 32;

    /**
     * A queue at a moment.
     *
     * @param committed what the group has committed, or -1
     * @param first where the first message is in the log; as all such places, -1 if there is none
     * @param consumed where the one before the committed offset is
     * @param next where the one at the committed offset is
     */
    record State(int queueId, long min, long max, long committed, long first, long last, long consumed, long next) {}

    private final Core core;
    private final MessageStore store;
    private final ConsumerOffsets offsets;

    QueueStates(Core core, MessageStore store, ConsumerOffsets offsets) {
        this.core = core;
        this.store = store;
        this.offsets = offsets;
    }

    /** Asks the core, and waits for it. Not for threads that run event loops. */
    <T> T ask(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        core.execute(() -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** The queues of a topic with ids below {@code count}; {@code group} is null if nobody's offsets matter. */
    List<State> of(String topic, int count, @Nullable String group) {
        List<State> states = new ArrayList<>(count);
        for (int from = 0; from < count; from += QUEUES_AT_ONCE) {
            int begin = from;
            int end = Math.min(count, from + QUEUES_AT_ONCE);
            states.addAll(ask(() -> {
                List<State> some = new ArrayList<>(QUEUES_AT_ONCE);
                for (int id = begin; id < end; id++) {
                    some.add(state(topic, id, group));
                }
                return some;
            }));
        }
        return states;
    }

    /** One queue of a topic. */
    State of(String topic, int queueId) {
        return ask(() -> state(topic, queueId, null));
    }

    /** A message that is there: its offset and where it lies. */
    private record Place(long offset, long logOffset) {}

    /** The first offset of a queue whose message was stored at this time or later; the end for a negative time. */
    long offsetAt(String topic, State queue, long time) {
        long low = queue.min();
        long high = queue.max();
        if (time < 0) {
            return high;
        }
        while (low < high) {
            long middle = (low + high) >>> 1;
            long end = high;
            Place there = ask(() -> {
                QueueLog log = store.queueIfPresent(topic, queue.queueId());
                long offset = log == null
                        ? end
                        : log.index().firstThere(middle, end, store.log().start());
                return new Place(offset, log == null || offset >= end ? -1 : place(log, offset));
            });
            if (there.logOffset >= 0 && storeTime(there.logOffset) < time) {
                low = there.offset + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private State state(String topic, int queueId, @Nullable String group) {
        QueueLog queue = store.queueIfPresent(topic, queueId);
        long committed = group == null ? -1 : offsets.query(topic, group, queueId);
        if (queue == null) {
            return new State(queueId, 0, 0, committed, -1, -1, -1, -1);
        }
        long min = queue.minOffset();
        long max = queue.visibleOffset();
        return new State(
                queueId,
                min,
                max,
                committed,
                group == null ? -1 : place(queue, min),
                place(queue, max - 1),
                group == null ? -1 : place(queue, committed - 1),
                group == null ? -1 : place(queue, committed));
    }

    private static long place(QueueLog queue, long offset) {
        if (offset < queue.minOffset() || offset >= queue.visibleOffset()) {
            return -1;
        }
        ByteBuffer entry = queue.index().entries(offset, 1);
        return entry.remaining() < ConsumeQueue.ENTRY_BYTES ? -1 : entry.getLong();
    }

    /** When the message at a place of the log was stored, in milliseconds since the epoch; 0 if there is none. */
    long storeTime(long place) {
        MessageRecord record = place < 0 ? null : store.log().read(place);
        return record == null ? 0 : record.storeTimestamp();
    }
}
