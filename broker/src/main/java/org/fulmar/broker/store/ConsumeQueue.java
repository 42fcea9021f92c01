package org.fulmar.broker.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The index of one queue of a topic: for each message its place in the log, its size and the hash of its tag, in
 * entries of 20 bytes.
 *
 * <p>A view of the log, owned by the broker's core. The newest entries are in memory and go to the files when there
 * are many of them, or at a checkpoint; no file stays open and nothing is mapped, so that ten thousand queues cost
 * little. What a crash takes away is built again from the log.
 */
public final class ConsumeQueue {
    public static final int ENTRY_BYTES = 20;
    /** Entries that are read or written at once, at most. */
    private static final int BLOCK_ENTRIES = 4096;

    private static final int FIRST_TAIL_ENTRIES = 16;

    private final Disk disk;
    private final Path directory;
    private final int fileEntries;
    private long tailStart;
    private ByteBuffer tail = ByteBuffer.allocate(FIRST_TAIL_ENTRIES * ENTRY_BYTES);
    /** The offset up to which the files are known to hold the entries, forced; the checkpoint thread moves it on. */
    private volatile long saved;

    ConsumeQueue(Disk disk, Path directory, int fileBytes, long maxOffset) {
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
        if (wanted == 0) {
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
        return block.flip();
    }

    private Path file(long offset) {
        return directory.resolve(LogSegment.fileName(offset / fileEntries * fileEntries * ENTRY_BYTES));
    }

    /** A piece of a queue that is to be written to a file; runs on any thread. */
    record Write(Path file, long position, ByteBuffer entries) {
        void run(Disk disk, boolean force) throws IOException {
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
            writes.add(new Write(file(at), 0, ByteBuffer.allocate(0)));
        }
        long at = Math.max(saved, tailStart);
        long end = maxOffset();
        while (at < end) {
            long stop = Math.min(end, (at / fileEntries + 1) * fileEntries);
            int bytes = (int) (stop - at) * ENTRY_BYTES;
            ByteBuffer copy = ByteBuffer.allocate(bytes);
            copy.put(0, tail, (int) (at - tailStart) * ENTRY_BYTES, bytes);
            writes.add(new Write(file(at), at % fileEntries * ENTRY_BYTES, copy));
            at = stop;
        }
        return writes;
    }

    /** The device has all entries before {@code offset}. */
    void saved(long offset) {
        saved = offset;
    }

    boolean hasUnsaved() {
        return saved < maxOffset();
    }

    /** Drops the entries at the end that point behind the end of the log, as after a lost tail. */
    void cut(long logEnd) {
        long offset = maxOffset();
        while (offset > 0) {
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

    /** The log position of the last entry; -1 if there is none, or if the file that should hold it does not. */
    long lastPhysicalOffset() {
        long end = maxOffset();
        ByteBuffer last = entries(Math.max(0, end - 1), 1);
        return last.remaining() == ENTRY_BYTES && last.getInt(8) > 0 ? last.getLong(0) : -1;
    }

    void delete() throws IOException {
        disk.delete(directory);
    }
}
