package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds messages by key: follows the log on a thread of its own, {@code key-index}, and enters the unique key and each
 * of the other keys of every message.
 *
 * <p>A search first brings the index up to what the log has durable, so that a message which was answered is found.
 * The monitor of this object guards the files; the core never takes it.
 */
public final class IndexService implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(IndexService.class);
    private static final byte[] KEYS = MessageProperties.name(MessageProperties.KEYS);
    private static final byte[] UNIQ_KEY = MessageProperties.name(MessageProperties.UNIQ_KEY);
    private static final int RECORDS_PER_TURN = 2000;
    private static final long IDLE_NANOS = 100_000_000;
    private static final long RETRY_NANOS = 1_000_000_000;
    /** Most keys of one message that are entered. */
    private static final int MAX_KEYS = 64;

    private final Disk disk;
    private final Path directory;
    private final StoreOptions options;
    private final CommitLog log;
    private final IndexNames names;
    private final List<KeyIndex> files = new ArrayList<>();
    private final Thread thread;
    private long position;
    private volatile boolean stopped;
    /** Whether the last try of its thread failed; its own. */
    private boolean failed;

    IndexService(Disk disk, Path directory, StoreOptions options, CommitLog log) {
        this.disk = disk;
        this.directory = directory;
        this.names = new IndexNames(disk, directory);
        this.options = options;
        this.log = log;
        this.thread = new Thread(this, "key-index");
        this.thread.setDaemon(true);
    }

    /** Opens the files; called before {@link #start}, with the log recovered. */
    synchronized void open(Checkpoint checkpoint, boolean clean, long logEnd) throws IOException {
        long damaged = openFiles();
        for (int i = files.size() - 1; i >= 0; i--) {
            KeyIndex newest = files.get(i);
            boolean forced = clean || newest.base() <= checkpoint.indexFile();
            if (forced && newest.base() < logEnd) {
                if (newest.base() == checkpoint.indexFile() && !clean) {
                    newest.rebuild((int) checkpoint.indexEntries(), logEnd);
                } else if (newest.endPhysicalOffset() >= logEnd) {
                    newest.rebuild(newest.count(), logEnd);
                }
                break;
            }
            newest.close();
            disk.delete(newest.path());
            files.remove(i);
            damaged = Math.min(damaged, newest.base());
        }
        position = log.start();
        for (KeyIndex file : files) {
            MessageRecord last = file.count() > 1 ? log.read(file.endPhysicalOffset()) : null;
            if (last != null) {
                position = Math.max(position, file.endPhysicalOffset() + last.size());
            }
        }
        // of a message at a file's beginning, the file before may have some of the keys
        position = Math.max(log.start(), Math.min(position, damaged));
    }

    /**
     * Opens the files before the first damaged one, and removes that and those behind it: their messages are entered again.
     *
     * @return the place of the log from which they are missing, {@link Long#MAX_VALUE} if none is
     */
    private long openFiles() throws IOException {
        TreeMap<Long, Path> there = names.there();
        long bytes = KeyIndex.fileBytes(options.indexSlots(), options.indexEntries());
        long damaged = names.firstDamaged(there, bytes);
        for (Path path : there.headMap(damaged).values()) {
            KeyIndex file = KeyIndex.open(disk, path, options.indexSlots(), options.indexEntries());
            KeyIndex before = files.isEmpty() ? null : files.get(files.size() - 1);
            if (before != null && !before.full()) {
                // only the newest may have room
                damaged = before.base();
                file.close();
                before.close();
                files.remove(before);
                break;
            }
            files.add(file);
        }
        for (Path path : there.tailMap(damaged).values()) {
            disk.delete(path);
        }
        if (damaged < Long.MAX_VALUE) {
            LOG.warn(
                    "files of the key index are missing or damaged from {} on; it is built again from the log",
                    damaged);
        }
        return damaged;
    }

    void start() {
        if (options.indexEnabled()) {
            thread.start();
        }
    }

    @Override
    public void run() {
        while (!stopped) {
            try {
                if (!follow(RECORDS_PER_TURN)) {
                    LockSupport.parkNanos(this, IDLE_NANOS);
                }
                failed = false;
            } catch (IOException e) {
                if (!failed) {
                    LOG.error("the key index can't go on; it is tried again every second", e);
                }
                failed = true;
                LockSupport.parkNanos(this, RETRY_NANOS);
            }
        }
    }

    /** Enters up to so many records; whether there are more. */
    private synchronized boolean follow(int records) throws IOException {
        try {
            return enter(records);
        } catch (InternalError e) {
            // so a mapped file says that the disk has no room for what was written, and not of which write
            discardNewest();
            throw new IOException("the disk took no more of the newest file of the key index; it is made anew", e);
        }
    }

    private void discardNewest() throws IOException {
        if (!files.isEmpty()) {
            KeyIndex damaged = files.remove(files.size() - 1);
            position = Math.min(position, damaged.base());
            damaged.close();
            disk.delete(damaged.path());
        }
    }

    private boolean enter(int records) throws IOException {
        for (int i = 0; i < records; i++) {
            position = Math.max(position, log.start());
            if (position >= end()) {
                return false;
            }
            MessageRecord record = log.read(position);
            if (record == null) {
                long next = log.endOfFile(position);
                if (next > end()) {
                    return false;
                }
                position = next;
            } else {
                enter(record);
                position += record.size();
            }
        }
        return true;
    }

    /** Where the messages end that consumers may see. */
    private long end() {
        return options.syncFlush() ? log.durable() : log.written();
    }

    private void enter(MessageRecord record) throws IOException {
        if (record.topicIs(Facts.TOPIC)) {
            return;
        }
        String unique = record.property(UNIQ_KEY);
        String keys = record.property(KEYS);
        if (unique == null && keys == null) {
            return;
        }
        String topic = record.topic();
        if (unique != null) {
            put(topic, unique, record);
        }
        if (keys != null) {
            int count = 0;
            for (String key : keys.split(" ")) {
                if (!key.isEmpty() && count++ < MAX_KEYS) {
                    put(topic, key, record);
                }
            }
        }
    }

    private void put(String topic, String key, MessageRecord record) throws IOException {
        KeyIndex newest = files.isEmpty() ? null : files.get(files.size() - 1);
        if (newest == null || newest.full()) {
            newest = nextFile(newest);
        }
        newest.put(KeyIndex.hash(topic, key), record.physicalOffset(), record.storeTimestamp());
    }

    private KeyIndex nextFile(@Nullable KeyIndex full) throws IOException {
        if (full != null) {
            full.force();
        }
        Path path = directory.resolve(LogSegment.fileName(position));
        KeyIndex next = KeyIndex.open(disk, path, options.indexSlots(), options.indexEntries());
        files.add(next);
        return next;
    }

    /** Bytes of the log whose messages are not entered yet. Any thread. */
    public synchronized long behind() {
        return Math.max(0, end() - Math.max(position, log.start()));
    }

    /**
     * Places of messages with this key, the newest first. May block: not for the core or an event loop.
     *
     * @param begin store time in milliseconds, from
     * @param end store time in milliseconds, to
     */
    public List<Long> find(String topic, String key, int max, long begin, long end) throws IOException {
        while (follow(RECORDS_PER_TURN)) {
            if (stopped) {
                break;
            }
        }
        List<Long> found = new ArrayList<>();
        synchronized (this) {
            int hash = KeyIndex.hash(topic, key);
            for (int i = files.size() - 1; i >= 0 && found.size() < max; i--) {
                files.get(i).find(hash, begin, end, max, found);
            }
        }
        return found;
    }

    /**
     * How far the index goes.
     *
     * @param timestamp store time of the newest message in it, in milliseconds since the epoch; 0 if there is none
     * @param physicalOffset its place in the log
     */
    public record Newest(long timestamp, long physicalOffset) {}

    /** The newest message with a key that is entered. Any thread. */
    public synchronized Newest newest() {
        for (int i = files.size() - 1; i >= 0; i--) {
            if (files.get(i).count() > 1) {
                return new Newest(files.get(i).endTimestamp(), files.get(i).endPhysicalOffset());
            }
        }
        return new Newest(0, 0);
    }

    /**
     * Deletes the files whose newest message lay before a place of the log. Blocks; not for the core.
     *
     * @return how many
     */
    int deleteBefore(long start) throws IOException {
        List<KeyIndex> gone = new ArrayList<>();
        synchronized (this) {
            // the newest is written to
            while (files.size() > 1 && files.get(0).full() && files.get(0).endPhysicalOffset() < start) {
                gone.add(files.remove(0));
            }
            if (!gone.isEmpty()) {
                // else a restart would miss them
                names.save(files.stream().map(KeyIndex::base).toList());
            }
        }
        for (KeyIndex file : gone) {
            file.close();
            disk.delete(file.path());
        }
        return gone.size();
    }

    /** What of the index is on the device: the newest file, by its name, and its entries; all files before it. */
    record Saved(long file, long entries) {}

    /** Forces the newest file. */
    synchronized Saved checkpoint() throws IOException {
        names.save(files.stream().map(KeyIndex::base).toList());
        if (files.isEmpty()) {
            return new Saved(-1, 0);
        }
        KeyIndex newest = files.get(files.size() - 1);
        newest.force();
        return new Saved(newest.base(), newest.count());
    }

    void stop() throws InterruptedException, IOException {
        stopped = true;
        LockSupport.unpark(thread);
        thread.join(10_000);
        synchronized (this) {
            for (KeyIndex file : files) {
                file.close();
            }
        }
    }
}
