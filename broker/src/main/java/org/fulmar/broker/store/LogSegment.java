package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * One file of the commit log, of fixed size, named by the log position of its first byte.
 *
 * <p>Read through a mapping by any thread; written with positioned writes, because they report a full or broken disk
 * as an exception where a mapped write would end the process, and because forcing them costs half as much. Blocks are
 * allocated ahead of the writer by writing zeros, by the allocator thread or, if that is late, by the writer itself.
 * A mapping is given up only when nobody can reach the segment any more, so a reader never touches unmapped memory.
 */
final class LogSegment {
    /** Small, because a write of ours to the same file waits while one of these is under way. */
    private static final int ZERO_BYTES = 128 << 10;

    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(ZERO_BYTES).asReadOnlyBuffer();

    private final Path path;
    private final long base;
    private final int size;
    private final DiskFile file;
    private final ByteBuffer mapped;
    private volatile int allocated;

    private LogSegment(Path path, long base, int size, DiskFile file, ByteBuffer mapped) {
        this.path = path;
        this.base = base;
        this.size = size;
        this.file = file;
        this.mapped = mapped;
    }

    static LogSegment open(Disk disk, Path directory, long base, int size) throws IOException {
        Path path = directory.resolve(fileName(base));
        DiskFile file = disk.open(path);
        long there = file.size();
        if (there > size) {
            file.close();
            throw new IOException("the log file " + path + " has " + there + " bytes, but log files are to have " + size
                    + ": set the size back to what the store was made with");
        }
        try {
            file.resize(size);
            return new LogSegment(path, base, size, file, file.map(size));
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    static String fileName(long base) {
        return String.format(java.util.Locale.ROOT, "%020d", base);
    }

    Path path() {
        return path;
    }

    long base() {
        return base;
    }

    int size() {
        return size;
    }

    long end() {
        return base + size;
    }

    int allocated() {
        return allocated;
    }

    /** The whole segment; positions are relative to its base. */
    ByteBuffer mapped() {
        return mapped;
    }

    /**
     * Makes sure that the first {@code wanted} bytes have blocks on the disk.
     *
     * @throws IOException if the disk is full; what was allocated before stays usable
     */
    synchronized void allocate(int wanted) throws IOException {
        int target = Math.min(wanted, size);
        while (allocated < target) {
            int step = Math.min(ZERO_BYTES, size - allocated);
            file.write(ZEROS.duplicate().limit(step), allocated);
            allocated += step;
        }
    }

    /** Says that the bytes before {@code position} hold records already. */
    synchronized void assumeAllocated(int position) {
        allocated = Math.max(allocated, position);
    }

    void write(ByteBuffer source, int position) throws IOException {
        file.write(source, position);
    }

    void force() throws IOException {
        file.force();
    }

    /** Drops everything behind {@code position}; it reads as zeros from now on. */
    synchronized void cut(int position) throws IOException {
        file.resize(position);
        file.resize(size);
        file.force();
        allocated = position;
    }

    int readFromDisk(ByteBuffer target, int position) throws IOException {
        return file.read(target, position);
    }

    void close() throws IOException {
        file.close();
    }
}
