package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The only way from the store to the disk, so that tests can tear, drop and fail what goes through it. Any thread may
 * call it; every method may block.
 */
public interface Disk {
    /** Opens a file for reading and writing; makes it and its directories if they are missing. */
    DiskFile open(Path file) throws IOException;

    boolean exists(Path file);

    /** The entries of a directory, by name; empty if there is none. */
    List<Path> list(Path directory) throws IOException;

    /** The whole content, or null if there is no such file. */
    byte @Nullable [] read(Path file) throws IOException;

    /**
     * Replaces a file's content: when this returns, the new content is on the device under the name, and whatever
     * happens before, the old content is. The old content is kept beside it with {@code .bak} added to its name.
     */
    void replace(Path file, byte[] content) throws IOException;

    /** Removes a file or a directory with all it holds; no error if it is missing. */
    void delete(Path path) throws IOException;

    /** Moves a file, making the target's directory. */
    void move(Path from, Path to) throws IOException;

    /** Bytes that can still be written where {@code path} lies. */
    long usableBytes(Path path) throws IOException;

    /**
     * Takes the exclusive lock of a store directory; closing it gives it up.
     *
     * @throws IOException if another process, or another broker of this one, has it
     */
    AutoCloseable lock(Path file) throws IOException;
}
