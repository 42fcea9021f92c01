package org.fulmar.broker.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Beside a consume queue, for each message a map of bits that says which filters match it, under
 * {@code consumequeue_ext/topic/queue}: units of {@value #UNIT_BYTES} bytes, one for each offset. As in RocketMQ's
 * extension a unit has its size, a number, the store time, and the map's size and bytes; the number is not the tag's hash,
 * which the queue's entry keeps, but the message's place in the log, so that a unit of another message is never taken for
 * this one's.
 *
 * <p>A view that may have holes: of an offset without a unit nothing is known. Owned by the broker's core. As with the
 * queue, the newest units are in memory and go to the files when there are many of them, or at a checkpoint.
 */
public final class ConsumeQueueExtension {
    /** Bits of each map. */
    public static final int BITS = 128;

    private static final short MAP_BYTES = BITS / Byte.SIZE;
    static final short UNIT_BYTES = 2 + 8 + 8 + 2 + MAP_BYTES;
    private static final int MAP_AT = UNIT_BYTES - MAP_BYTES;
    private static final int FILE_UNITS = 100_000;
    private static final int FIRST_UNITS = 64;
    private static final int MAX_UNITS = 4096;

    private final Disk disk;
    private final Path directory;
    private final long savedPosition;
    /** Units from here on were made by this object. */
    private long own;

    private long start;
    private ByteBuffer units = ByteBuffer.allocate(FIRST_UNITS * UNIT_BYTES);
    /** The offset up to which the files have been forced; the checkpoint thread moves it on. */
    private volatile long saved;

    private volatile long deletedBefore;

    /**
     * @param root of the store
     * @param topic whose name has been checked: it becomes part of a path
     * @param from the offset of the first unit that will be added
     * @param savedPosition of units that files have from before, those of messages before this place of the log count
     */
    public ConsumeQueueExtension(Disk disk, Path root, String topic, int queueId, long from, long savedPosition) {
        this.disk = disk;
        this.directory = directory(root).resolve(topic).resolve(Integer.toString(queueId));
        this.start = from;
        this.saved = from;
        this.own = from;
        this.savedPosition = savedPosition;
    }

    /** Where the extensions of all topics are. */
    public static Path directory(Path root) {
        return root.resolve("consumequeue_ext");
    }

    /** The offset of the next unit. */
    public long end() {
        return start + units.position() / UNIT_BYTES;
    }

    /** Leaves a hole: the next unit is that of {@code offset}. */
    public void skipTo(long offset) {
        start = offset;
        own = offset;
        saved = offset;
        units = ByteBuffer.allocate(FIRST_UNITS * UNIT_BYTES);
    }

    /** Adds the unit of the offset {@link #end}. */
    public void add(long physicalOffset, long storeTime, long lowBits, long highBits) {
        if (!units.hasRemaining()) {
            makeRoom();
        }
        units.putShort(UNIT_BYTES)
                .putLong(physicalOffset)
                .putLong(storeTime)
                .putShort(MAP_BYTES)
                .putLong(lowBits)
                .putLong(highBits);
    }

    /** A new buffer: slices of the old one may still be read. */
    private void makeRoom() {
        int count = units.capacity() / UNIT_BYTES;
        if (count < MAX_UNITS) {
            units = ByteBuffer.allocate(count * 4 * UNIT_BYTES).put(units.flip());
            return;
        }
        long end = end();
        try {
            for (ConsumeQueue.Write write : unsaved()) {
                write.run(disk, false);
            }
            start = end;
        } catch (IOException e) {
            // there is a hole then
            skipTo(end);
        }
        units = ByteBuffer.allocate(MAX_UNITS * UNIT_BYTES);
    }

    /**
     * Units from {@code from} on, at most {@code max}: for {@link #refuses}. Empty if nothing is known of that offset.
     *
     * @throws UncheckedIOException if a file can't be read
     */
    public ByteBuffer read(long from, int max) {
        if (from >= start) {
            long count = Math.max(0, Math.min(max, end() - from));
            return units.duplicate()
                    .position((int) (Math.min(from, end()) - start) * UNIT_BYTES)
                    .slice()
                    .limit((int) count * UNIT_BYTES);
        }
        long inFile = FILE_UNITS - from % FILE_UNITS;
        int count = (int) Math.max(0, Math.min(Math.min(max, inFile), start - from));
        if (count == 0 || !disk.exists(file(from))) {
            return ByteBuffer.allocate(0);
        }
        ByteBuffer block = ByteBuffer.allocate(count * UNIT_BYTES);
        try (DiskFile file = disk.open(file(from))) {
            file.read(block, from % FILE_UNITS * UNIT_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException("the extension of a consume queue " + directory + " can't be read", e);
        }
        block.flip();
        return block.limit(block.limit() / UNIT_BYTES * UNIT_BYTES);
    }

    /** How many units a buffer has. */
    public static int count(ByteBuffer read) {
        return read.limit() / UNIT_BYTES;
    }

    /**
     * Whether a unit is that of the message at a place of the log, and says that it does not match.
     *
     * @param read what {@link #read} gave
     * @param from the offset of its first unit
     */
    public boolean refuses(ByteBuffer read, long from, long offset, long physicalOffset, int bit) {
        int at = (int) (offset - from) * UNIT_BYTES;
        long map = read.getLong(at + MAP_AT + (bit < Long.SIZE ? 0 : Long.BYTES));
        return read.getShort(at) == UNIT_BYTES
                && read.getShort(at + MAP_AT - Short.BYTES) == MAP_BYTES
                && read.getLong(at + Short.BYTES) == physicalOffset
                && (map >>> bit % Long.SIZE & 1) == 0
                && (offset >= own || physicalOffset < savedPosition);
    }

    /** What is to be done on another thread for the units up to now. */
    public interface Saving {
        /** Writes and forces; blocks. */
        void run() throws IOException;
    }

    /**
     * Copies what the files don't hold yet.
     *
     * @param minOffset files that end before it are removed as well
     */
    public Saving capture(long minOffset) {
        long end = end();
        List<ConsumeQueue.Write> writes = unsaved();
        return () -> {
            for (ConsumeQueue.Write write : writes) {
                write.run(disk, true);
            }
            saved = Math.max(saved, end);
            long keep = minOffset / FILE_UNITS * FILE_UNITS;
            if (keep > deletedBefore) {
                deletedBefore = keep;
                for (Path file : disk.list(directory)) {
                    if (file.getFileName()
                                    .toString()
                                    .compareTo(file(keep).getFileName().toString())
                            < 0) {
                        disk.delete(file);
                    }
                }
            }
        };
    }

    private List<ConsumeQueue.Write> unsaved() {
        List<ConsumeQueue.Write> writes = new ArrayList<>();
        // what went to the files for want of memory has not been forced
        for (long at = saved; at < start; at = (at / FILE_UNITS + 1) * FILE_UNITS) {
            writes.add(new ConsumeQueue.Write(file(at), 0, ByteBuffer.allocate(0)));
        }
        long end = end();
        for (long at = Math.max(saved, start); at < end; ) {
            long stop = Math.min(end, (at / FILE_UNITS + 1) * FILE_UNITS);
            int bytes = (int) (stop - at) * UNIT_BYTES;
            ByteBuffer copy = ByteBuffer.allocate(bytes);
            copy.put(0, units, (int) (at - start) * UNIT_BYTES, bytes);
            writes.add(new ConsumeQueue.Write(file(at), at % FILE_UNITS * UNIT_BYTES, copy));
            at = stop;
        }
        return writes;
    }

    private Path file(long offset) {
        return directory.resolve(LogSegment.fileName(offset / FILE_UNITS * FILE_UNITS * UNIT_BYTES));
    }
}
