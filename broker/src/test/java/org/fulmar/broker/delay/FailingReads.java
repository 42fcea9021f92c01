package org.fulmar.broker.delay;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.DiskFile;
import org.jspecify.annotations.Nullable;

/** A disk whose files can't be opened while that is said. */
final class FailingReads implements Disk {
    private final Disk disk;
    boolean failing;

    FailingReads(Disk disk) {
        this.disk = disk;
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        if (failing) {
            throw new IOException("Too many open files");
        }
        return disk.open(file);
    }

    @Override
    public boolean exists(Path file) {
        return disk.exists(file);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        return disk.list(directory);
    }

    @Override
    public byte @Nullable [] read(Path file) throws IOException {
        return disk.read(file);
    }

    @Override
    public void replace(Path file, byte[] content) throws IOException {
        disk.replace(file, content);
    }

    @Override
    public void delete(Path path) throws IOException {
        disk.delete(path);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        disk.move(from, to);
    }

    @Override
    public long usableBytes(Path path) throws IOException {
        return disk.usableBytes(path);
    }

    @Override
    public AutoCloseable lock(Path file) throws IOException {
        return disk.lock(file);
    }
}
