package org.fulmar.broker.delay;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.DiskFile;

/** Reads what remains of a run from its file, in order, in pieces that grow to 64 KiB. For one thread; blocks. */
final class RunReader implements SortedTimers, AutoCloseable {
    private static final int MOST_BLOCKS = 16;

    private final DiskFile file;
    private final Path path;
    private final long run;
    private final int count;
    private final boolean passDamaged;
    private ByteBuffer blocks = ByteBuffer.allocate(0);
    private long firstBlock;
    private int blocksNext = 1;
    private long checkedBlock = -1;
    private int index;
    private boolean damaged;

    /**
     * @param passDamaged whether blocks that are damaged are left out, and not an error
     */
    RunReader(Disk disk, Path path, Manifest.Entry entry, boolean passDamaged) throws IOException {
        this.path = path;
        this.file = disk.open(path);
        this.run = entry.run();
        this.count = entry.count();
        this.index = entry.skip() - 1;
        this.passDamaged = passDamaged;
    }

    /** The index of the timer that it stands at; the run's count behind the last one. */
    int index() {
        return index;
    }

    /** Whether something was left out. */
    boolean damaged() {
        return damaged;
    }

    @Override
    public boolean next() throws IOException {
        index++;
        while (index < count && index / RunFormat.PER_BLOCK != checkedBlock) {
            long block = index / RunFormat.PER_BLOCK;
            if (enter(block)) {
                checkedBlock = block;
            } else if (passDamaged) {
                damaged = true;
                index = (int) Math.min(count, (block + 1) * RunFormat.PER_BLOCK);
            } else {
                throw new IOException("the timer file " + path + " is damaged in block " + block);
            }
        }
        return index < count;
    }

    /** Sees to it that a block is in memory; whether it is sound. */
    private boolean enter(long block) throws IOException {
        if (block >= firstBlock + blocks.limit() / RunFormat.BLOCK || block < firstBlock) {
            long left = RunFormat.fileBytes(count) / RunFormat.BLOCK - block;
            blocks = ByteBuffer.allocate((int) Math.min(blocksNext, left) * RunFormat.BLOCK);
            blocksNext = Math.min(MOST_BLOCKS, blocksNext * 4);
            firstBlock = block;
            file.read(blocks, block * RunFormat.BLOCK);
            // what the file is short of reads as zeros, which no sound block is
            blocks.position(0);
        }
        int expected = (int) Math.min(RunFormat.PER_BLOCK, count - block * RunFormat.PER_BLOCK);
        return RunFormat.timers(blocks, (int) (block - firstBlock) * RunFormat.BLOCK, run, block) == expected;
    }

    private int place() {
        long block = index / RunFormat.PER_BLOCK;
        return (int) (block - firstBlock) * RunFormat.BLOCK
                + RunFormat.HEADER
                + index % RunFormat.PER_BLOCK * RunFormat.TIMER;
    }

    @Override
    public long deliverAt() {
        return blocks.getLong(place());
    }

    @Override
    public long logOffset() {
        return blocks.getLong(place() + 8);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
