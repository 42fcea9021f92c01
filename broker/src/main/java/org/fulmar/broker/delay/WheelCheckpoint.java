package org.fulmar.broker.delay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wheel as the core has captured it, on its way to the disk. {@link #get} belongs to the checkpoint's thread: it
 * writes and forces what is in memory alone, and gives the manifest that makes it count. Files that an earlier
 * manifest may name stay until a later one is on the disk.
 *
 * @param logPosition what the log said before this place is in it, and nothing else
 * @param pending timers in memory that were loaded and have not fired; every one is before those in the batches
 * @param runs as they were
 * @param fired log offsets of timers that have fired but are not found yet
 * @param firedUpTo no timer that was due later has fired
 * @param inUse files that must stay though they count no more
 * @param done takes what was written
 */
record WheelCheckpoint(
        RunFiles files,
        long logPosition,
        TimerHeap pending,
        List<Batch.View> batches,
        List<RunView> runs,
        long[] fired,
        long firedUpTo,
        Set<Long> inUse,
        Consumer<Written> done)
        implements Supplier<byte[]> {
    private static final Logger LOG = LoggerFactory.getLogger(WheelCheckpoint.class);

    /** A run as it was. */
    record RunView(Run run, Manifest.Entry entry) {}

    /**
     * A file that takes the place of others, or of memory.
     *
     * @param run the new run
     * @param pending timers at its beginning that the core holds loaded
     */
    record Written(Manifest.Entry run, int pending, List<Batch.View> batches, List<RunView> runs) {}

    @Override
    public byte[] get() {
        try {
            Set<Long> kept = new HashSet<>(inUse);
            runs.forEach(run -> kept.add(run.entry.run()));
            files.clean(kept);
            List<Manifest.Entry> entries = new ArrayList<>();
            runs.forEach(run -> entries.add(run.entry));
            writeMemory(entries);
            merge(entries);
            return new Manifest(logPosition, files.nextRun(), entries, fired, firedUpTo).toBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("the timers can't be saved", e);
        }
    }

    private void writeMemory(List<Manifest.Entry> entries) throws IOException {
        List<SortedTimers> sources = new ArrayList<>();
        int loaded = pending.size();
        sources.add(pending.draining());
        for (Batch.View batch : batches) {
            sources.add(batch.copy().draining());
        }
        Manifest.Entry run = files.write(new MergedTimers(sources), offset -> false);
        if (run.count() > 0) {
            entries.add(run);
        }
        done.accept(new Written(run, loaded, batches, List.of()));
    }

    /** Makes fewer files of many. Without it the checkpoint is as good, so what goes wrong here must not end it. */
    private void merge(List<Manifest.Entry> entries) {
        List<RunView> merged = new ArrayList<>();
        List<Manifest.Entry> picked =
                Compaction.pick(runs.stream().map(RunView::entry).toList());
        runs.stream().filter(run -> picked.contains(run.entry)).forEach(merged::add);
        if (merged.isEmpty()) {
            return;
        }
        try {
            Manifest.Entry run = files.merge(picked, offset -> false);
            entries.removeAll(picked);
            if (run.count() > 0) {
                entries.add(run);
            }
            done.accept(new Written(run, 0, List.of(), merged));
        } catch (IOException e) {
            LOG.warn("timer files could not be merged; they stay as they are until the next checkpoint", e);
        }
    }
}
