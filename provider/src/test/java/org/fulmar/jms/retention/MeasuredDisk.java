package org.fulmar.jms.retention;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.DiskFile;
import org.fulmar.broker.store.NioDisk;
import org.jspecify.annotations.Nullable;

/** A directory on the real disk that is said to be a small disk of its own, which its files fill. */
final class MeasuredDisk implements Disk {
    private final Disk disk = new NioDisk();
    private final Path directory;
    private final long capacity;
    private final AtomicLong most = new AtomicLong();

    MeasuredDisk(Path directory, long capacity) {
        this.directory = directory;
        this.capacity = capacity;
    }

    /** The most bytes that were ever used when it was measured. */
    long mostUsed() {
        return most.get();
    }

    @Override
    public Space space(Path path) throws IOException {
        long used = 0;
        for (Path sub : List.of(directory, directory.resolve("commitlog"))) {
            for (Path file : disk.list(sub)) {
                try {
                    used += Files.isRegularFile(file) ? Files.size(file) : 0;
                } catch (NoSuchFileException e) {
                    // deleted meanwhile
                    used += 0;
                }
            }
        }
        most.accumulateAndGet(used, Math::max);
        return new Space(used, Math.max(0, capacity - used));
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        return disk.open(file);
    }

    @Override
    public boolean exists(Path file) {
        return disk.exists(file);
    }

    @Override
    public List<Path> list(Path path) throws IOException {
        return disk.list(path);
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
