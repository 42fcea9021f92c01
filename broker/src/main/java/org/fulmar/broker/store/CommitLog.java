package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.jspecify.annotations.Nullable;

/**
 * The one log: records one behind the other in segment files.
 *
 * <p>Appending belongs to one thread at a time, the broker's core: {@link #append} puts records into a batch in memory
 * and gives them their place, {@link #write} hands the batch to the operating system. Reading what was written is free
 * for every thread. {@link #force} is the flusher's. A record handed over by {@code write} survives the death of the
 * process; one before {@link #durable} survives the death of the machine.
 */
public final class CommitLog {
    /** Bytes always left at the end of a segment for the filler. */
    private static final int FILLER_BYTES = 8;
    /** Room kept for acknowledgements and other facts when the disk is full, so that consumers can go on. */
    private static final int RESERVE_BYTES = 1 << 20;
    /** Bytes that are allocated at a time, so that a force never has much of them to write. */
    private static final int ALLOCATE_STEP = 128 << 10;

    private final Disk disk;
    private final Path directory;
    private final int segmentSize;
    private final int allocateAhead;
    private final int reserve;
    private final WrittenMark mark;
    private volatile byte[] storeHost = new byte[8];
    private final Object growth = new Object();
    /** Held while {@link #segments} is replaced, at either end; never during I/O. */
    private final Object ends = new Object();

    private volatile LogSegment[] segments = {};
    private final int maxRecordBytes;
    private ByteBuffer batch;
    private long batchStart;
    private volatile long written;
    private volatile long durable;
    private long forced;
    private @Nullable IOException forceFailure;

    CommitLog(Disk disk, Path directory, StoreOptions options) {
        this.disk = disk;
        this.directory = directory;
        this.segmentSize = options.segmentBytes();
        this.allocateAhead = Math.min(options.allocateAheadBytes(), segmentSize / 2);
        this.reserve = Math.min(RESERVE_BYTES, segmentSize / 3);
        this.mark = new WrittenMark(disk, options.root().resolve("written"));
        this.maxRecordBytes = options.maxMessageBytes() + 64 * 1024;
        this.batch = ByteBuffer.allocateDirect(options.batchBytes() + 64 * 1024);
    }

    /** The address and port that records carry, in their form; set before messages come. */
    public void storeHost(byte[] host) {
        storeHost = host;
    }

    Path directory() {
        return directory;
    }

    int segmentSize() {
        return segmentSize;
    }

    WrittenMark mark() {
        return mark;
    }

    /** Takes the segments and the end that recovery has found; the log is ready for appending then. */
    void open(LogSegment[] found, long end) throws IOException {
        segments = found;
        if (found.length == 0 || end >= found[found.length - 1].end()) {
            addSegment(end);
        }
        LogSegment active = segmentAt(end);
        active.assumeAllocated((int) (end - active.base()));
        written = end;
        durable = end;
        forced = end;
        batchStart = end;
        mark.opened(end);
        try {
            active.allocate((int) (end - active.base()) + RESERVE_BYTES * 2);
        } catch (IOException e) {
            // a full disk is no reason not to start: it is told to producers, and consumers can drain
            active.assumeAllocated((int) (end - active.base()));
        }
    }

    /** The segment behind {@code active}, made if it is not there; the core and the allocator may both want it. */
    private LogSegment segmentBehind(LogSegment active) throws IOException {
        synchronized (growth) {
            LogSegment[] all = segments;
            LogSegment last = all[all.length - 1];
            return last == active ? addSegment(active.end()) : segmentAt(active.end());
        }
    }

    /** Makes sure that facts find room in the next file when this one is full, whatever the disk says then. */
    private void reserveBehind(LogSegment active) throws IOException {
        segmentBehind(active).allocate(reserve);
    }

    private LogSegment addSegment(long base) throws IOException {
        Path path = directory.resolve(LogSegment.fileName(base));
        boolean fresh = !disk.exists(path);
        LogSegment segment;
        try {
            segment = LogSegment.open(disk, directory, base, segmentSize);
        } catch (IOException e) {
            // half a file would keep a broker from starting on a disk that is still full
            if (fresh) {
                disk.delete(path);
            }
            throw e;
        }
        synchronized (ends) {
            LogSegment[] more = Arrays.copyOf(segments, segments.length + 1);
            more[segments.length] = segment;
            segments = more;
        }
        return segment;
    }

    /**
     * Takes the files out of the log that lie before a place, which must be a file's beginning. What was read from them
     * stays readable: a mapping goes with the last view of it.
     */
    List<LogSegment> dropBefore(long start) {
        synchronized (ends) {
            LogSegment[] before = segments;
            int count = 0;
            while (count < before.length && before[count].base() < start) {
                count++;
            }
            segments = Arrays.copyOfRange(before, count, before.length);
            return List.of(Arrays.copyOf(before, count));
        }
    }

    /** The segment that holds {@code position}, which must be in the log. */
    LogSegment segmentAt(long position) {
        return segmentAt(segments, position);
    }

    private LogSegment segmentAt(LogSegment[] all, long position) {
        int index = (int) ((position - all[0].base()) / segmentSize);
        if (position < all[0].base() || index >= all.length) {
            throw new IllegalArgumentException("position " + position + " is not in the log");
        }
        return all[index];
    }

    /** Where the file of a position ends; the log's beginning for one that is deleted. */
    long endOfFile(long position) {
        LogSegment[] all = segments;
        return position < all[0].base()
                ? all[0].base()
                : segmentAt(all, position).end();
    }

    LogSegment[] segments() {
        return segments;
    }

    /** Where the log begins; what was before is deleted. */
    public long start() {
        return segments[0].base();
    }

    /** The end of what the operating system has. */
    public long written() {
        return written;
    }

    /** The end of what the device has. */
    public long durable() {
        return durable;
    }

    /** The place that the next record gets. */
    long end() {
        return batchStart + batch.position();
    }

    int batchBytes() {
        return batch.position();
    }

    /** The largest record that is taken. */
    int maxRecordBytes() {
        return Math.min(maxRecordBytes, segmentSize - FILLER_BYTES);
    }

    /** The size that a draft has, or had, in the log. */
    public int size(RecordDraft draft) {
        return draft.size(storeHost);
    }

    /** The size of {@code draft} in the log; checks the limits. */
    int checkedSize(RecordDraft draft) throws StoreException {
        int size = draft.size(storeHost);
        if (size > maxRecordBytes || size > segmentSize - FILLER_BYTES) {
            throw new StoreException(
                    StoreException.Reason.TOO_LARGE,
                    "a message of " + size + " bytes; the limit is "
                            + Math.min(maxRecordBytes, segmentSize - FILLER_BYTES) + " (option maxMessageSize)");
        }
        if (draft.propertiesLength() > Short.MAX_VALUE) {
            throw new StoreException(
                    StoreException.Reason.TOO_LARGE,
                    "message properties of " + draft.propertiesLength() + " bytes; the limit is " + Short.MAX_VALUE);
        }
        return size;
    }

    /**
     * Puts a record into the batch.
     *
     * @param mayUseReserve whether it may take the room that is kept for facts
     * @return its physical offset
     * @throws StoreException if it is too large or there is no room; the log is unchanged then
     */
    long append(RecordDraft draft, long queueOffset, long now, boolean mayUseReserve) throws StoreException {
        int size = checkedSize(draft);
        makeRoom(size, mayUseReserve);
        if (batch.remaining() < size) {
            writeBatch();
            if (batch.capacity() < size) {
                batch = ByteBuffer.allocateDirect(size);
            }
        }
        long position = end();
        draft.write(batch, queueOffset, position, now, storeHost);
        return position;
    }

    /** The most bytes that several records may have together that must be in one file. */
    int largestGroup() {
        return segmentSize / 2 - FILLER_BYTES;
    }

    /**
     * Makes sure that the next so many bytes go into one file, and find room there.
     *
     * @throws StoreException if there is none; the log is unchanged then, but for its place
     */
    void reserve(int bytes, boolean mayUseReserve) throws StoreException {
        if (bytes > largestGroup()) {
            throw new StoreException(
                    StoreException.Reason.TOO_LARGE,
                    bytes + " bytes that belong together; at most " + largestGroup() + " go into one log file");
        }
        makeRoom(bytes, mayUseReserve);
    }

    private void makeRoom(int size, boolean mayUseReserve) throws StoreException {
        long position = end();
        LogSegment active = segmentAt(position);
        if (position + size + FILLER_BYTES > active.end()) {
            roll(active, position);
            active = segmentAt(active.end());
            position = active.base();
        }
        long wanted = position - active.base() + size + FILLER_BYTES + (mayUseReserve ? 0 : reserve);
        try {
            if (Math.min(wanted, active.size()) > active.allocated()) {
                allocate(active, Math.min(wanted, active.size()));
            }
            if (!mayUseReserve && wanted > active.size()) {
                reserveBehind(active);
            }
        } catch (IOException e) {
            throw new StoreException(
                    StoreException.Reason.DISK_FULL,
                    "the disk of " + directory + " is full: make room, then send again (" + e.getMessage() + ")",
                    e);
        }
    }

    /** Allocates a little more than is wanted, but is content with just that. */
    private static void allocate(LogSegment active, long wanted) throws IOException {
        try {
            active.allocate((int) Math.min(wanted + RESERVE_BYTES, active.size()));
        } catch (IOException e) {
            if (wanted > active.allocated()) {
                throw e;
            }
        }
    }

    private void roll(LogSegment active, long position) throws StoreException {
        try {
            segmentBehind(active);
        } catch (IOException e) {
            throw new StoreException(
                    StoreException.Reason.DISK_FULL, "no new log file in " + directory + ": " + e.getMessage(), e);
        }
        writeBatch();
        int rest = (int) (active.end() - position);
        batch.putInt(rest).putInt(MessageRecord.MAGIC_FILLER);
        writeBatch();
        batchStart = active.end();
        written = batchStart;
    }

    /** Hands the batch to the operating system. */
    void write() throws StoreException {
        if (batch.position() > 0) {
            writeBatch();
        }
    }

    private void writeBatch() throws StoreException {
        int bytes = batch.position();
        if (bytes == 0) {
            return;
        }
        batch.flip();
        LogSegment active = segmentAt(batchStart);
        try {
            mark.raise(batchStart + bytes);
            active.write(batch, (int) (batchStart - active.base()));
        } catch (IOException e) {
            throw new StoreException(
                    StoreException.Reason.FAILED, "writing to " + active.path() + " failed: " + e.getMessage(), e);
        } finally {
            batch.clear();
        }
        batchStart += bytes;
        written = batchStart;
    }

    /**
     * Forces what is written, for the flusher and for checkpoints. Returns the new durable end. After one failure it
     * fails for ever: the operating system tells of lost pages only once.
     */
    synchronized long force() throws IOException {
        IOException before = forceFailure;
        if (before != null) {
            throw new IOException("an earlier force failed: " + before.getMessage(), before);
        }
        try {
            return forceSegments();
        } catch (IOException e) {
            forceFailure = e;
            throw e;
        }
    }

    private long forceSegments() throws IOException {
        long target = written;
        LogSegment[] all = segments;
        for (LogSegment segment : all) {
            if (segment.end() > forced && segment.base() < target) {
                segment.force();
            }
        }
        forced = target;
        durable = target;
        return target;
    }

    /** The segment that is written to, or the last one when it is full. */
    private LogSegment active() {
        LogSegment[] all = segments;
        return segmentAt(Math.min(written, all[all.length - 1].end() - 1));
    }

    /**
     * Allocates a few blocks ahead of the writer, and the next file when this one is nearly full; for the allocator
     * thread. How urgent the next call is: 0 not, 1 soon, 2 at once.
     */
    int allocateAhead() throws IOException {
        LogSegment active = active();
        mark.raise(written + allocateAhead);
        long used = written - active.base();
        long wanted = Math.min(used + allocateAhead, active.size());
        if (active.allocated() < wanted) {
            active.allocate((int) Math.min(active.allocated() + ALLOCATE_STEP, wanted));
            return active.allocated() - used < allocateAhead / 2 && active.allocated() < wanted ? 2 : 1;
        }
        LogSegment[] all = segments;
        if (used + allocateAhead > active.size() && all[all.length - 1] == active) {
            reserveBehind(active);
        }
        return 0;
    }

    /**
     * The record at a physical offset, or null if none begins there.
     *
     * @param position any place before {@link #written}
     */
    public @Nullable MessageRecord read(long position) {
        LogSegment[] all = segments;
        if (position < all[0].base() || position >= written) {
            return null;
        }
        LogSegment segment = segmentAt(all, position);
        int limit = (int) Math.min(segment.size(), written - segment.base());
        return MessageRecord.wrap(segment.mapped(), (int) (position - segment.base()), limit);
    }

    void close() throws IOException {
        for (LogSegment segment : segments) {
            segment.close();
        }
    }
}
