package org.fulmar.broker.store;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts messages and facts into the log and tells when they are as durable as they must be.
 *
 * <p>Owned by the broker's core. A batch is what is appended between two calls of {@link #write}. A message that waits
 * for the device is answered, and shown to consumers, when the flusher has reported its place; any other one when the
 * operating system has it. After a failed write or force nothing more is taken, and everyone who waits is told.
 */
public final class Appender implements FactSink {
    private static final Logger LOG = LoggerFactory.getLogger(Appender.class);

    /** Told of one message, on the core. */
    public interface Listener {
        void stored(long physicalOffset, long queueOffset);

        void failed(StoreException cause);

        /** Of no interest to anybody: who waits is told of something that comes later. */
        Listener NONE = new Listener() {
            @Override
            public void stored(long physicalOffset, long queueOffset) {
                // consumers see it now
            }

            @Override
            public void failed(StoreException cause) {
                // the store as a whole has failed, and says so
            }
        };
    }

    /** Waits for its place in the log; without a queue it is no message, but someone who asked. */
    private record Waiting(
            @Nullable QueueLog queue,
            QueueLog.@Nullable Entry entry,
            long start,
            long end,
            long queueOffset,
            boolean forced,
            Listener listener) {
        void stored() {
            if (queue != null && entry != null) {
                queue.ready(entry);
            }
            try {
                listener.stored(start, queueOffset);
            } catch (RuntimeException | OutOfMemoryError e) {
                // others wait behind this one
                LOG.error("who waits for the record at {} could not be told that it is stored", start, e);
            }
        }
    }

    private static final int FACTS_LIMIT = 256 * 1024;
    private static final byte[] NO_HOST = new byte[8];

    private final CommitLog log;
    private final Flusher flusher;
    private final boolean syncFlush;
    private final Consumer<StoreException> onFailure;
    private final List<Waiting> batch = new ArrayList<>();
    private final Deque<Waiting> forForce = new ArrayDeque<>();
    private final ByteBuf facts = Unpooled.buffer(4096);
    private @Nullable StoreException failure;
    private long now;

    Appender(CommitLog log, Flusher flusher, boolean syncFlush, Consumer<StoreException> onFailure) {
        this.log = log;
        this.flusher = flusher;
        this.syncFlush = syncFlush;
        this.onFailure = onFailure;
    }

    void opened(long end) {
        facts.clear();
    }

    /** The store time of what follows, in milliseconds since the epoch. */
    public void time(long millis) {
        this.now = millis;
    }

    /**
     * Appends a message.
     *
     * @param durably whether it waits for the device, if the flush policy is synchronous
     * @return where it lies in the log
     * @throws StoreException if it is not taken; nothing has changed then
     */
    public long append(QueueLog queue, RecordDraft draft, long tagHash, boolean durably, Listener listener)
            throws StoreException {
        checkAlive();
        log.checkedSize(draft);
        long queueOffset = queue.nextOffset();
        long start;
        try {
            start = log.append(draft, queueOffset, now, false);
        } catch (StoreException e) {
            failIfBroken(e);
            throw e;
        }
        long end = log.end();
        boolean forced = durably && syncFlush;
        QueueLog.Entry entry = queue.appended(start, (int) (end - start), tagHash);
        batch.add(new Waiting(queue, entry, start, end, queueOffset, forced, listener));
        return start;
    }

    /**
     * Appends a message of the log once more, to stand for the older record of it from when it is written on. It keeps
     * its place in its queue and the time at which it was stored.
     *
     * @param record is intact
     * @return where it lies in the log
     * @throws StoreException if it is not taken; nothing has changed then
     */
    public long relocate(MessageRecord record) throws StoreException {
        checkAlive();
        RecordDraft draft = RecordDraft.relocated(record);
        try {
            return log.append(draft, record.queueOffset(), record.storeTimestamp(), false);
        } catch (StoreException e) {
            failIfBroken(e);
            throw e;
        }
    }

    /** Begins a number of records that are in the log all or none; see {@link RecordGroup}. */
    public RecordGroup group() {
        return new RecordGroup(log, log.maxRecordBytes());
    }

    /**
     * Makes room for a group, behind the facts so far. What is written into its facts afterwards can't be refused any
     * more, so the state may change.
     *
     * @param factBytes at least as many as the group's facts will have, with 4 more for each
     * @throws StoreException if it can't be taken as a whole; nothing has changed then
     */
    public void reserve(RecordGroup group, int factBytes) throws StoreException {
        checkAlive();
        putFacts();
        try {
            log.reserve(group.bytes() + group.factRecordBytes(factBytes), group.isEmpty());
        } catch (StoreException e) {
            failIfBroken(e);
            throw e;
        }
    }

    /**
     * Appends a group for which room is reserved.
     *
     * @param durably whether it waits for the device, if the flush policy is synchronous
     * @param listener is told where the group begins, when all of it is stored and shown
     */
    public void append(RecordGroup group, boolean durably, Listener listener) {
        boolean forced = durably && syncFlush;
        long start = log.end();
        List<RecordGroup.Placed> placed;
        try {
            placed = group.write(now);
        } catch (StoreException e) {
            fail(new StoreException(
                    StoreException.Reason.FAILED, "a transaction could not be logged: " + e.getMessage(), e));
            listener.failed(e);
            return;
        }
        long end = log.end();
        for (RecordGroup.Placed message : placed) {
            // visible together: each waits for the end of them all
            batch.add(new Waiting(
                    message.queue(), message.entry(), start, end, message.queueOffset(), forced, Listener.NONE));
        }
        batch.add(new Waiting(null, null, start, end, 0, forced, listener));
    }

    /**
     * Tells when everything that is in the log now is as durable as a message with this wish would be.
     *
     * @throws StoreException if the store has failed
     */
    public void confirm(boolean durably, Listener listener) throws StoreException {
        checkAlive();
        long end = log.end();
        batch.add(new Waiting(null, null, end, end, 0, durably && syncFlush, listener));
    }

    /** What was forced already, by a checkpoint, is told at once, but not before what stands before it. */
    private boolean isToWait(Waiting message) {
        return message.forced && (log.durable() < message.end || !forForce.isEmpty());
    }

    /**
     * Checks that a message could be taken, without taking it.
     *
     * @throws StoreException if it is too large
     */
    public void check(RecordDraft draft) throws StoreException {
        checkAlive();
        log.checkedSize(draft);
    }

    @Override
    public void fact(Body body) {
        int start = facts.writerIndex();
        facts.writeInt(0);
        body.write(facts);
        facts.setInt(start, facts.writerIndex() - start - 4);
        if (facts.readableBytes() > Math.min(FACTS_LIMIT, log.maxRecordBytes() / 2)) {
            try {
                putFacts();
            } catch (StoreException e) {
                failIfBroken(e);
            }
        }
    }

    /** Puts the facts so far before whatever is appended next, as a new topic must come before its messages. */
    public void orderFacts() throws StoreException {
        checkAlive();
        putFacts();
    }

    private void putFacts() throws StoreException {
        if (!facts.isReadable()) {
            return;
        }
        RecordDraft draft = new RecordDraft(Facts.TOPIC, 0, new byte[0], facts).born(now, NO_HOST);
        try {
            log.append(draft, 0, now, true);
        } catch (StoreException e) {
            // facts are applied already; without them in the log nothing may go on
            fail(new StoreException(
                    StoreException.Reason.FAILED, "acknowledgements could not be logged: " + e.getMessage(), e));
            throw e;
        } finally {
            facts.clear();
        }
    }

    /** Whether messages have been appended since the last {@link #write}. */
    public boolean hasMessages() {
        return !batch.isEmpty();
    }

    /** Whether anything has been appended since the last {@link #write}. */
    public boolean hasBatch() {
        return facts.isReadable() || log.batchBytes() > 0 || !batch.isEmpty();
    }

    /** Hands the batch to the operating system, then answers and shows what waits for no more than that. */
    public void write() {
        if (failure != null) {
            facts.clear();
            return;
        }
        try {
            putFacts();
            log.write();
        } catch (StoreException e) {
            fail(e);
            return;
        }
        List<Waiting> done = List.copyOf(batch);
        batch.clear();
        boolean force = false;
        for (Waiting message : done) {
            if (isToWait(message)) {
                forForce.add(message);
                force = true;
            } else {
                message.stored();
            }
        }
        if (force) {
            flusher.request(log.written());
        }
    }

    /** Everything before {@code end} is on the device. */
    void durable(long end) {
        Waiting head = forForce.peek();
        while (head != null && head.end <= end) {
            forForce.remove();
            head.stored();
            head = forForce.peek();
        }
    }

    /** Where the first message begins that is not visible yet. */
    long firstWaiting() {
        Waiting head = forForce.peek();
        if (head == null && !batch.isEmpty()) {
            head = batch.get(0);
        }
        return head == null ? Long.MAX_VALUE : head.start;
    }

    void forceFailed(IOException cause) {
        fail(new StoreException(
                StoreException.Reason.FAILED,
                "forcing the log to the device failed (" + cause.getMessage()
                        + "); check the disk, then start the broker again",
                cause));
    }

    public boolean failed() {
        return failure != null;
    }

    private void checkAlive() throws StoreException {
        StoreException broken = failure;
        if (broken != null) {
            throw new StoreException(
                    StoreException.Reason.FAILED, "the store has failed: " + broken.getMessage(), broken);
        }
    }

    private void failIfBroken(StoreException e) {
        if (e.reason() == StoreException.Reason.FAILED) {
            fail(e);
        }
    }

    private void fail(StoreException e) {
        if (failure != null) {
            return;
        }
        failure = e;
        List<Waiting> all = new ArrayList<>(forForce);
        all.addAll(batch);
        forForce.clear();
        batch.clear();
        all.forEach(message -> message.listener.failed(e));
        onFailure.accept(e);
    }
}
