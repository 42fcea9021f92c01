package org.fulmar.broker.delay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which delayed message is due when: for each one that waits, its due time and the place of its record in the log.
 *
 * <p>A view of the log, owned by the broker's core; {@link #add} and {@link #fired} are called in log order, live and
 * in a replay. Two levels: what is due in the next seconds is in memory, in order ({@code near}); the rest ({@link
 * FarTimers}) is in files, but for what came since the last checkpoint. The <em>frontier</em> divides them: every timer
 * before it is near, given or fired, none behind it is. It moves on ahead of the clock, and files are read on a thread
 * of their own.
 *
 * <p>No timer is given before its time, none twice unless {@link #retryAt} asks for it, and none is lost, whenever the
 * process ends: see {@link WheelCheckpoint} for what makes a timer on the disk count. Memory grows with what is near,
 * in hand, or came since the last checkpoint (16 bytes each, and room to grow), not with what waits.
 */
public final class TimerWheel implements View {
    /** RocketMQ's topic of messages that wait for any time. */
    public static final String TOPIC = "rmq_sys_wheel_timer";

    /** The longest delay that is worth asking for; nothing here breaks above it. */
    public static final long MAX_DELAY_MILLIS = 40L * 24 * 3600 * 1000;

    /** How far ahead of the clock timers are loaded. */
    static final long LEAD_MILLIS = 3000;

    private static final Logger LOG = LoggerFactory.getLogger(TimerWheel.class);
    /** What is loaded at once. */
    private static final long STEP_MILLIS = 1000;
    /** With many timers near, the next are loaded only when the clock is as close. */
    private static final long URGENT_MILLIS = 1000;

    private static final long RETRY_MILLIS = 1000;

    private final RunFiles files;
    private final Limits limits;
    private final Executor reader;
    private final Executor core;
    private final Runnable loaded;

    private final Queue<WheelCheckpoint.Written> written = new ConcurrentLinkedQueue<>();
    private final FarTimers far;
    private TimerHeap near = new TimerHeap();
    private final GivenTimers given = new GivenTimers();
    /** Fired without having been in hand, as in a replay: not to be given when they are found. */
    private final OffsetMap fired = new OffsetMap();

    private long frontierAt;
    private long frontierOffset;
    private long lastNow;
    /** No timer that was due later has fired, if that is known. */
    private long firedUpTo;

    private boolean upToKnown;
    private @Nullable RunLoad load;
    private boolean loadFailed;
    private long failedAt;
    private boolean damaged;
    private boolean replaying = true;

    /** Told of timers that are due. */
    public interface Due {
        /** {@code deliverAt} is in milliseconds since the epoch; the timer is kept until it has fired. */
        void due(long deliverAt, long logOffset);
    }

    /**
     * Bounds of memory, in timers.
     *
     * @param near what may be loaded ahead
     * @param load what is read at once
     * @param replay what a replay may hold before it goes to a file
     */
    record Limits(int near, int load, int replay) {
        static final Limits DEFAULT = new Limits(1 << 18, 1 << 16, 1 << 20);
    }

    /**
     * @param root the store's directory
     * @param reader where files are read; one thread is enough
     * @param core takes work to the core, from any thread
     * @param loaded called on the core when {@link #nextDue} may have changed because timers were loaded; must not call
     *     this wheel at once
     */
    public TimerWheel(Disk disk, Path root, Executor reader, Executor core, Runnable loaded) {
        this(disk, root, reader, core, loaded, Limits.DEFAULT);
    }

    TimerWheel(Disk disk, Path root, Executor reader, Executor core, Runnable loaded, Limits limits) {
        this.files = new RunFiles(disk, root);
        this.reader = reader;
        this.core = core;
        this.loaded = loaded;
        this.limits = limits;
        this.far = new FarTimers(files, limits.replay);
    }

    // ---- what the log says

    /**
     * A record waits; one that is due already is given with the next {@link #due}.
     *
     * @param deliverAt milliseconds since the epoch
     * @param logOffset where the record lies in the log
     */
    public void add(long deliverAt, long logOffset) {
        long at = Math.max(0, deliverAt);
        if (TimerHeap.before(at, logOffset, frontierAt, frontierOffset)) {
            near.add(at, logOffset);
            return;
        }
        far.add(at, logOffset);
        if (replaying) {
            far.relieve(fired);
        }
    }

    /** The record at this place of the log waits no more: it is forgotten. */
    public void fired(long logOffset) {
        if (given.fired(logOffset)) {
            return;
        }
        fired.put(logOffset, 0);
        if (replaying) {
            far.relieve(fired);
        }
    }

    /** The record of a timer is at another place of the log; if the timer is not known, it is from now on. */
    public void relocated(long deliverAt, long from, long logOffset) {
        fired(from);
        add(deliverAt, logOffset);
    }

    /** A timer has fired at a time, in a replay; in milliseconds since the epoch. */
    public void firedBy(long millis) {
        firedUpTo = Math.max(firedUpTo, millis);
    }

    /**
     * Whether it is known if a timer waits. What is behind the frontier has not fired since the start, but if it is due it
     * may have before.
     */
    public boolean knows(long deliverAt, long logOffset) {
        long at = Math.max(0, deliverAt);
        return TimerHeap.before(at, logOffset, frontierAt, frontierOffset) || upToKnown && at > firedUpTo;
    }

    /** Whether the record at this place of the log, which is one of a timer that is known, still waits. */
    public boolean isWaiting(long deliverAt, long logOffset) {
        long at = Math.max(0, deliverAt);
        if (given.contains(logOffset)) {
            return true;
        }
        if (fired.contains(logOffset)) {
            return false;
        }
        if (!TimerHeap.before(at, logOffset, frontierAt, frontierOffset)) {
            return true;
        }
        boolean found = false;
        for (int i = 0; at >= near.minAt() && i < near.size() && !found; i++) {
            found = near.offset(i) == logOffset;
        }
        return found;
    }

    /** How many timers have left their place and are still in a file under it; each costs some bytes of memory. */
    public int displaced() {
        return fired.size();
    }

    // ---- what is due

    /**
     * Gives timers that are due and have not been given, in order of due time and log offset.
     *
     * @param now milliseconds since the epoch
     * @param max how many at most
     * @return how many were given; {@link #nextDue} says whether there are more
     */
    public int due(long now, int max, Due consumer) {
        lastNow = now;
        firedBy(now);
        upToKnown = true;
        adopt();
        loadAhead(now);
        int count = 0;
        while (count < max) {
            long offset = near.isEmpty() ? 0 : near.minOffset();
            boolean again = TimerHeap.before(given.retryAt(), given.retryOffset(), near.minAt(), offset);
            long at = near.minAt();
            if (Math.min(given.retryAt(), at) > now) {
                break;
            }
            if (again) {
                offset = given.retryOffset();
                at = given.takeRetry();
            } else {
                near.poll();
                if (fired.remove(offset)) {
                    continue;
                }
                given.give(at, offset);
            }
            count++;
            consumer.due(at, offset);
        }
        loadAhead(now);
        return count;
    }

    /**
     * Puts a timer back that was given and could not be served.
     *
     * @param millis when it is to be given again, since the epoch
     * @throws IllegalStateException if it was not given, has fired, or was put back already
     */
    public void retryAt(long logOffset, long millis) {
        given.retryAt(logOffset, millis);
    }

    /**
     * When {@link #due} should be called next, in milliseconds since the epoch: a timer is due or others must be loaded
     * then. {@link Long#MAX_VALUE} if nothing waits, or nothing but what is being loaded.
     */
    public long nextDue() {
        long next = Math.min(near.minAt(), given.retryAt());
        long beyond = load == null ? far.headAt() : Long.MAX_VALUE;
        if (beyond == Long.MAX_VALUE) {
            return next;
        }
        // what is known of the files may be too early, but nothing in them is before the frontier
        long loadAt = Math.max(beyond, frontierAt) - LEAD_MILLIS;
        if (near.size() >= limits.near) {
            loadAt = Math.max(loadAt, frontierAt - URGENT_MILLIS);
        }
        if (loadFailed) {
            loadAt = Math.max(loadAt, failedAt + RETRY_MILLIS);
        }
        return Math.min(next, loadAt);
    }

    /** How many timers wait, those given and not fired among them. */
    public long waiting() {
        long waiting = near.size() + given.size() + far.size() - fired.size();
        return Math.max(0, waiting);
    }

    // ---- loading

    private void loadAhead(long now) {
        if (load != null || frontierAt > now + LEAD_MILLIS) {
            return;
        }
        boolean tried = loadFailed && now >= failedAt && now < failedAt + RETRY_MILLIS;
        boolean full = near.size() >= limits.near && (frontierAt <= now || frontierAt > now + URGENT_MILLIS);
        if (tried || full) {
            return;
        }
        long wantedAt = now + LEAD_MILLIS + STEP_MILLIS;
        RunLoad next = far.load(wantedAt, limits.load);
        if (next == null) {
            advance(wantedAt, 0);
            return;
        }
        load = next;
        try {
            reader.execute(() -> read(next));
        } catch (RejectedExecutionException e) {
            load = null;
            throw e;
        }
    }

    /** Runs on the reading thread. */
    private void read(RunLoad task) {
        try {
            task.read(files);
        } catch (IOException | RuntimeException e) {
            core.execute(() -> failed(task, e));
            return;
        }
        core.execute(() -> take(task));
    }

    private void failed(RunLoad task, Exception cause) {
        if (load != task) {
            return;
        }
        load = null;
        if (!loadFailed) {
            LOG.error("delayed messages wait: the timer files can't be read, which is tried again each second", cause);
        }
        loadFailed = true;
        failedAt = lastNow;
        loaded.run();
    }

    private void take(RunLoad task) {
        if (load != task) {
            return;
        }
        load = null;
        loadFailed = false;
        if (task.damaged() && !damaged) {
            damaged = true;
            LOG.error("a timer file is damaged: some delayed messages wait until the broker is started again, which"
                    + " then finds all timers in the log");
        }
        task.tellRuns();
        for (int i = 0; i < task.count(); i++) {
            if (!fired.remove(task.offset(i))) {
                near.add(task.at(i), task.offset(i));
            }
        }
        task.takeWritten(near);
        advance(task.reachedAt(), task.reachedOffset());
        loaded.run();
    }

    private void advance(long at, long offset) {
        far.takeBefore(at, offset, near);
        frontierAt = at;
        frontierOffset = offset;
        if (far.headAt() == Long.MAX_VALUE && near.isEmpty() && given.size() == 0) {
            // nothing is left that they could stand for
            fired.clear();
        }
    }

    // ---- checkpoints

    @Override
    public String fileName() {
        return RunFiles.MANIFEST;
    }

    /** What is captured is written before the next is captured, or never. */
    @Override
    public Supplier<byte[]> capture(long logPosition) {
        if (damaged) {
            return () -> new Manifest(0, files.nextRun(), List.of(), new long[0], -1).toBytes();
        }
        adopt();
        drawBack();
        TimerHeap pending = near.copy();
        given.forEach((offset, at) -> pending.add(at, offset));
        return new WheelCheckpoint(
                files,
                logPosition,
                pending,
                far.captureMemory(),
                far.captureRuns(),
                fired.offsets(),
                firedUpTo,
                load == null ? Set.of() : load.runs(),
                this::written);
    }

    /** With far too many near, as when the clock went back, draws the frontier back so that they can go to a file. */
    private void drawBack() {
        if (near.size() < 2 * limits.near) {
            return;
        }
        long[] at = {lastNow + LEAD_MILLIS};
        // what is given must stay before the frontier
        given.forEach((offset, time) -> at[0] = Math.max(at[0], time + 1));
        if (at[0] >= frontierAt) {
            return;
        }
        TimerHeap all = near;
        near = new TimerHeap();
        for (int i = 0; i < all.size(); i++) {
            if (all.at(i) < at[0]) {
                near.add(all.at(i), all.offset(i));
            } else {
                far.add(all.at(i), all.offset(i));
            }
        }
        frontierAt = at[0];
        frontierOffset = 0;
    }

    /** Runs on the checkpoint's thread. */
    private void written(WheelCheckpoint.Written file) {
        written.add(file);
        try {
            core.execute(this::adopt);
        } catch (RejectedExecutionException e) {
            // the core has ended: this is the last checkpoint, and nobody will look
            LOG.debug("a timer file was written after the end of the core", e);
        }
    }

    /** Lets new files take the place of what was written to them. */
    private void adopt() {
        for (WheelCheckpoint.Written file = written.poll(); file != null; file = written.poll()) {
            far.adopt(file, load);
        }
    }

    @Override
    public long restore(byte @Nullable [] content) {
        forgetAll();
        try {
            if (content != null) {
                try {
                    return restore(Manifest.parse(content));
                } catch (FrameException | IOException e) {
                    LOG.warn("the timer files are not whole; timers are built again from the log", e);
                    forgetAll();
                }
            }
            files.deleteAll();
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException("the timer files can't be removed", e);
        }
    }

    private long restore(Manifest manifest) throws IOException {
        Set<Long> named = new HashSet<>();
        long nextRun = manifest.nextRun();
        for (Manifest.Entry entry : manifest.runs()) {
            far.restore(entry);
            named.add(entry.run());
            nextRun = Math.max(nextRun, entry.run() + 1);
        }
        for (long offset : manifest.fired()) {
            fired.put(offset, 0);
        }
        firedUpTo = Math.max(0, manifest.firedUpTo());
        upToKnown = manifest.firedUpTo() >= 0;
        files.keepOnly(named);
        files.nextRun(nextRun);
        return manifest.logPosition();
    }

    private void forgetAll() {
        written.clear();
        far.clear();
        near = new TimerHeap();
        given.clear();
        fired.clear();
        firedUpTo = 0;
        upToKnown = true;
        frontierAt = 0;
        frontierOffset = 0;
        load = null;
        loadFailed = false;
        damaged = false;
        replaying = true;
    }

    /** Timers that wait are messages, and their copies say that they have fired. */
    @Override
    public boolean knowsMessagesAlone() {
        return true;
    }

    @Override
    public void recovered(Ends ends) {
        far.drop(fired);
        replaying = false;
    }

    /** Timers are records of their own, not facts. */
    @Override
    public void apply(ByteBuffer fact) {}
}
