package org.fulmar.broker.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store as a whole: opens and recovers it, and holds its parts together.
 *
 * <p>Owned by the broker's core, except where a method says otherwise. {@link #open} returns when every view shows
 * what the log holds; after {@link #close} everything is forced, so that the next start has nothing to replay.
 */
public final class MessageStore {
    private static final Logger LOG = LoggerFactory.getLogger(MessageStore.class);
    private static final byte[] TAGS = MessageProperties.name(MessageProperties.TAGS);
    /** In the table of queues: where the log ended when it was captured. */
    private static final String WRITTEN = "writtenPosition";

    private static final long VERIFY_BEHIND_BYTES = 8 << 20;

    private final Disk disk;
    private final StoreOptions options;
    private final Path config;
    private final Path checkpointFile;
    private final Path abortFile;
    private final Path startFile;
    private final CommitLog log;
    private final IndexService index;
    private final Appender appender;
    private final Flusher flusher;
    private final Allocator allocator;
    private final QueueTable queues;
    private final List<View> views;
    private final List<Long> checkpoints = new ArrayList<>();
    private EntryTag entryTag = record -> MessageProperties.tagHash(record.property(TAGS));
    /** Where the last two checkpoints were captured that this process has saved. */
    private volatile long savedLast = -1;

    private volatile long savedBefore = -1;
    /** Held while a checkpoint is written: the last one, at the end, waits for one that is under way. */
    private final Object saving = new Object();

    private boolean savedForGood;
    private volatile @Nullable String refusal;
    private @Nullable AutoCloseable lock;

    /** What happens on other threads and must reach the core. */
    public interface Events {
        /** The core's executor; takes work from any thread. */
        Executor core();

        /** Called on the core when messages of a queue became visible. */
        void visible(QueueLog queue);

        /** Called on the core when the store has failed and takes no more writes. */
        void failed(StoreException cause);
    }

    public MessageStore(Disk disk, StoreOptions options, List<View> views, Events events) {
        this.disk = disk;
        this.options = options;
        this.views = views;
        this.config = options.root().resolve("config");
        this.checkpointFile = options.root().resolve("checkpoint");
        this.abortFile = options.root().resolve("abort");
        this.startFile = options.root().resolve("logstart");
        this.log = new CommitLog(disk, options.root().resolve("commitlog"), options);
        this.queues = new QueueTable(disk, options, events::visible);
        this.index = new IndexService(disk, options.root().resolve("index"), options, log);
        this.allocator = new Allocator(log);
        Executor core = events.core();
        Appender[] self = new Appender[1];
        this.flusher = new Flusher(
                log,
                options.flushIntervalMillis(),
                end -> core.execute(() -> self[0].durable(end)),
                cause -> core.execute(() -> self[0].forceFailed(cause)));
        this.appender = new Appender(log, flusher, options.syncFlush(), events::failed);
        self[0] = appender;
    }

    /** What the last field of a record's consume-queue entry holds: the hash of its tag, except in queues that wait. */
    public interface EntryTag {
        long of(MessageRecord record);
    }

    /** Set before the store is opened; a replay asks it for what {@link Appender#append} is given live. */
    public void entryTag(EntryTag tag) {
        entryTag = tag;
    }

    /** What a replay must know of topics. */
    public interface Topics {
        /** Whether a topic's queue should be rebuilt for records of it; topics that are gone are passed over. */
        boolean exists(String topic);

        /** The topic that a fact says is deleted, or null if it says something else. */
        default @Nullable String deletedBy(ByteBuffer fact) {
            return null;
        }
    }

    /**
     * Opens the store: takes its lock, restores the views, verifies the end of the log and replays it.
     *
     * @throws IOException if the directory can't be used
     */
    public void open(Topics topics) throws IOException {
        lock = disk.lock(options.root().resolve("lock"));
        try {
            openLocked(topics);
        } catch (UncheckedIOException e) {
            // a view has files of its own
            unlock();
            throw e.getCause();
        } catch (IOException | RuntimeException e) {
            unlock();
            throw e;
        }
    }

    private void openLocked(Topics topics) throws IOException {
        boolean clean = !disk.exists(abortFile);
        disk.replace(abortFile, new byte[0]);
        Checkpoint checkpoint = Checkpoint.load(disk, checkpointFile);
        LogRecovery recovery = new LogRecovery(disk, log, options.root().resolve("aside"));
        long start = recovery.openSegments(LogStart.load(disk, startFile));
        long cleanEnd = clean ? checkpoint.cleanEnd() : -1;
        long there = recovery.findEnd(recovery.soundStart(Math.max(checkpoint.verifyFrom(), start), cleanEnd));
        ObjectNode savedQueues = queues.restore(config);
        SavedViews saved = new SavedViews(disk, config, start, there, savedQueues);
        List<Long> positions = new ArrayList<>();
        for (View view : views) {
            positions.add(saved.restore(view));
        }
        long queuesPosition = savedQueues.path("logPosition").asLong();
        long from = Math.min(checkpoint.verifyFrom(), queuesPosition);
        for (long position : positions) {
            from = position == View.UNKNOWN ? from : Math.min(from, position);
        }
        Replay replay = new Replay(queues, views, positions, queuesPosition, savedQueues.isEmpty(), topics, entryTag);
        VerifyMarks marks = new VerifyMarks();
        from = recovery.soundStart(Math.max(from, start), cleanEnd);
        boolean[] inGroup = {false};
        long end = recovery.recover(from, cleanEnd, record -> {
            if (!inGroup[0]) {
                marks.record(record.physicalOffset());
            }
            inGroup[0] = RecordGroup.goesOn(record);
            replay.record(record);
        });
        mendQueues(savedQueues, start, end, recovery, topics, replay);
        checkpoints.add(marks.before(end - VERIFY_BEHIND_BYTES, Math.min(checkpoint.verifyFrom(), end)));
        LOG.info(
                "log opened at {} after {} records from {} ({})",
                end,
                replay.records(),
                from,
                clean ? "clean" : "not closed");
        views.forEach(view -> view.recovered(this::visibleOffset));
        appender.opened(end);
        index.open(checkpoint, clean, end);
        long newest = savedQueues.path(WRITTEN).asLong();
        for (long position : positions) {
            newest = position == Long.MAX_VALUE ? newest : Math.max(newest, position);
        }
        if (end < newest) {
            // what was saved knows more than the log holds now: new records must not be taken for those that are lost
            checkpoint().save(false);
        }
        flusher.start();
        allocator.start();
        index.start();
    }

    /** Queues of topics that are gone go, what the log has lost goes, and queues without their files are built again. */
    private void mendQueues(ObjectNode table, long start, long end, LogRecovery recovery, Topics topics, Replay replay)
            throws IOException {
        long written = table.path(WRITTEN).asLong();
        queues.deleteUnless(topics::exists);
        queues.emptyTorn(table, config);
        if (end < written) {
            queues.forEach(queue -> queue.index().cut(end));
        }
        if (queues.hasTorn()) {
            recovery.visit(record -> replay.torn(record, written));
            queues.endTorn(end >= written);
        }
        queues.forEach(queue -> queue.index().forgetBefore(start, Integer.MAX_VALUE));
    }

    private long visibleOffset(String topic, int queueId) {
        QueueLog queue = queueIfPresent(topic, queueId);
        return queue == null ? 0 : queue.visibleOffset();
    }

    /** Whether a record is what its queue shows at its offset. */
    public boolean isCurrent(MessageRecord record) {
        QueueLog queue = queueIfPresent(record.topic(), record.queueId());
        if (queue == null || record.queueOffset() < queue.minOffset()) {
            return false;
        }
        ByteBuffer entry = queue.index().entries(record.queueOffset(), 1);
        return entry.remaining() == ConsumeQueue.ENTRY_BYTES
                && entry.getLong(entry.position()) == record.physicalOffset();
    }

    /** A message of the log was appended once more, and is written: it is there from now on. Live only. */
    public void relocated(MessageRecord record) {
        QueueLog queue = queueIfPresent(record.topic(), record.queueId());
        if (queue != null) {
            long tagHash = entryTag.of(record);
            queue.relocated(record.queueOffset(), record.physicalOffset(), record.size(), tagHash);
        }
        views.forEach(view -> view.relocated(record, record.preparedTransactionOffset()));
    }

    /** A topic is deleted; its queues go with {@link #deleteQueues}. Live only. */
    public void topicDeleted(String topic) {
        views.forEach(view -> view.topicDeleted(topic));
    }

    void forEachQueue(Consumer<QueueLog> action) {
        queues.forEach(action);
    }

    /** The queue, made if it is not there. The topic's name has been checked: it becomes part of a path. */
    public QueueLog queue(String topic, int queueId) {
        return queues.get(topic, queueId);
    }

    public @Nullable QueueLog queueIfPresent(String topic, int queueId) {
        return queues.getIfPresent(topic, queueId);
    }

    /** Forgets a topic's queues and removes their files; the messages stay in the log until it is cleaned. */
    public void deleteQueues(String topic) throws IOException {
        queues.delete(topic);
    }

    public CommitLog log() {
        return log;
    }

    public Appender appender() {
        return appender;
    }

    public IndexService index() {
        return index;
    }

    /**
     * Captures a checkpoint on the core.
     *
     * @return what is to be run on another thread: it writes and forces for as long as it takes
     */
    public CheckpointWork checkpoint() {
        long position = log.written();
        ObjectNode json =
                JsonBody.object().put("logPosition", firstPending(position)).put(WRITTEN, position);
        QueueTable.Unsaved unsaved = queues.capture(json);
        SavedViews.list(json, views);
        Map<String, Supplier<byte[]>> files = new TreeMap<>();
        files.put(QueueTable.FILE, () -> JsonBody.bytes(json));
        views.forEach(view -> files.put(view.fileName(), view.capture(position)));
        return new CheckpointWork(position, unsaved, files);
    }

    /** The place of the log that the last two checkpoints lie behind, those that a restart may begin with; -1 for none. */
    public long coveredBefore() {
        return Math.min(savedLast, savedBefore);
    }

    /** What removes the log's beginning. */
    public LogBeginning beginning() {
        return new LogBeginning(this, disk, log, index, startFile);
    }

    /** Where the first message lies that consumers may not see yet, or the end of what the device has. */
    long settledEnd() {
        return Math.min(log.durable(), appender.firstWaiting());
    }

    /** Refuses messages of clients from now on, for a reason; null to take them again. Any thread. */
    public void refuse(@Nullable String why) {
        refusal = why;
    }

    /**
     * Asked before a client's message is taken.
     *
     * @throws StoreException if the disk is too full for it
     */
    public void admit() throws StoreException {
        String why = refusal;
        if (why != null) {
            throw new StoreException(StoreException.Reason.DISK_FULL, why);
        }
    }

    /** Messages that are written but not yet visible have no entry yet: replay has to begin before them. */
    private long firstPending(long position) {
        return Math.min(position, appender.firstWaiting());
    }

    /** A captured checkpoint; {@link #run} belongs to the checkpoint thread. */
    public final class CheckpointWork {
        private final long position;
        private final QueueTable.Unsaved queueEntries;
        private final Map<String, Supplier<byte[]>> files;

        CheckpointWork(long position, QueueTable.Unsaved queueEntries, Map<String, Supplier<byte[]>> files) {
            this.position = position;
            this.queueEntries = queueEntries;
            this.files = files;
        }

        public void run() throws IOException {
            save(false);
        }

        void save(boolean closing) throws IOException {
            synchronized (saving) {
                if (savedForGood) {
                    throw new IOException("the store is closed");
                }
                savedForGood = closing;
                write(closing);
            }
        }

        private void write(boolean closing) throws IOException {
            if (log.durable() < position) {
                // state must never be newer than the log that it was built from
                log.force();
            }
            for (ConsumeQueue.Write write : queueEntries.writes()) {
                write.run(disk, true);
            }
            queueEntries.done().forEach(Runnable::run);
            for (Map.Entry<String, Supplier<byte[]>> file : files.entrySet()) {
                disk.replace(config.resolve(file.getKey()), content(file.getValue()));
            }
            queueEntries.tabled().forEach(Runnable::run);
            IndexService.Saved indexed = index.checkpoint();
            new Checkpoint(position, verifyFrom(), indexed.file(), indexed.entries(), closing ? position : -1)
                    .save(disk, checkpointFile);
            savedBefore = savedLast;
            savedLast = position;
        }

        private static byte[] content(Supplier<byte[]> state) throws IOException {
            try {
                return state.get();
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }

        /** The newest earlier checkpoint that lies some way behind this one. */
        private long verifyFrom() {
            synchronized (checkpoints) {
                checkpoints.add(position);
                while (checkpoints.size() > 1 && checkpoints.get(1) <= position - VERIFY_BEHIND_BYTES) {
                    checkpoints.remove(0);
                }
                return checkpoints.get(0);
            }
        }
    }

    /** Ends the threads that force and allocate; nothing comes from them to the core any more. */
    public void stopThreads() throws InterruptedException {
        flusher.stop();
        allocator.stop();
    }

    /**
     * Closes in good order: its threads are stopped, no writes come any more, and the core is at rest. One that is not open
     * touches no file: they may be another's.
     */
    public void close() throws IOException, InterruptedException {
        stopThreads();
        if (lock == null) {
            return;
        }
        try {
            if (!appender.failed()) {
                log.force();
                appender.durable(log.durable());
                synchronized (saving) {
                    checkpoint().save(true);
                }
                disk.delete(abortFile);
            }
        } finally {
            try {
                index.stop();
                log.close();
            } finally {
                unlock();
            }
        }
    }

    private void unlock() throws IOException {
        AutoCloseable held = lock;
        lock = null;
        if (held != null) {
            try {
                held.close();
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException("the store's lock could not be given up", e);
            }
        }
    }
}
