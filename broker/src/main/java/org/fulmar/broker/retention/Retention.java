package org.fulmar.broker.retention;

import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.LiveRecords;
import org.fulmar.broker.store.LogBeginning;
import org.fulmar.broker.store.MessageStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes old files of the log (D8), and watches how full its disk is.
 *
 * <p>Runs on a thread of its own, {@code broker-retention}: it decides, waits and deletes there, and has done on the core,
 * in small steps, what belongs to the core; the disk is measured on another, {@code broker-disk}. A file goes when its newest message is old enough, or when the disk needs it;
 * but first what still counts of it is put to the head of the log. Where so much counts that nothing would be gained, the
 * files stay; if that lets the disk fill, messages are refused until there is room: nothing that counts is lost.
 */
public final class Retention implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final long MEASURE_MILLIS = 1000;
    /** How many files ahead it is looked whether they make up for the first, which count too much to go alone. */
    private static final int LOOK_AHEAD = 256;
    /** A round in vain is followed by a pause, which doubles up to the last one. */
    private static final long FIRST_PAUSE_MILLIS = 30_000;

    private static final long LAST_PAUSE_MILLIS = 900_000;
    private static final long COLLECT_MILLIS = 30_000;
    private static final long COLLECT_SOON_MILLIS = 1000;
    /** Of the disk, which is not filled with what is moved. */
    private static final int KEPT_FREE_PERCENT = 6;
    /** What is moved on a disk that has no more than that is at most this part of what is freed, and of what is left. */
    private static final int SCARCE_SHARE = 4;
    /** What is moved is looked for again until nothing is found, so often at most. */
    private static final int PASSES = 8;

    /** What it needs of the broker. Every method is called on its thread. */
    public interface Host {
        /** Runs something on the core and waits for it. */
        <T extends @Nullable Object> T onCore(Supplier<T> task) throws InterruptedException;

        /** Hands to the operating system what was appended in this turn; on the core. */
        void writeNow();

        /** Records before this place must not be kept any more; on the core. */
        void forgetBefore(long start);

        /** Saves a checkpoint that is captured after this was called; whether it could. */
        boolean checkpoint() throws InterruptedException, ExecutionException;
    }

    private final MessageStore store;
    private final LogBeginning beginning;
    private final RetentionOptions options;
    private final List<LiveRecords> live;
    private final Host host;
    private final LongSupplier clock;
    private final ZoneId zone;
    private final DiskLevels levels;
    private final Relocation relocation;
    private final ScheduledExecutorService thread;
    /** Measures the disk, whatever takes long on the other. */
    private final ScheduledExecutorService watch;

    private volatile double usedRatio = -1;
    private volatile long usedBytes;
    private volatile long totalBytes;
    private volatile long deletedFiles;
    private volatile long movedMessages;
    private volatile long movedBytes;
    private long notBefore = Long.MIN_VALUE;
    private long pause = FIRST_PAUSE_MILLIS;
    private boolean collected;
    private long collectedAt;
    private volatile String kept = "";
    /** The level as it is shown: what it brings about is done then. */
    private volatile DiskLevel shownLevel = DiskLevel.NORMAL;
    /** Set when the level has changed: what was postponed is looked at again. */
    private volatile boolean levelChanged;

    private volatile RetentionState state;

    /**
     * @param live who has messages that must not be lost with a file
     * @param clock milliseconds since the epoch
     * @param zone in which the hours of the day are
     */
    public Retention(
            MessageStore store,
            RetentionOptions options,
            List<LiveRecords> live,
            Host host,
            LongSupplier clock,
            ZoneId zone) {
        this.store = store;
        this.beginning = store.beginning();
        this.options = options;
        this.live = List.copyOf(live);
        this.host = host;
        this.clock = clock;
        this.zone = zone;
        this.levels = new DiskLevels(options);
        this.relocation = new Relocation(store, host::writeNow);
        this.state = new RetentionState(-1, DiskLevel.NORMAL, 0, 0, 0, 0, 0, "");
        this.thread = newThread("broker-retention");
        this.watch = newThread("broker-disk");
    }

    private static ScheduledExecutorService newThread(String name) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, name);
            made.setDaemon(true);
            return made;
        });
    }

    /** Begins; the store is open. */
    public void start() {
        long measure = Math.min(MEASURE_MILLIS, options.cleanIntervalMillis());
        watch.scheduleWithFixedDelay(this::measure, 0, measure, TimeUnit.MILLISECONDS);
        long clean = options.cleanIntervalMillis();
        thread.scheduleWithFixedDelay(() -> guarded(false), clean, clean, TimeUnit.MILLISECONDS);
    }

    /** Any thread. */
    public RetentionState state() {
        return state;
    }

    private void execute(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("the broker closes: no more files are deleted", e);
        }
    }

    /** Has files that are old enough deleted soon, whatever the hour is. Any thread. */
    public void cleanNow() {
        execute(() -> guarded(true));
    }

    /** By both threads: what the later one saw stays. */
    private synchronized void report() {
        state = new RetentionState(
                usedRatio,
                shownLevel,
                beginning.start(),
                deletedFiles,
                movedMessages,
                movedBytes,
                beginning.mappedBytes(),
                kept);
    }

    // ---- the disk

    private void measure() {
        try {
            long mapped = beginning.mappedBytes();
            Disk.Space space = beginning.space();
            usedRatio = space.ratio(mapped);
            usedBytes = Math.max(0, space.used() - mapped);
            totalBytes = space.used() + space.usable();
            DiskLevel before = levels.level();
            DiskLevel now = levels.update(usedRatio, space.ratio(0));
            if (now != before) {
                entered(now, before, Math.round(100 * (now == DiskLevel.REFUSING ? space.ratio(0) : usedRatio)));
            }
            shownLevel = now;
            collect(mapped, space.ratio(0) * 100);
            report();
        } catch (IOException | RuntimeException e) {
            LOG.warn("how full the disk of the log is can't be told", e);
        }
    }

    private void entered(DiskLevel now, DiskLevel before, long percent) {
        if (now == DiskLevel.REFUSING) {
            LOG.error("{} % of the disk of the log are used: messages are refused from now on", percent);
            store.refuse("disk full: " + percent + " % of the broker's disk are used, messages are refused from "
                    + options.refusePercent() + " % on; receive what waits, or make room");
        } else if (before == DiskLevel.REFUSING) {
            LOG.warn("{} % of the disk of the log are used: messages are taken again", percent);
            store.refuse(null);
        } else if (now == DiskLevel.NORMAL) {
            LOG.info("{} % of the disk of the log are used", percent);
        } else {
            LOG.warn(
                    "{} % of the disk of the log are used: files go {}",
                    percent,
                    now == DiskLevel.HIGH ? "at any hour when they are old enough" : "before they are old enough");
        }
        levelChanged = true;
    }

    /**
     * Deleted files take their space until the garbage collector has found that nobody reads them any more: it is asked to
     * when the space may be needed.
     *
     * @param percent of the disk that is used, with what they take
     */
    private void collect(long mapped, double percent) {
        long pauseMillis = percent >= options.forcePercent() ? COLLECT_SOON_MILLIS : COLLECT_MILLIS;
        boolean soon = collected && System.nanoTime() - collectedAt < pauseMillis * 1_000_000;
        if (mapped > 0 && percent >= options.maxUsedPercent() && !soon) {
            collected = true;
            collectedAt = System.nanoTime();
            LOG.info("{} bytes of deleted log files are still mapped: the garbage collector is asked for them", mapped);
            System.gc();
        }
    }

    // ---- files

    private void guarded(boolean manual) {
        try {
            clean(manual);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | ExecutionException | RuntimeException e) {
            LOG.warn("old log files could not be deleted; it is tried again", e);
        }
        report();
    }

    /** Whether the oldest files go whatever their age is. That deleted ones are not given back yet is no reason. */
    private boolean isForced() {
        return usedRatio * 100 >= options.forcePercent();
    }

    private boolean isTime(long now) {
        return options.hours().get(Instant.ofEpochMilli(now).atZone(zone).getHour());
    }

    private void clean(boolean manual) throws IOException, InterruptedException, ExecutionException {
        beginning.deleteUndeleted();
        long now = clock.getAsLong();
        if (manual || levelChanged) {
            levelChanged = false;
            notBefore = Long.MIN_VALUE;
            pause = FIRST_PAUSE_MILLIS;
        }
        boolean forced = isForced();
        boolean byAge = manual || levels.level() != DiskLevel.NORMAL || isTime(now);
        if (!byAge || now < notBefore && now >= notBefore - LAST_PAUSE_MILLIS) {
            return;
        }
        long settledEnd = host.onCore(beginning::settledEnd);
        List<LogBeginning.LogFile> files = beginning.files(settledEnd);
        int old = 0;
        while (old < files.size() && files.get(old).newest() <= now - options.reservedMillis()) {
            old++;
        }
        int wanted = forced ? Math.max(old, filesToForce()) : old;
        int look = Math.min(forced ? files.size() : old, LOOK_AHEAD);
        wanted = Math.min(wanted, look);
        if (wanted == 0) {
            kept = "";
            return;
        }
        int going = Math.min(options.batchMax(), worthIt(files.subList(0, look), forced));
        // those that are not wanted for themselves may be needed to make up for the first
        going = Math.min(going, Math.max(wanted, 1));
        if (going == 0) {
            postpone(
                    now,
                    "most of what the oldest " + look + " files hold still counts, or the disk has no room to move it");
            return;
        }
        remove(files.get(going - 1).end(), now);
    }

    /** So many files as bring the disk below the level at which they are forced. */
    private int filesToForce() {
        double excess = usedBytes - totalBytes * (options.forcePercent() / 100.0);
        return (int) Math.max(1, Math.min(options.batchMax(), Math.ceil(excess / beginning.fileBytes())));
    }

    private void postpone(long now, String why) {
        if (!why.equals(kept)) {
            LOG.info("old log files are kept: {}", why);
        }
        kept = why;
        pause = Math.min(isForced() ? FIRST_PAUSE_MILLIS : LAST_PAUSE_MILLIS, pause * 2);
        notBefore = now + pause;
    }

    /** How many files, from the first, may go together since little enough of them counts. */
    private int worthIt(List<LogBeginning.LogFile> files, boolean forced) throws IOException, InterruptedException {
        long[] bytes = new long[files.size()];
        long start = files.get(0).base();
        long end = files.get(files.size() - 1).end();
        for (LiveRecords each : live) {
            LiveRecords.Look look = host.onCore(() -> each.before(end));
            while (host.onCore(() -> relocation.count(look, start, beginning.fileBytes(), bytes))) {
                checkInterrupt();
            }
        }
        Disk.Space space = beginning.space();
        int percent = forced ? RetentionOptions.MAX_LIVE_PERCENT_FORCED : options.maxLivePercent();
        double all = 0;
        int best = 0;
        int fitting = 0;
        for (int i = 0; i < bytes.length; i++) {
            all += bytes[i];
            if (hasRoomToMove(all, (double) beginning.fileBytes() * (i + 1), space)) {
                fitting = i + 1;
            }
            if (all * 100 <= (double) percent * beginning.fileBytes() * (i + 1)) {
                best = i + 1;
            }
        }
        return Math.min(best, fitting);
    }

    /**
     * Whether so much may be moved before so much is deleted. Some of the disk is kept free for acknowledgements; where it
     * is not free any more, what frees much more than it takes is all the more wanted.
     */
    private static boolean hasRoomToMove(double moved, double freed, Disk.Space space) {
        double keptFree = ((double) space.used() + space.usable()) * KEPT_FREE_PERCENT / 100;
        return moved <= Math.max(0, space.usable() - keptFree)
                || moved * SCARCE_SHARE <= freed && moved * SCARCE_SHARE <= space.usable();
    }

    private static void checkInterrupt() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("the broker closes");
        }
    }

    /** Removes what lies before a place of the log, when nothing of it counts any more. */
    private void remove(long end, long now) throws IOException, InterruptedException, ExecutionException {
        String failure = moveAll(end);
        if (!failure.isEmpty()) {
            postpone(now, failure);
            return;
        }
        for (int i = 0; store.coveredBefore() < end || i == 0; i++) {
            // a restart may begin with the last checkpoint, or, if that is damaged, with the one before
            if (i == 3 || !host.checkpoint()) {
                postpone(now, "the state of the broker could not be saved");
                return;
            }
        }
        beginning.begin(end);
        LogBeginning.Dropped dropped = host.onCore(() -> {
            host.forgetBefore(end);
            return beginning.drop(end);
        });
        while (host.onCore(beginning::forget)) {
            checkInterrupt();
        }
        kept = "";
        pause = FIRST_PAUSE_MILLIS;
        deletedFiles += dropped.files();
        try {
            beginning.delete(dropped, () -> Thread.sleep(options.deleteIntervalMillis()));
        } finally {
            report();
        }
        deleteQueueFiles();
        beginning.deleteIndexFiles();
    }

    /** Once a restart does not look for them any more; if the queues' new beginnings can't be saved now, the next time. */
    private void deleteQueueFiles() throws IOException, InterruptedException, ExecutionException {
        host.checkpoint();
        host.onCore(beginning::queueFiles).delete();
    }

    /** Deletes the files of consume queues that hold nothing any more; for administrators. Any thread. */
    public void cleanQueues() {
        execute(() -> {
            try {
                host.onCore(() -> beginning.drop(beginning.start()));
                while (host.onCore(beginning::forget)) {
                    checkInterrupt();
                }
                deleteQueueFiles();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException | ExecutionException e) {
                LOG.warn("files of consume queues could not be deleted", e);
            }
        });
    }

    /** Why not everything could be moved; empty if it is. */
    private String moveAll(long end) throws InterruptedException {
        for (int pass = 0; pass < PASSES; pass++) {
            int moved = 0;
            for (LiveRecords each : live) {
                LiveRecords.Look look = host.onCore(() -> each.before(end));
                Relocation.Step step;
                do {
                    step = host.onCore(() -> relocation.move(look));
                    moved += step.messages();
                    movedMessages += step.messages();
                    movedBytes += step.bytes();
                    if (!step.failure().isEmpty()) {
                        return step.failure();
                    }
                    pace(step.bytes());
                } while (step.more());
            }
            if (moved == 0) {
                return "";
            }
            report();
        }
        return "messages in them come to count again and again";
    }

    /** Leaves the disk and the core to others for as long as moving so much may take. */
    private void pace(long bytes) throws InterruptedException {
        checkInterrupt();
        if (bytes > 0) {
            long nanos = (long) (bytes * 1e9 / options.bytesPerSecond());
            TimeUnit.NANOSECONDS.sleep(nanos);
        }
    }

    /** Ends what is under way; a restart goes on with it. */
    @Override
    public void close() throws InterruptedException {
        watch.shutdownNow();
        thread.shutdownNow();
        if (!thread.awaitTermination(30, TimeUnit.SECONDS)) {
            LOG.warn("the deletion of log files has not ended");
        }
        watch.awaitTermination(30, TimeUnit.SECONDS);
    }
}
