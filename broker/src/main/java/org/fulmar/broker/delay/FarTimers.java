package org.fulmar.broker.delay;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timers behind the frontier: in files, or in memory as long as no checkpoint has written them. Part of a
 * {@link TimerWheel}, owned by the core.
 */
final class FarTimers {
    private static final Logger LOG = LoggerFactory.getLogger(FarTimers.class);

    private final RunFiles files;
    private final int replayLimit;
    private final List<Run> runs = new ArrayList<>();
    private final List<Batch> batches = new ArrayList<>();
    private TimerHeap young = new TimerHeap();
    private int spillAt;
    private int sweepAt;

    /**
     * @param replayLimit timers that a replay may hold in memory before they go to a file
     */
    FarTimers(RunFiles files, int replayLimit) {
        this.files = files;
        this.replayLimit = replayLimit;
        this.spillAt = replayLimit;
        this.sweepAt = replayLimit;
    }

    void add(long at, long offset) {
        young.add(at, offset);
    }

    long size() {
        long size = young.size();
        for (Batch batch : batches) {
            size += batch.remaining();
        }
        for (Run run : runs) {
            size += run.remaining();
        }
        return size;
    }

    /** No timer is due earlier than this; {@link Long#MAX_VALUE} if there is none. */
    long headAt() {
        long at = young.minAt();
        for (Batch batch : batches) {
            at = Math.min(at, batch.headAt());
        }
        for (Run run : runs) {
            at = Math.min(at, run.headAt());
        }
        return at;
    }

    /** What is to be read to have all that is due before some time in memory; null if no file holds any of it. */
    @Nullable RunLoad load(long wantedAt, int most) {
        RunLoad load = new RunLoad(runs, wantedAt, most);
        return load.isNeeded() ? load : null;
    }

    /** Moves what memory holds before a place to {@code target}; no file holds anything before it. */
    void takeBefore(long at, long offset, TimerHeap target) {
        while (!young.isEmpty() && TimerHeap.before(young.minAt(), young.minOffset(), at, offset)) {
            target.add(young.minAt(), young.minOffset());
            young.poll();
        }
        for (Batch batch : batches) {
            batch.takeBefore(at, offset, target);
        }
    }

    // ---- checkpoints

    /** What a checkpoint is to write, apart from what is in files. */
    List<Batch.View> captureMemory() {
        if (!young.isEmpty()) {
            batches.add(new Batch(young));
            young = new TimerHeap();
        }
        return batches.stream().map(Batch::view).toList();
    }

    List<WheelCheckpoint.RunView> captureRuns() {
        runs.removeIf(run -> run.remaining() == 0);
        return runs.stream()
                .map(run -> new WheelCheckpoint.RunView(run, run.entry()))
                .toList();
    }

    /**
     * Lets a new file take the place of what was written to it.
     *
     * @param load what is being read, which knows nothing of the file
     */
    void adopt(WheelCheckpoint.Written file, @Nullable RunLoad load) {
        int loaded = file.pending();
        long headAt = Long.MAX_VALUE;
        for (Batch.View view : file.batches()) {
            loaded += view.batch().taken() - view.taken();
            headAt = Math.min(headAt, view.batch().headAt());
        }
        for (WheelCheckpoint.RunView view : file.runs()) {
            loaded += view.run().loaded() - view.entry().skip();
            headAt = Math.min(headAt, view.run().headAt());
        }
        // the timers that are loaded by now are the first of the new file: they are before the frontier, the others not
        Run run = new Run(new Manifest.Entry(file.run().run(), file.run().count(), loaded), headAt);
        for (Batch.View view : file.batches()) {
            view.batch().replacedBy(run);
            batches.remove(view.batch());
            if (load != null) {
                load.written(view.batch());
            }
        }
        for (WheelCheckpoint.RunView view : file.runs()) {
            view.run().replacedBy(run);
            runs.remove(view.run());
        }
        runs.add(run);
    }

    // ---- restarts

    /** A file that a manifest names. */
    void restore(Manifest.Entry run) throws IOException {
        runs.add(new Run(run, files.headAt(run)));
    }

    /**
     * Keeps a long replay from filling the memory; blocks, which nobody waits for yet.
     *
     * @param fired log offsets of timers that have fired; those that are found here are removed from it
     */
    void relieve(OffsetMap fired) {
        if (young.size() >= spillAt || fired.size() >= sweepAt) {
            spill(fired);
        }
        if (fired.size() >= sweepAt) {
            sweep(fired);
        }
    }

    /** Writes what was added to a file. */
    private void spill(OffsetMap fired) {
        try {
            Manifest.Entry run = files.write(young.copy().draining(), fired::contains);
            if (run.count() > 0) {
                restore(run);
            }
            for (int i = 0; i < young.size(); i++) {
                fired.remove(young.offset(i));
            }
            young = new TimerHeap();
            spillAt = replayLimit;
        } catch (IOException e) {
            LOG.warn("timers of the replay can't be written and stay in memory", e);
            spillAt = young.size() * 2;
            sweepAt = Math.max(sweepAt, fired.size() * 2);
        }
    }

    /** Writes the files again without what has fired, the small ones as one. */
    private void sweep(OffsetMap fired) {
        try {
            List<Manifest.Entry> small = new ArrayList<>();
            for (Run run : List.copyOf(runs)) {
                if (Compaction.isLarge(run.entry())) {
                    rewrite(List.of(run.entry()), fired);
                } else {
                    small.add(run.entry());
                }
            }
            rewrite(small, fired);
            // each of them was added before it fired, so that it has been found by now
            fired.clear();
            sweepAt = replayLimit;
            files.clean(runs.stream().map(Run::number).collect(Collectors.toSet()));
        } catch (IOException e) {
            LOG.warn("timer files can't be written anew; what has fired stays in memory", e);
            sweepAt = Math.max(replayLimit, fired.size() * 2);
        }
    }

    private void rewrite(List<Manifest.Entry> old, OffsetMap fired) throws IOException {
        Manifest.Entry fresh = files.merge(old, fired::contains);
        Run run = new Run(fresh, files.headAt(fresh));
        runs.removeIf(replaced -> old.contains(replaced.entry()));
        if (fresh.count() > 0) {
            runs.add(run);
        }
    }

    /** Drops what has fired from memory. */
    void drop(OffsetMap fired) {
        TimerHeap all = young;
        young = new TimerHeap();
        for (int i = 0; i < all.size(); i++) {
            if (!fired.remove(all.offset(i))) {
                young.add(all.at(i), all.offset(i));
            }
        }
    }

    void clear() {
        runs.clear();
        batches.clear();
        young = new TimerHeap();
        spillAt = replayLimit;
        sweepAt = replayLimit;
    }
}
