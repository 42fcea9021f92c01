package org.fulmar.broker.delay;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.DiskFile;
import org.fulmar.protocol.frame.FrameException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of the timing wheel: runs under {@code timer/}, each written once, forced, never changed and named by its
 * number, and the manifest that says which of them count. Thread-safe; every method may block.
 */
final class RunFiles {
    static final String MANIFEST = "timers.json";

    private static final Logger LOG = LoggerFactory.getLogger(RunFiles.class);
    private static final int BATCH = 16 * RunFormat.BLOCK;

    private final Disk disk;
    private final Path directory;
    private final Path manifest;
    private final AtomicLong nextRun = new AtomicLong(1);

    RunFiles(Disk disk, Path root) {
        this.disk = disk;
        this.directory = root.resolve("timer");
        this.manifest = root.resolve("config").resolve(MANIFEST);
    }

    /** A number above that of every run there has been. */
    long nextRun() {
        return nextRun.get();
    }

    void nextRun(long number) {
        nextRun.set(number);
    }

    private Path file(long run) {
        return directory.resolve(String.format("%020d", run));
    }

    /** Which timers of a walk are left out. */
    interface Without {
        boolean contains(long logOffset);
    }

    /**
     * Writes a new run; when this returns, the device has it.
     *
     * @return the run; with no timers in it, its file does not count
     */
    Manifest.Entry write(SortedTimers timers, Without without) throws IOException {
        long run = nextRun.getAndIncrement();
        return new Manifest.Entry(run, timers.next() ? write(run, timers, without) : 0, 0);
    }

    private int write(long run, SortedTimers timers, Without without) throws IOException {
        ByteBuffer blocks = ByteBuffer.allocate(BATCH);
        int count = 0;
        long written = 0;
        try (DiskFile file = disk.open(file(run))) {
            do {
                if (without.contains(timers.logOffset())) {
                    continue;
                }
                if (count > 0 && count % (BATCH / RunFormat.BLOCK * RunFormat.PER_BLOCK) == 0) {
                    write(file, blocks, run, written, BATCH / RunFormat.BLOCK * RunFormat.PER_BLOCK);
                    written += BATCH;
                    blocks = ByteBuffer.allocate(BATCH);
                }
                if (count % RunFormat.PER_BLOCK == 0) {
                    blocks.position(blocks.position() + RunFormat.HEADER);
                }
                blocks.putLong(timers.deliverAt()).putLong(timers.logOffset());
                count = Math.incrementExact(count);
            } while (timers.next());
            write(file, blocks, run, written, (int) (count - written / RunFormat.BLOCK * RunFormat.PER_BLOCK));
            file.force();
        }
        return count;
    }

    private static void write(DiskFile file, ByteBuffer blocks, long run, long position, int timers)
            throws IOException {
        int end = (int) RunFormat.fileBytes(timers);
        for (int at = 0; at < end; at += RunFormat.BLOCK) {
            int before = at / RunFormat.BLOCK * RunFormat.PER_BLOCK;
            RunFormat.seal(
                    blocks, at, run, (position + at) / RunFormat.BLOCK, Math.min(RunFormat.PER_BLOCK, timers - before));
        }
        file.write(blocks.position(0).limit(end), position);
    }

    /** Reads what remains of a run; what is damaged is left out. */
    RunReader readWhatIsSound(Manifest.Entry run) throws IOException {
        return new RunReader(disk, file(run.run()), run, true);
    }

    /** Writes what remains of several runs as a new one. */
    Manifest.Entry merge(List<Manifest.Entry> sources, Without without) throws IOException {
        List<RunReader> readers = new ArrayList<>();
        try {
            for (Manifest.Entry source : sources) {
                readers.add(new RunReader(disk, file(source.run()), source, false));
            }
            return write(new MergedTimers(readers), without);
        } finally {
            for (RunReader reader : readers) {
                reader.close();
            }
        }
    }

    /** The due time of the first timer that remains of a run, which must be whole; {@link Long#MAX_VALUE} if none does. */
    long headAt(Manifest.Entry run) throws IOException {
        if (run.remaining() == 0) {
            return Long.MAX_VALUE;
        }
        if (!disk.exists(file(run.run()))) {
            throw new FileNotFoundException("the timer file " + file(run.run()) + " is missing");
        }
        try (DiskFile file = disk.open(file(run.run()))) {
            if (file.size() < RunFormat.fileBytes(run.count())) {
                throw new EOFException("the timer file " + file(run.run()) + " is too short");
            }
        }
        try (RunReader reader = new RunReader(disk, file(run.run()), run, false)) {
            return reader.next() ? reader.deliverAt() : Long.MAX_VALUE;
        }
    }

    /** Gives back the space of all files but these and those that the manifest on the disk names. */
    void clean(Set<Long> inUse) throws IOException {
        Set<Long> kept = new HashSet<>(inUse);
        byte[] onDisk = disk.read(manifest);
        if (onDisk != null) {
            try {
                Manifest.parse(onDisk).runs().forEach(run -> kept.add(run.run()));
            } catch (FrameException e) {
                // it names nothing that could be read again
                LOG.warn("{} is damaged and will be replaced", manifest, e);
            }
        }
        keepOnly(kept);
    }

    /** Removes all files but those of these runs. */
    void keepOnly(Set<Long> runs) throws IOException {
        for (Path path : disk.list(directory)) {
            String name = path.getFileName().toString();
            if (!name.matches("\\d{20}") || !runs.contains(Long.parseLong(name))) {
                disk.delete(path);
            }
        }
    }

    /** Removes everything, first what speaks of the rest. */
    void deleteAll() throws IOException {
        disk.delete(manifest);
        disk.delete(directory);
    }
}
