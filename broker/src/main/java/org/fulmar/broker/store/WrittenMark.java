package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A place in the log that nothing was ever written behind, kept in a small file, so that a recovery need not read a large
 * empty file to its end. It is moved, in great steps, and forced, before the writer comes to it; by the allocator thread,
 * or by the writer itself if that is late. Without the file, or with a damaged one, nothing is known.
 */
final class WrittenMark {
    private static final Logger LOG = LoggerFactory.getLogger(WrittenMark.class);
    private static final long MAGIC = 0x46554C4D41524D31L;
    private static final int BYTES = 24;
    private static final long STEP = 64 << 20;

    private final Disk disk;
    private final Path path;
    private volatile long mark = Long.MAX_VALUE;

    WrittenMark(Disk disk, Path path) {
        this.disk = disk;
        this.path = path;
    }

    /** Reads the file; the mark is {@link Long#MAX_VALUE} if it says nothing. */
    void load() throws IOException {
        byte[] bytes = disk.read(path);
        mark = Long.MAX_VALUE;
        if (bytes != null && bytes.length == BYTES) {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            if (in.getLong(0) == MAGIC && in.getLong(16) == crc(bytes)) {
                mark = in.getLong(8);
            }
        }
    }

    /** Nothing lies at this place of the log or behind it. */
    long position() {
        return mark;
    }

    /** Nothing lies behind {@code end}: a recovery has seen to that. */
    void opened(long end) throws IOException {
        if (mark == Long.MAX_VALUE || mark < end) {
            move(end);
        }
    }

    /** Called before anything is written up to {@code end}. */
    void raise(long end) throws IOException {
        if (end > mark) {
            move(end);
        }
    }

    private synchronized void move(long end) throws IOException {
        if (end <= mark && mark != Long.MAX_VALUE) {
            return;
        }
        long target = (end / STEP + 1) * STEP;
        byte[] bytes = new byte[BYTES];
        ByteBuffer out = ByteBuffer.wrap(bytes).putLong(MAGIC).putLong(target);
        out.putLong(crc(bytes));
        try (DiskFile file = disk.open(path)) {
            file.write(out.flip(), 0);
            file.force();
            mark = target;
        } catch (IOException e) {
            LOG.warn("{} can't be written; a recovery will read the whole log file", path, e);
            disk.delete(path);
            mark = Long.MAX_VALUE;
        }
    }

    private static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, 16);
        return crc.getValue();
    }
}
