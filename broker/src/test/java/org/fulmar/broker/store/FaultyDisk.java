package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that fails on demand and knows what a loss of power would leave of it.
 *
 * <p>Contents of files are volatile until they are forced; names (creating, moving, removing) are not, as on a
 * journalling file system, and {@code replace} keeps its word. Buffers from {@code map} show writes as they happen.
 * What is written through {@code mapForWriting} is found by comparing with what was forced. Thread-safe.
 */
public final class FaultyDisk implements Disk {
    static final int BLOCK = 4096;

    /** A change of the disk or a force that is about to happen. */
    public interface Hook {
        void before(Operation operation, Path file) throws IOException;

        /** As above, for a write of what {@code data} has remaining. */
        default void beforeWrite(Path file, long position, ByteBuffer data) throws IOException {
            before(Operation.WRITE, file);
        }
    }

    public enum Operation {
        WRITE,
        FORCE,
        RESIZE,
        REPLACE,
        DELETE,
        MOVE
    }

    private final boolean tracking;
    private final Map<Path, Inode> files = new TreeMap<>();
    private final Set<Path> locks = new HashSet<>();
    private long capacity = Long.MAX_VALUE;
    private volatile Hook hook = (operation, file) -> {};
    private volatile @Nullable CountDownLatch gate;
    private volatile CountDownLatch arrived = new CountDownLatch(1);
    private int forces;

    /** A disk that can lose its power. */
    public FaultyDisk() {
        this(true);
    }

    private FaultyDisk(boolean tracking) {
        this.tracking = tracking;
    }

    /** A disk that is quicker, but can only crash with everything written kept. */
    public static FaultyDisk withoutPowerLoss() {
        return new FaultyDisk(false);
    }

    // ---- faults

    /** Called before each change and force, outside of this disk's lock; an exception it throws is the disk's failure. */
    public void hook(Hook callback) {
        hook = callback;
    }

    /** Fails the n-th operation of a kind from now on, counted from 1, on files that match; before it has any effect. */
    public void fail(Operation kind, int ordinal, Predicate<Path> which) {
        int[] left = {ordinal};
        hook((operation, file) -> {
            if (operation == kind && which.test(file)) {
                synchronized (left) {
                    if (--left[0] == 0) {
                        throw new IOException("Input/output error");
                    }
                }
            }
        });
    }

    /** Takes all faults away; space is not changed. */
    public void heal() {
        hook = (operation, file) -> {};
        releaseForces();
    }

    /** From now on there is room for so many bytes more; negative for as much as is wanted. */
    public synchronized void roomLeft(long bytes) {
        capacity = bytes < 0 ? Long.MAX_VALUE : usedBytes() + bytes;
    }

    public synchronized long usedBytes() {
        return files.values().stream().mapToLong(Inode::usedBytes).sum();
    }

    /** Forces wait, before they do anything, until {@link #releaseForces}. */
    void holdForces() {
        arrived = new CountDownLatch(1);
        gate = new CountDownLatch(1);
    }

    /** Counted down when a force waits at the gate. */
    CountDownLatch forceWaiting() {
        return arrived;
    }

    void releaseForces() {
        CountDownLatch held = gate;
        gate = null;
        if (held != null) {
            held.countDown();
        }
    }

    /** Lets the force that waits go on, and holds the next one. */
    void releaseOneForce() {
        CountDownLatch held = gate;
        holdForces();
        if (held != null) {
            held.countDown();
        }
    }

    /** Forces that have succeeded. */
    synchronized int forces() {
        return forces;
    }

    // ---- what survives

    /** What a killed process leaves: everything written. */
    public synchronized FaultyDisk afterKill() {
        FaultyDisk disk = new FaultyDisk(tracking);
        files.forEach((path, inode) -> disk.files.put(path, inode.afterKill()));
        disk.capacity = capacity;
        return disk;
    }

    /** What a loss of power leaves: what was forced, and of the rest what chance has it, down to single sectors. */
    public synchronized FaultyDisk afterPowerLoss(Random random) {
        if (!tracking) {
            throw new IllegalStateException("this disk does not know what was forced");
        }
        FaultyDisk disk = new FaultyDisk(true);
        files.forEach((path, inode) -> disk.files.put(path, disk.fresh(inode.afterPowerLoss(random))));
        return disk;
    }

    private Inode fresh(byte[] content) {
        return Inode.of(content, tracking);
    }

    // ---- hands on the files

    synchronized byte[] bytes(Path file) {
        return inode(file).content();
    }

    /** Puts content in a file's place, as if it had always been there. */
    synchronized void put(Path file, byte[] content) {
        files.put(file, fresh(content));
    }

    public synchronized void flip(Path file, long bit) {
        inode(file).flip(bit);
    }

    public synchronized List<Path> files() {
        return List.copyOf(files.keySet());
    }

    private Inode inode(Path file) {
        Inode inode = files.get(file);
        if (inode == null) {
            throw new IllegalArgumentException("no file " + file);
        }
        return inode;
    }

    // ---- the disk

    @Override
    public synchronized DiskFile open(Path file) {
        return new Open(file, files.computeIfAbsent(file, path -> new Inode(tracking)));
    }

    @Override
    public synchronized boolean exists(Path file) {
        return files.containsKey(file) || files.keySet().stream().anyMatch(path -> path.startsWith(file));
    }

    @Override
    public synchronized List<Path> list(Path directory) {
        Set<Path> entries = new TreeSet<>();
        for (Path path : files.keySet()) {
            if (path.startsWith(directory) && path.getNameCount() > directory.getNameCount()) {
                entries.add(directory.resolve(path.getName(directory.getNameCount())));
            }
        }
        return List.copyOf(entries);
    }

    @Override
    public synchronized byte @Nullable [] read(Path file) {
        Inode inode = files.get(file);
        return inode == null ? null : inode.content();
    }

    @Override
    public void replace(Path file, byte[] content) throws IOException {
        hook.before(Operation.REPLACE, file);
        synchronized (this) {
            Inode fresh = fresh(content.clone());
            if (fresh.usedBytes() > capacity - usedBytes()) {
                throw new IOException("No space left on device");
            }
            Inode old = files.put(file, fresh);
            if (old != null) {
                files.put(file.resolveSibling(file.getFileName() + ".bak"), old);
            }
        }
    }

    @Override
    public void delete(Path path) throws IOException {
        hook.before(Operation.DELETE, path);
        synchronized (this) {
            files.keySet().removeIf(file -> file.startsWith(path));
        }
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        hook.before(Operation.MOVE, from);
        synchronized (this) {
            Inode inode = files.remove(from);
            if (inode == null) {
                throw new IOException("no file " + from);
            }
            files.put(to, inode);
        }
    }

    @Override
    public synchronized long usableBytes(Path path) {
        return Math.max(0, capacity - usedBytes());
    }

    @Override
    public synchronized Space space(Path path) {
        long used = usedBytes();
        return new Space(used, capacity == Long.MAX_VALUE ? Long.MAX_VALUE / 2 : Math.max(0, capacity - used));
    }

    @Override
    public synchronized AutoCloseable lock(Path file) throws IOException {
        if (!locks.add(file)) {
            throw new IOException("locked: " + file);
        }
        return () -> {
            synchronized (this) {
                locks.remove(file);
            }
        };
    }

    /** Takes blocks for a range; returns how many bytes of it have room. Called with the lock held. */
    private int allocate(Inode inode, int from, int to) {
        return inode.allocate(from, to, capacity == Long.MAX_VALUE ? capacity : capacity - usedBytes());
    }

    private final class Open implements DiskFile {
        private final Path path;
        private final Inode inode;
        private volatile boolean closed;

        Open(Path path, Inode inode) {
            this.path = path;
            this.inode = inode;
        }

        private void checkOpen() throws IOException {
            if (closed) {
                throw new java.nio.channels.ClosedChannelException();
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            checkOpen();
            hook.beforeWrite(path, position, source);
            synchronized (FaultyDisk.this) {
                int start = (int) position;
                int room = allocate(inode, start, start + source.remaining());
                boolean full = room < source.remaining();
                byte[] data = new byte[room];
                source.get(data);
                if (room > 0) {
                    inode.write(start, data);
                }
                if (full) {
                    throw new IOException("No space left on device");
                }
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            checkOpen();
            synchronized (FaultyDisk.this) {
                return inode.read(target, position);
            }
        }

        @Override
        public ByteBuffer map(long bytes) throws IOException {
            checkOpen();
            synchronized (FaultyDisk.this) {
                if (bytes > inode.size()) {
                    throw new IOException("the file " + path + " is shorter than its mapping");
                }
                return ByteBuffer.wrap(inode.mapped(), 0, (int) bytes).slice().asReadOnlyBuffer();
            }
        }

        @Override
        public ByteBuffer mapForWriting(long bytes) throws IOException {
            checkOpen();
            synchronized (FaultyDisk.this) {
                return ByteBuffer.wrap(inode.mappedForWriting((int) bytes), 0, (int) bytes)
                        .slice();
            }
        }

        @Override
        public void force() throws IOException {
            checkOpen();
            CountDownLatch held = gate;
            if (held != null) {
                arrived.countDown();
                try {
                    held.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted", e);
                }
            }
            try {
                hook.before(Operation.FORCE, path);
            } catch (IOException e) {
                synchronized (FaultyDisk.this) {
                    inode.forceFailed();
                }
                throw e;
            }
            synchronized (FaultyDisk.this) {
                forces++;
                inode.force();
            }
        }

        @Override
        public long size() throws IOException {
            checkOpen();
            synchronized (FaultyDisk.this) {
                return inode.size();
            }
        }

        @Override
        public void resize(long bytes) throws IOException {
            checkOpen();
            hook.before(Operation.RESIZE, path);
            synchronized (FaultyDisk.this) {
                if (bytes == inode.size()) {
                    return;
                }
                if (bytes > inode.size() && allocate(inode, (int) bytes - 1, (int) bytes) == 0) {
                    throw new IOException("No space left on device");
                }
                inode.resize((int) bytes);
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
