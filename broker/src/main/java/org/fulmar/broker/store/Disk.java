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
     * How full a file system is.
     *
     * @param used bytes that are taken
     * @param usable bytes that this process may still take
     */
    record Space(long used, long usable) {
        /** The share that is taken, 0 to 1, as df shows it, if so many of the bytes were free. */
        public double ratio(long freed) {
            double all = (double) used + usable;
            return all <= 0 ? 0 : Math.max(0, used - freed) / all;
        }
    }

    /** How full the file system is that {@code path} lies on. */
    default Space space(Path path) throws IOException {
        return new Space(0, usableBytes(path));
    }

    /**
     * Takes the exclusive lock of a store directory; closing it gives it up.
     *
     * @throws IOException if another process, or another broker of this one, has it
     */
    AutoCloseable lock(Path file) throws IOException;
}
