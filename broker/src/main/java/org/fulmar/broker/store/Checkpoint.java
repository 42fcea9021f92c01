package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32;

/**
 * What the store remembers of its last checkpoint, in a small file that is replaced as a whole.
 *
 * @param position log position up to which every view was saved
 * @param verifyFrom a record's beginning some way before it, from which recovery verifies
 * @param indexFile log position that the newest key-index file is named by, -1 if there was none
 * @param indexEntries entries of the newest key-index file that were forced
 * @param cleanEnd the log's end if it was closed in good order, else -1
 */
record Checkpoint(long position, long verifyFrom, long indexFile, long indexEntries, long cleanEnd) {
    static final Checkpoint NONE = new Checkpoint(0, 0, -1, 0, -1);

    private static final long MAGIC = 0x46554C4D41523031L;
    private static final int BYTES = 56;

    /** The checkpoint in {@code file}, or {@link #NONE} if there is none or it is damaged. */
    static Checkpoint load(Disk disk, Path file) throws IOException {
        byte[] bytes = disk.read(file);
        if (bytes == null || bytes.length != BYTES) {
            return NONE;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (in.getLong(0) != MAGIC || in.getLong(48) != crc(bytes)) {
            return NONE;
        }
        return new Checkpoint(in.getLong(8), in.getLong(16), in.getLong(24), in.getLong(32), in.getLong(40));
    }

    void save(Disk disk, Path file) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        out.putLong(MAGIC)
                .putLong(position)
                .putLong(verifyFrom)
                .putLong(indexFile)
                .putLong(indexEntries)
                .putLong(cleanEnd);
        out.putLong(crc(out.array()));
        disk.replace(file, out.array());
    }

    private static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, 48);
        return crc.getValue();
    }
}
