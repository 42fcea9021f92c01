package org.fulmar.broker.transaction.model;

import io.netty.channel.local.LocalAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.retention.RetentionState;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.FaultyDisk;
import org.fulmar.broker.transaction.Probe;
import org.jspecify.annotations.Nullable;

/**
 * A broker on a disk in memory, whose machine dies at a given operation of the disk or a given point of a transaction,
 * and comes back with what that has left of the disk.
 *
 * <p>What the broker says after its machine has died was never said: who reads an answer asks {@link #isDead} first. The
 * machine dies on whatever thread of the broker comes to that point; everything else is the driver's.
 */
final class Machine implements Probe, AutoCloseable {
    private static final AtomicLong NAMES = new AtomicLong();

    private final BrokerConfig config;
    private final boolean losesPower;
    private final Random random;
    private final AtomicLong clock = new AtomicLong(1_000_000_000_000L);
    private FaultyDisk disk;
    private @Nullable Broker broker;
    private LocalAddress address = new LocalAddress("none");
    private volatile boolean dead;
    private volatile CountDownLatch forces = new CountDownLatch(0);
    private @Nullable FaultyDisk left;
    private int operationsLeft;
    private @Nullable Point deadly;
    private int pointsLeft;

    Machine(Map<String, String> options, boolean losesPower, long seed) {
        Map<String, String> all = new TreeMap<>(options);
        all.put("storePathRootDir", "/store");
        this.config = BrokerConfig.of(all);
        this.losesPower = losesPower;
        this.random = new Random(seed);
        this.disk = losesPower ? new FaultyDisk() : FaultyDisk.withoutPowerLoss();
    }

    /** Milliseconds since the epoch, as the broker has it. */
    long now() {
        return clock.get();
    }

    FaultyDisk disk() {
        return disk;
    }

    void advance(long millis) {
        clock.addAndGet(millis);
    }

    LocalAddress address() {
        return address;
    }

    /** Whether the power goes when it dies, and not the process alone. */
    boolean losesPower() {
        return losesPower;
    }

    /** Starts the broker; it may die of that. */
    void start() throws IOException {
        dead = false;
        left = null;
        disk.hook(new Hook());
        Broker fresh = new Broker(config, disk, clock::get, true, this);
        broker = fresh;
        try {
            address = fresh.startLocal("transaction-model-" + NAMES.incrementAndGet());
        } catch (IOException e) {
            if (!dead) {
                throw e;
            }
        }
    }

    /** What happens to the disk, and when it dies of that. */
    private final class Hook implements FaultyDisk.Hook {
        @Override
        public void before(FaultyDisk.Operation operation, Path file) throws IOException {
            if (operation == FaultyDisk.Operation.FORCE) {
                awaitForces();
            }
            if (isLast()) {
                die();
            }
            failIfDead();
        }

        @Override
        public void beforeWrite(Path file, long position, ByteBuffer data) throws IOException {
            if (isLast()) {
                dieIn(file, position, data);
            }
            failIfDead();
        }

        private void failIfDead() throws IOException {
            if (dead) {
                throw new IOException("the machine is dead");
            }
        }
    }

    private synchronized boolean isLast() {
        return operationsLeft > 0 && --operationsLeft == 0;
    }

    /** It dies in the middle of a write. */
    private synchronized void dieIn(Path file, long position, ByteBuffer data) throws IOException {
        boolean alive = !dead;
        die();
        FaultyDisk image = left;
        if (alive && image != null && !losesPower) {
            image.open(file)
                    .write(data.duplicate().limit(data.position() + random.nextInt(data.remaining() + 1)), position);
        }
    }

    private void awaitForces() {
        CountDownLatch held = forces;
        try {
            held.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nothing is forced until {@link #releaseForces}. */
    void holdForces() {
        forces = new CountDownLatch(1);
    }

    void releaseForces() {
        forces.countDown();
    }

    @Override
    public void at(Point point) {
        synchronized (this) {
            if (point == deadly && --pointsLeft == 0) {
                die();
            }
        }
    }

    /** It dies in the n-th operation of its disk from now on, over restarts in good order; 0 for never. */
    synchronized void dieAtOperation(int ordinal) {
        operationsLeft = ordinal;
    }

    /** It dies when a transaction passes this point for the n-th time from now on; 0 for never. */
    synchronized void dieAtPoint(Point point, int ordinal) {
        deadly = point;
        pointsLeft = ordinal;
    }

    /** It dies now. */
    synchronized void die() {
        if (!dead) {
            // first: what is read before this is known to be on the disk
            dead = true;
            operationsLeft = 0;
            deadly = null;
            left = losesPower ? disk.afterPowerLoss(random) : disk.afterKill();
            forces.countDown();
        }
    }

    boolean isDead() {
        return dead;
    }

    /** What retention says; null if no broker runs. */
    @Nullable RetentionState retention() {
        Broker running = broker;
        return running == null ? null : running.retention();
    }

    /** Stops the broker in good order. */
    void stop() throws IOException, InterruptedException {
        Broker running = broker;
        broker = null;
        if (running != null) {
            running.close();
        }
    }

    /** What its death has left, when that is over; null if it lives. */
    private synchronized @Nullable FaultyDisk left() {
        return left;
    }

    /** Starts it again with what a stop, or its death, has left. */
    void restart() throws IOException, InterruptedException {
        FaultyDisk image = left();
        if (image == null) {
            stop();
            disk = disk.afterKill();
        } else {
            try {
                stop();
            } catch (IOException e) {
                // the disk is dead, as was said
                broker = null;
            }
            disk = image;
        }
        start();
    }

    @Override
    public void close() throws InterruptedException {
        die();
        try {
            stop();
        } catch (IOException e) {
            // as above
            broker = null;
        }
    }
}
