package org.fulmar.broker.store;

import java.io.IOException;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.SysFlag;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes files at the log's beginning, with what speaks of them. Decides nothing: whoever calls it has seen to it that
 * nothing in them counts any more. Used by one thread, but for what belongs to the core.
 *
 * <p>The order makes every crash harmless: checkpoints that need none of the files are saved, then the log's new beginning
 * is noted, then the core forgets the files, then they are deleted, the oldest first. A deleted file stays mapped, and its
 * blocks stay taken, until the garbage collector finds that no view of a record points into it: so no reader, on whatever
 * thread, can come upon memory that is not there any more, and no reader pays for that.
 */
public final class LogBeginning {
    private static final Logger LOG = LoggerFactory.getLogger(LogBeginning.class);
    /** Records that are read at once to learn when a file was written; the next look goes on behind them. */
    private static final int RECORDS = 4096;
    /** Consume-queue entries that are looked at in one turn of the core. */
    private static final int ENTRIES_PER_TURN = 16_384;

    /** A mapping of a deleted file; the reference is found when the mapping has gone. */
    private static final class Mapping extends PhantomReference<ByteBuffer> {
        final int bytes;

        Mapping(ByteBuffer mapped, ReferenceQueue<ByteBuffer> gone, int bytes) {
            super(mapped, gone);
            this.bytes = bytes;
        }
    }

    /**
     * A file of the log that is full.
     *
     * @param newest when its last message was stored, in milliseconds since the epoch; not much later if that is not known
     */
    public record LogFile(long base, long end, long newest) {}

    private final MessageStore store;
    private final Disk disk;
    private final CommitLog log;
    private final IndexService index;
    private final Path startFile;
    private final Map<Long, Long> newest = new HashMap<>();
    /** Behind which place nothing but records from elsewhere was found of a file, by its beginning. */
    private final Map<Long, Long> looked = new HashMap<>();

    private final ReferenceQueue<ByteBuffer> unmapped = new ReferenceQueue<>();
    private final Set<Mapping> mappings = new HashSet<>();
    private final List<Path> undeleted = new ArrayList<>();
    private List<QueueLog> queues = List.of();
    private int queue;

    LogBeginning(MessageStore store, Disk disk, CommitLog log, IndexService index, Path startFile) {
        this.store = store;
        this.disk = disk;
        this.log = log;
        this.index = index;
        this.startFile = startFile;
    }

    /**
     * The files that are full and whose messages are all visible, the oldest first.
     *
     * @param settledEnd from {@link #settledEnd}
     */
    public List<LogFile> files(long settledEnd) {
        List<LogFile> files = new ArrayList<>();
        LogSegment[] all = log.segments();
        for (int i = 0; i + 1 < all.length && all[i].end() < settledEnd; i++) {
            long time = newest(all, i, settledEnd);
            files.add(new LogFile(all[i].base(), all[i].end(), time));
        }
        return files;
    }

    /** Bytes of one file. */
    public int fileBytes() {
        return log.segmentSize();
    }

    /** Where the log begins. */
    public long start() {
        return log.start();
    }

    /** No message before this place waits to become visible. On the core. */
    public long settledEnd() {
        return store.settledEnd();
    }

    /** The time of the first record behind the file that was not put there from elsewhere. */
    private long newest(LogSegment[] all, int file, long settledEnd) {
        Long known = newest.get(all[file].base());
        if (known != null) {
            return known;
        }
        long position = looked.getOrDefault(all[file].base(), all[file].end());
        long time = Long.MAX_VALUE;
        for (int i = 0; i < RECORDS && position < settledEnd && time == Long.MAX_VALUE; i++) {
            MessageRecord record = log.read(position);
            if (record == null) {
                position = log.endOfFile(position);
            } else if ((record.sysFlag() & SysFlag.RELOCATED) == 0) {
                time = record.storeTimestamp();
                newest.put(all[file].base(), time);
            } else {
                position += record.size();
            }
        }
        if (time == Long.MAX_VALUE) {
            looked.put(all[file].base(), position);
        } else {
            looked.remove(all[file].base());
        }
        return time;
    }

    /** Notes that the log begins at a place, where a file begins; on the device when this returns. Blocks. */
    public void begin(long start) throws IOException {
        LogStart.save(disk, startFile, start);
    }

    /** A part of the log that is not in it any more. */
    public static final class Dropped {
        private final List<LogSegment> segments;

        private Dropped(List<LogSegment> segments) {
            this.segments = segments;
        }

        /** How many files it is. */
        public int files() {
            return segments.size();
        }
    }

    /** Takes the files before a place out of the log. On the core, which must not keep records of them. */
    public Dropped drop(long start) {
        Dropped dropped = new Dropped(log.dropBefore(start));
        queues = new ArrayList<>();
        store.forEachQueue(queues::add);
        queue = 0;
        return dropped;
    }

    /** Moves the first offsets of queues on, some in each turn. On the core. Whether there is more to do. */
    public boolean forget() {
        long start = log.start();
        for (int i = 0; i < 64 && queue < queues.size(); i++) {
            if (queues.get(queue).index().forgetBefore(start, ENTRIES_PER_TURN)) {
                return true;
            }
            queue++;
        }
        return queue < queues.size();
    }

    /** A queue's index, and its first offset as it is saved. */
    private record First(ConsumeQueue index, long offset) {}

    /** What deletes the files of consume queues that are not needed any more. Made on the core. */
    public QueueFiles queueFiles() {
        List<First> firsts = new ArrayList<>();
        store.forEachQueue(each -> {
            // a restart opens the queue as the table says, which may still name an earlier offset
            if (each.index().savedMin() > 0) {
                firsts.add(new First(
                        each.index(), Math.min(each.minOffset(), each.index().savedMin())));
            }
        });
        return () -> {
            int deleted = 0;
            for (First first : firsts) {
                deleted += first.index.deleteFilesBefore(first.offset);
            }
            return deleted;
        };
    }

    /** Deletes files; blocks, so not for the core. */
    public interface QueueFiles {
        /** How many were deleted. */
        int delete() throws IOException;
    }

    /** Waits between two files. */
    public interface Pause {
        void pause() throws InterruptedException;
    }

    /**
     * Deletes what was dropped. A file that can't be deleted does not count any more, and is tried again with the next.
     * Blocks.
     */
    public void delete(Dropped dropped, Pause pause) throws InterruptedException {
        deleteUndeleted();
        for (LogSegment segment : dropped.segments) {
            newest.remove(segment.base());
            looked.remove(segment.base());
            if (segment.mapped().isDirect()) {
                synchronized (mappings) {
                    mappings.add(new Mapping(segment.mapped(), unmapped, segment.size()));
                }
            }
            try {
                segment.close();
                disk.delete(segment.path());
                LOG.info("log file {} is deleted", segment.path());
            } catch (IOException e) {
                LOG.warn("log file {} can't be deleted and is tried again later", segment.path(), e);
                undeleted.add(segment.path());
            }
            pause.pause();
        }
    }

    /** Tries once more to delete what could not be deleted. Blocks. */
    public void deleteUndeleted() {
        undeleted.removeIf(path -> {
            try {
                disk.delete(path);
                return true;
            } catch (IOException e) {
                LOG.debug("log file {} still can't be deleted", path, e);
                return false;
            }
        });
    }

    /** Deletes the files of the key index that speak of deleted messages alone. Blocks. How many. */
    public int deleteIndexFiles() throws IOException {
        return index.deleteBefore(log.start());
    }

    /** Bytes of deleted files that the system gives back when the garbage collector has found them. Any thread. */
    public long mappedBytes() {
        synchronized (mappings) {
            for (Object gone = unmapped.poll(); gone != null; gone = unmapped.poll()) {
                mappings.remove(gone);
            }
            long bytes = 0;
            for (Mapping mapping : mappings) {
                bytes += mapping.bytes;
            }
            return bytes;
        }
    }

    /** How full the disk of the log is. Blocks. */
    public Disk.Space space() throws IOException {
        return disk.space(log.directory());
    }
}
