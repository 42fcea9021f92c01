package org.fulmar.broker.store;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The content of a file of a {@link FaultyDisk}: what was written, what of it was forced, and what a loss of power would
 * leave. Guarded by its disk's lock.
 */
final class Inode {
    private static final int SECTOR = 512;

    /** A write or, without data, a resize, that no force has covered yet. */
    private record Pending(long position, byte @Nullable [] data) {}

    private final boolean tracking;
    private byte[] bytes = new byte[0];
    private int size;
    private boolean mapped;
    private boolean writtenThroughMapping;
    private byte[] forced = new byte[0];
    private List<Pending> pending = new ArrayList<>();
    /** The blocks of the disk that it has, by their place in the file. */
    private BitSet blocks = new BitSet();

    /**
     * @param tracking whether it knows what was forced
     */
    Inode(boolean tracking) {
        this.tracking = tracking;
    }

    /** A file that has had this content for long. */
    static Inode of(byte[] content, boolean tracking) {
        Inode inode = new Inode(tracking);
        inode.bytes = content;
        inode.size = content.length;
        inode.forced = content.clone();
        inode.blocks.set(0, (content.length + FaultyDisk.BLOCK - 1) / FaultyDisk.BLOCK);
        return inode;
    }

    int size() {
        return size;
    }

    byte[] content() {
        return Arrays.copyOf(bytes, size);
    }

    int read(ByteBuffer target, long position) {
        int count = (int) Math.max(0, Math.min(target.remaining(), size - position));
        target.put(bytes, (int) Math.min(position, size), count);
        return count;
    }

    /** All of its bytes as they are now and will be: a file that is mapped does not grow. */
    byte[] mapped() {
        mapped = true;
        return bytes;
    }

    /** As {@link #mapped}, where the mapping is written to. */
    byte[] mappedForWriting(int wanted) {
        if (size < wanted) {
            resized(wanted);
        }
        writtenThroughMapping = true;
        return mapped();
    }

    /** Takes blocks for a range out of {@code free} bytes; how many bytes of the range have room then. */
    int allocate(int from, int to, long free) {
        if (free == Long.MAX_VALUE) {
            blocks.set(from / FaultyDisk.BLOCK, (to + FaultyDisk.BLOCK - 1) / FaultyDisk.BLOCK);
            return to - from;
        }
        long left = free;
        for (int block = from / FaultyDisk.BLOCK; block * FaultyDisk.BLOCK < to; block++) {
            if (!blocks.get(block)) {
                if (left < FaultyDisk.BLOCK) {
                    return Math.max(0, block * FaultyDisk.BLOCK - from);
                }
                left -= FaultyDisk.BLOCK;
                blocks.set(block);
            }
        }
        return to - from;
    }

    long usedBytes() {
        return blocks.cardinality() * (long) FaultyDisk.BLOCK;
    }

    void write(int start, byte[] data) {
        grow(start + data.length);
        System.arraycopy(data, 0, bytes, start, data.length);
        size = Math.max(size, start + data.length);
        if (tracking) {
            pending.add(new Pending(start, data));
        }
    }

    void resize(int wanted) {
        resized(wanted);
        if (tracking) {
            pending.add(new Pending(wanted, null));
        }
    }

    private void resized(int wanted) {
        grow(wanted);
        if (wanted < size) {
            Arrays.fill(bytes, wanted, size, (byte) 0);
            blocks.clear((wanted + FaultyDisk.BLOCK - 1) / FaultyDisk.BLOCK, Integer.MAX_VALUE);
        }
        size = wanted;
    }

    private void grow(int capacity) {
        if (capacity > bytes.length) {
            if (mapped) {
                throw new IllegalStateException("a mapped file may not grow on this disk");
            }
            bytes = Arrays.copyOf(bytes, capacity);
        }
    }

    /** Turns a bit over, on the device as well. */
    void flip(long bit) {
        bytes[(int) (bit / 8)] ^= (byte) (1 << bit % 8);
        forced = content();
    }

    /** What was written is on the device. */
    void force() {
        if (!tracking) {
            return;
        }
        if (writtenThroughMapping) {
            forced = content();
        } else {
            for (Pending change : pending) {
                byte[] data = change.data;
                int end = (int) change.position + (data == null ? 0 : data.length);
                if (data == null || end > forced.length) {
                    forced = Arrays.copyOf(forced, end);
                }
                if (data != null) {
                    System.arraycopy(data, 0, forced, (int) change.position, data.length);
                }
            }
        }
        pending.clear();
    }

    /** A force failed; as Linux does: what could not be written back counts as clean from now on, and is lost. */
    void forceFailed() {
        pending.clear();
    }

    /** What a killed process leaves: everything written. */
    Inode afterKill() {
        Inode copy = of(content(), tracking);
        copy.blocks = (BitSet) blocks.clone();
        if (tracking) {
            copy.forced = forced.clone();
            copy.pending = new ArrayList<>(pending);
            copy.writtenThroughMapping = writtenThroughMapping;
        }
        return copy;
    }

    /** What a loss of power leaves: what was forced, and of the rest what chance has it, down to single sectors. */
    byte[] afterPowerLoss(Random random) {
        int fate = random.nextInt(4);
        if (fate == 0) {
            return forced.clone();
        }
        if (fate == 1) {
            return content();
        }
        return writtenThroughMapping ? someSectors(random) : someChanges(random);
    }

    private byte[] someSectors(Random random) {
        byte[] image = Arrays.copyOf(forced, size);
        for (int at = 0; at < image.length; at += SECTOR) {
            if (random.nextBoolean()) {
                System.arraycopy(bytes, at, image, at, Math.min(SECTOR, image.length - at));
            }
        }
        return image;
    }

    private byte[] someChanges(Random random) {
        byte[] image = forced;
        for (Pending change : pending) {
            int chance = random.nextInt(3);
            byte[] data = change.data;
            if (chance == 0) {
                continue;
            }
            if (data == null) {
                image = Arrays.copyOf(image, (int) change.position);
                continue;
            }
            int start = (int) change.position;
            int end = start + data.length;
            int at = start;
            while (at < end) {
                int stop = Math.min(end, (at / SECTOR + 1) * SECTOR);
                if (chance == 1 || random.nextBoolean()) {
                    image = image.length < stop ? Arrays.copyOf(image, stop) : image.clone();
                    System.arraycopy(data, at - start, image, at, stop - at);
                }
                at = stop;
            }
        }
        return image == forced ? image.clone() : image;
    }
}
