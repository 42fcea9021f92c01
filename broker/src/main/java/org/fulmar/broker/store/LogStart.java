package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the log begins, in a small file that is replaced before files of the log are deleted: those before this place do
 * not count any more, whichever of them a crash has left. Without the file the log begins with its first file.
 */
final class LogStart {
    private static final Logger LOG = LoggerFactory.getLogger(LogStart.class);
    private static final long MAGIC = 0x46554C4D41525331L;
    private static final int BYTES = 24;

    private LogStart() {}

    static long load(Disk disk, Path file) throws IOException {
        byte[] bytes = disk.read(file);
        if (bytes == null) {
            return 0;
        }
        if (bytes.length == BYTES) {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            if (in.getLong(0) == MAGIC && in.getLong(16) == crc(bytes)) {
                return in.getLong(8);
            }
        }
        LOG.warn("{} is damaged; the log begins with its first file", file);
        return 0;
    }

    /** When this returns, the device has it. */
    static void save(Disk disk, Path file, long start) throws IOException {
        byte[] bytes = new byte[BYTES];
        ByteBuffer out = ByteBuffer.wrap(bytes).putLong(MAGIC).putLong(start);
        out.putLong(crc(bytes));
        disk.replace(file, bytes);
    }

    private static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, 16);
        return crc.getValue();
    }
}
