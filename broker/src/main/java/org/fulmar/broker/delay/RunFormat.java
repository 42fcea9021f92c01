package org.fulmar.broker.delay;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How timers lie in a file: blocks of 4 KiB, each with a checksum (4 bytes), the number of its timers (4), the number
 * of the run that it belongs to (8) and up to 255 timers of due time (8) and log offset (8), in order.
 */
final class RunFormat {
    static final int BLOCK = 4096;
    static final int HEADER = 16;
    static final int TIMER = 16;
    static final int PER_BLOCK = (BLOCK - HEADER) / TIMER;

    private RunFormat() {}

    static long fileBytes(int timers) {
        return ((long) timers + PER_BLOCK - 1) / PER_BLOCK * BLOCK;
    }

    /** Completes the block that begins at {@code at}; its timers are in place and the rest is zero. */
    static void seal(ByteBuffer blocks, int at, long run, long block, int timers) {
        blocks.putInt(at + 4, timers).putLong(at + 8, run);
        blocks.putInt(at, checksum(blocks, at, block));
    }

    /** The number of timers in the block that begins at {@code at}; 0 if it is not this block of this run, or damaged. */
    static int timers(ByteBuffer blocks, int at, long run, long block) {
        boolean sound = blocks.getLong(at + 8) == run && blocks.getInt(at) == checksum(blocks, at, block);
        return sound ? blocks.getInt(at + 4) : 0;
    }

    private static int checksum(ByteBuffer blocks, int at, long block) {
        CRC32C crc = new CRC32C();
        for (int shift = 0; shift < 64; shift += 8) {
            crc.update((int) (block >>> shift));
        }
        crc.update(blocks.duplicate().limit(at + BLOCK).position(at + 4));
        return (int) crc.getValue();
    }
}
