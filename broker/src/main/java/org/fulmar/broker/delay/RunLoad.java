package org.fulmar.broker.delay;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One reading of what is due before some time from the files. Made and, when it is done, taken by the core;
 * {@link #read} belongs to the thread that reads. Changes nothing that the core sees while it reads.
 */
final class RunLoad {
    /** A run as it was when the core asked. */
    private static final class Source {
        final Run run;
        final Manifest.Entry entry;
        int loaded;
        long headAt = Long.MAX_VALUE;

        Source(Run run) {
            this.run = run;
            this.entry = run.entry();
        }
    }

    private final List<Source> sources = new ArrayList<>();
    private final List<Batch> written = new ArrayList<>();
    private final long wantedAt;
    private final int most;
    private long[] timers = new long[128];
    private int count;
    private long reachedAt;
    private long reachedOffset;
    private boolean damaged;

    /**
     * @param wantedAt timers that are due earlier are read
     * @param most how many of them at once
     */
    RunLoad(List<Run> runs, long wantedAt, int most) {
        this.wantedAt = wantedAt;
        this.most = most;
        for (Run run : runs) {
            if (run.headAt() < wantedAt) {
                sources.add(new Source(run));
            }
        }
    }

    boolean isNeeded() {
        return !sources.isEmpty();
    }

    /** The files that it reads. */
    Set<Long> runs() {
        Set<Long> runs = new HashSet<>();
        sources.forEach(source -> runs.add(source.entry.run()));
        return runs;
    }

    /** A batch went to a file that this does not read: the core takes the batch's timers from memory once more. */
    void written(Batch batch) {
        written.add(batch);
    }

    /** Moves what such batches hold of what this was to read to {@code target}. Runs on the core. */
    void takeWritten(TimerHeap target) {
        for (Batch batch : written) {
            int taken = batch.takeBefore(reachedAt, reachedOffset, target);
            Run successor = batch.successor();
            if (successor != null) {
                successor.loaded(taken);
            }
        }
    }

    void read(RunFiles files) throws IOException {
        List<RunReader> readers = new ArrayList<>();
        try {
            for (Source source : sources) {
                readers.add(files.readWhatIsSound(source.entry));
            }
            read(new MergedTimers(readers));
            for (int i = 0; i < readers.size(); i++) {
                RunReader reader = readers.get(i);
                Source source = sources.get(i);
                source.loaded = reader.index() - source.entry.skip();
                source.headAt = reader.index() < source.entry.count() ? reader.deliverAt() : Long.MAX_VALUE;
                damaged |= reader.damaged();
            }
        } finally {
            for (RunReader reader : readers) {
                reader.close();
            }
        }
    }

    private void read(SortedTimers merged) throws IOException {
        reachedAt = wantedAt;
        while (merged.next() && merged.deliverAt() < wantedAt) {
            if (count == most) {
                reachedAt = merged.deliverAt();
                reachedOffset = merged.logOffset();
                return;
            }
            if (2 * count == timers.length) {
                timers = Arrays.copyOf(timers, 2 * timers.length);
            }
            timers[2 * count] = merged.deliverAt();
            timers[2 * count + 1] = merged.logOffset();
            count++;
        }
    }

    /** Whether something could not be read and was left out. */
    boolean damaged() {
        return damaged;
    }

    /** Everything due before this time was read, and of what is due then, what lies before {@link #reachedOffset}. */
    long reachedAt() {
        return reachedAt;
    }

    long reachedOffset() {
        return reachedOffset;
    }

    /** Tells the runs what was read of them. Runs on the core. */
    void tellRuns() {
        for (Source source : sources) {
            Run run = source.run.current();
            run.loaded(source.loaded);
            if (run == source.run) {
                run.headAt(source.headAt);
            }
        }
    }

    int count() {
        return count;
    }

    long at(int i) {
        return timers[2 * i];
    }

    long offset(int i) {
        return timers[2 * i + 1];
    }
}
