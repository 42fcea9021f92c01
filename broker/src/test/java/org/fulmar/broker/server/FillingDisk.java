package org.fulmar.broker.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.DiskFile;
import org.fulmar.broker.store.NioDisk;
import org.jspecify.annotations.Nullable;

/** The real disk, but for how full it is said to be. */
final class FillingDisk implements Disk {
    private final Disk disk = new NioDisk();
    private volatile int usedPercent;

    void usedPercent(int percent) {
        usedPercent = percent;
    }

    @Override
    public Space space(Path path) {
        long all = 100L << 20;
        long used = all / 100 * usedPercent;
        return new Space(used, all - used);
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
