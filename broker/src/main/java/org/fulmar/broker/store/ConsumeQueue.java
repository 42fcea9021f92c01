package org.fulmar.broker.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BooleanSupplier;

/**
 * The index of one queue of a topic: for each message its place in the log, its size and the hash of its tag, in
 * entries of 20 bytes.
 *
 * <p>A view of the log, owned by the broker's core. The newest entries are in memory and go to the files when there
 * are many of them, or at a checkpoint; no file stays open and nothing is mapped, so that ten thousand queues cost
 * little. What a crash takes away is built again from the log.
 *
 * <p>When messages at its beginning are deleted, its first offset moves on. An entry whose message was put to another
 * place of the log is changed; so entries need not be in the order of the log, but for those from {@link #orderedFrom}
 * on. Behind the first offset there may be entries whose messages are gone: they point before the log's beginning.
 */
public final class ConsumeQueue {
    public static final int ENTRY_BYTES = 20;
    /** Entries that are read or written at once, at most. */
    private static final int BLOCK_ENTRIES = 4096;

    private static final int FIRST_TAIL_ENTRIES = 16;
    /** Blocks of entries of deleted messages that are looked at for one that is there. */
    private static final int MAX_LOOKED_AT = 64;

    private final Disk disk;
    private final Path directory;
    private final int fileEntries;
    private long tailStart;
    private ByteBuffer tail = ByteBuffer.allocate(FIRST_TAIL_ENTRIES * ENTRY_BYTES);
    /** The offset up to which the files are known to hold the entries, forced; the checkpoint thread moves it on. */
    private volatile long saved;
    /** The first offset that the saved table names: files behind it are needed. The checkpoint thread moves it on. */
    private volatile long savedMin;

    private volatile boolean deleted;
    private long min;
    private long orderedFrom;
    /** Changed entries that the files do not hold yet; the checkpoint thread takes them out. */
    private final NavigableMap<Long, ByteBuffer> changed = new ConcurrentSkipListMap<>();

    ConsumeQueue(Disk disk, Path directory, int fileBytes, long maxOffset) {
        this(disk, directory, fileBytes, maxOffset, 0, 0);
    }

    /**
     * @param minOffset the first offset
     * @param orderedFrom entries from this offset on are in the order of the log
     */
    ConsumeQueue(Disk disk, Path directory, int fileBytes, long maxOffset, long minOffset, long orderedFrom) {
        this.min = minOffset;
        this.savedMin = minOffset;
        this.orderedFrom = orderedFrom;
        this.disk = disk;
        this.directory = directory;
        this.fileEntries = fileBytes / ENTRY_BYTES;
        this.tailStart = maxOffset;
        this.saved = maxOffset;
    }

    /** The offset behind the last entry. */
    public long maxOffset() {
        return tailStart + tail.position() / ENTRY_BYTES;
    }

    /** The first offset; what was before is deleted. */
    public long minOffset() {
        return min;
    }

    long savedMin() {
        return savedMin;
    }

    void savedMin(long offset) {
        savedMin = offset;
    }

    /** From this offset on, entries are in the order of the log. */
    public long orderedFrom() {
        return orderedFrom;
    }

    void unorderedBefore(long offset) {
        orderedFrom = Math.max(orderedFrom, offset);
    }

    void add(long physicalOffset, int size, long tagHash) {
        if (!tail.hasRemaining()) {
            makeRoom();
        }
        tail.putLong(physicalOffset).putInt(size).putLong(tagHash);
    }

    private void makeRoom() {
        int entries = tail.capacity() / ENTRY_BYTES;
        if (entries < BLOCK_ENTRIES) {
            tail = ByteBuffer.allocate(entries * 4 * ENTRY_BYTES).put(tail.flip());
            return;
        }
        try {
            for (Write write : unsaved()) {
                write.run(disk, false);
            }
        } catch (IOException e) {
            // memory goes on holding what the disk did not take; the next checkpoint tries again
            tail = ByteBuffer.allocate(tail.capacity() * 2).put(tail.flip());
            return;
        }
        tailStart = maxOffset();
        // a new buffer: slices of the old one may still be read
        tail = ByteBuffer.allocate(BLOCK_ENTRIES * ENTRY_BYTES);
    }

    /**
     * Entries from {@code from} on, at most {@code max}: a buffer whose remaining bytes are whole entries.
     *
     * @throws UncheckedIOException if a file can't be read
     */
    public ByteBuffer entries(long from, int max) {
        long end = maxOffset();
        int wanted = (int) Math.max(0, Math.min(Math.min(max, BLOCK_ENTRIES), end - from));
        if (wanted == 0 || from < min) {
            return ByteBuffer.allocate(0);
        }
        if (from >= tailStart) {
            return tail.duplicate()
                    .position((int) (from - tailStart) * ENTRY_BYTES)
                    .slice()
                    .limit(wanted * ENTRY_BYTES);
        }
        int inFile = (int) (fileEntries - from % fileEntries);
        int count = (int) Math.min(Math.min(wanted, inFile), tailStart - from);
        ByteBuffer block = ByteBuffer.allocate(count * ENTRY_BYTES);
        try (DiskFile file = disk.open(file(from))) {
            file.read(block, from % fileEntries * ENTRY_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException("the consume queue " + directory + " can't be read", e);
        }
        if (orderedFrom > 0) {
            // of what was deleted before the files were built again there is nothing; it reads as gone
            block.position(block.capacity());
            changed.subMap(from, from + count)
                    .forEach((offset, entry) -> block.put((int) (offset - from) * ENTRY_BYTES, entry, 0, ENTRY_BYTES));
        }
        return block.flip();
    }

    /** The message at an offset lies at another place of the log from now on. */
    void change(long offset, long physicalOffset, int size, long tagHash) {
        ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES);
        entry.putLong(physicalOffset).putInt(size).putLong(tagHash).flip();
        orderedFrom = Math.max(orderedFrom, offset + 1);
        changed.put(offset, entry);
        if (offset >= tailStart) {
            tail.put((int) (offset - tailStart) * ENTRY_BYTES, entry, 0, ENTRY_BYTES);
        }
    }

    /** A queue that is empty begins at another offset: what was before is deleted. */
    void begin(long offset) {
        tail = ByteBuffer.allocate(FIRST_TAIL_ENTRIES * ENTRY_BYTES);
        changed.clear();
        min = offset;
        tailStart = offset;
        saved = offset;
    }

    /** A message that was put to another place is before all that is known of a queue that is built again. */
    void beginWith(long offset, long physicalOffset, int size, long tagHash) {
        unorderedBefore(min);
        min = offset;
        change(offset, physicalOffset, size, tagHash);
    }

    /**
     * Moves the first offset on, past messages that lay before the log's beginning.
     *
     * @param most entries to look at
     * @return whether there may be more to do
     */
    boolean forgetBefore(long logStart, int most) {
        int left = most;
        long end = maxOffset();
        while (min < end && min < orderedFrom) {
            if (left <= 0) {
                return true;
            }
            ByteBuffer entries = entries(min, (int) Math.min(left, orderedFrom - min));
            if (entries.remaining() < ENTRY_BYTES) {
                return false;
            }
            for (; entries.remaining() >= ENTRY_BYTES; entries.position(entries.position() + ENTRY_BYTES)) {
                int at = entries.position();
                if (entries.getLong(at) >= logStart && entries.getInt(at + 8) > 0) {
                    return false;
                }
                left--;
                min++;
            }
        }
        long low = min;
        long high = end;
        while (low < high) {
            long middle = (low + high) >>> 1;
            ByteBuffer entry = entries(middle, 1);
            if (entry.remaining() == ENTRY_BYTES && entry.getLong(0) < logStart) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        min = low;
        return false;
    }

    /** Deletes the files that hold nothing from an offset on; for the thread that deletes. How many. */
    int deleteFilesBefore(long offset) throws IOException {
        int deleted = 0;
        for (Path path : disk.list(directory)) {
            String name = path.getFileName().toString();
            if (name.matches("\\d{20}") && Long.parseLong(name) / ENTRY_BYTES + fileEntries <= offset) {
                disk.delete(path);
                deleted++;
            }
        }
        return deleted;
    }

    private Path file(long offset) {
        return directory.resolve(LogSegment.fileName(offset / fileEntries * fileEntries * ENTRY_BYTES));
    }

    /** A piece of a queue that is to be written to a file; runs on any thread. */
    record Write(Path file, long position, ByteBuffer entries, BooleanSupplier isVoid) {
        Write(Path file, long position, ByteBuffer entries) {
            this(file, position, entries, () -> false);
        }

        void run(Disk disk, boolean force) throws IOException {
            if (isVoid.getAsBoolean()) {
                return;
            }
            try (DiskFile target = disk.open(file)) {
                target.write(entries.duplicate(), position);
                if (force) {
                    target.force();
                }
            }
        }
    }

    /** Copies of the entries that no file is known to hold; {@link #saved} is told when the device has them. */
    List<Write> unsaved() {
        List<Write> writes = new ArrayList<>();
        // what went to the files for want of memory has not been forced
        for (long at = saved; at < tailStart; at = (at / fileEntries + 1) * fileEntries) {
            writes.add(new Write(file(at), 0, ByteBuffer.allocate(0), () -> deleted));
        }
        long at = Math.max(saved, tailStart);
        long end = maxOffset();
        while (at < end) {
            long stop = Math.min(end, (at / fileEntries + 1) * fileEntries);
            int bytes = (int) (stop - at) * ENTRY_BYTES;
            ByteBuffer copy = ByteBuffer.allocate(bytes);
            copy.put(0, tail, (int) (at - tailStart) * ENTRY_BYTES, bytes);
            writes.add(new Write(file(at), at % fileEntries * ENTRY_BYTES, copy, () -> deleted));
            at = stop;
        }
        changed.forEach((offset, entry) ->
                writes.add(new Write(file(offset), offset % fileEntries * ENTRY_BYTES, entry, () -> deleted)));
        return writes;
    }

    /** The changed entries that {@link #unsaved} gives now; {@link #saved(Map)} is told when the device has them. */
    Map<Long, ByteBuffer> changes() {
        return Map.copyOf(changed);
    }

    void saved(Map<Long, ByteBuffer> changes) {
        // one that has changed again stays
        changes.forEach(changed::remove);
    }

    /** The device has all entries before {@code offset}. */
    void saved(long offset) {
        saved = offset;
    }

    boolean hasUnsaved() {
        return saved < maxOffset() || !changed.isEmpty();
    }

    /** Drops the entries at the end that point behind the end of the log, as after a lost tail. */
    void cut(long logEnd) {
        long offset = maxOffset();
        while (offset > min) {
            ByteBuffer last = entries(offset - 1, 1);
            if (last.remaining() == ENTRY_BYTES && last.getLong(0) + last.getInt(8) <= logEnd && last.getInt(8) > 0) {
                break;
            }
            offset--;
        }
        if (offset < maxOffset()) {
            restart(offset);
        }
    }

    /** Forgets the entries from {@code offset} on. */
    void restart(long offset) {
        int keep = (int) Math.max(0, offset - tailStart) * ENTRY_BYTES;
        tailStart = Math.min(tailStart, offset);
        // a new buffer: slices of the old one may still be read
        ByteBuffer kept = ByteBuffer.allocate(Math.max(keep, FIRST_TAIL_ENTRIES * ENTRY_BYTES));
        tail = kept.put(tail.duplicate().position(0).limit(keep));
        saved = Math.min(saved, offset);
        min = Math.min(min, offset);
        orderedFrom = Math.min(orderedFrom, offset);
        changed.tailMap(offset, true).clear();
    }

    /** Whether the files have the length that the entries from {@code from} to the end take. */
    boolean hasFiles(long from) throws IOException {
        if (from >= maxOffset()) {
            return true;
        }
        Set<Path> there = new HashSet<>(disk.list(directory));
        for (long at = from / fileEntries * fileEntries; at < maxOffset(); at += fileEntries) {
            if (!there.contains(file(at))) {
                return false;
            }
            try (DiskFile file = disk.open(file(at))) {
                if (file.size() < Math.min(fileEntries, maxOffset() - at) * ENTRY_BYTES) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * The first offset from one on whose message was not deleted; {@code to} if there is none before it, or if so many
     * were deleted that looking on would take long.
     *
     * @param logStart where the log begins: an entry that points before it is of a message that is deleted
     */
    public long firstThere(long from, long to, long logStart) {
        long at = from;
        for (int block = 0; block < MAX_LOOKED_AT && at < to; block++) {
            ByteBuffer entries = entries(at, (int) Math.min(BLOCK_ENTRIES, to - at));
            int count = entries.remaining() / ENTRY_BYTES;
            if (count == 0) {
                return to;
            }
            for (int i = 0; i < count; i++) {
                int entry = entries.position() + i * ENTRY_BYTES;
                if (entries.getInt(entry + Long.BYTES) > 0 && entries.getLong(entry) >= logStart) {
                    return at + i;
                }
            }
            at += count;
        }
        return to;
    }

    /** The log position of the last entry; -1 if there is none, or if the file that should hold it does not. */
    long lastPhysicalOffset() {
        long end = maxOffset();
        ByteBuffer last = entries(Math.max(0, end - 1), 1);
        return last.remaining() == ENTRY_BYTES && last.getInt(8) > 0 ? last.getLong(0) : -1;
    }

    /**
     * Its files are about to be removed. What is captured and not written yet never is: the files may be those of a queue
     * of the same name by then. On the core.
     */
    void deleted() {
        deleted = true;
    }
}
