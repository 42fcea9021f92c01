package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file. Reads and writes at different places may run on several threads. */
public interface DiskFile extends AutoCloseable {
    /** Writes all that {@code source} has remaining; what is written can be read at once, but survives only a force. */
    void write(ByteBuffer source, long position) throws IOException;

    /** Reads until {@code target} is full or the file ends; the number of bytes read. */
    int read(ByteBuffer target, long position) throws IOException;

    /** A read-only view of the first {@code bytes} of the file, which must be that long; shows writes as they happen. */
    ByteBuffer map(long bytes) throws IOException;

    /** A view that can be written to; the file is made that long. */
    ByteBuffer mapForWriting(long bytes) throws IOException;

    /** When this returns, everything written before it was called is on the device. */
    void force() throws IOException;

    long size() throws IOException;

    /** Cuts or extends the file; what it is extended by reads as zeros. */
    void resize(long bytes) throws IOException;

    @Override
    void close() throws IOException;
}
