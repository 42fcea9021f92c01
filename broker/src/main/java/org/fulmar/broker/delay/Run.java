package org.fulmar.broker.delay;

import org.jspecify.annotations.Nullable;

/**
 * Timers in a file, in order, of which some, from the first, have been loaded. Owned by the core; the file itself never
 * changes.
 */
final class Run {
    private final long number;
    private final int count;
    private int loaded;
    private long headAt;
    private @Nullable Run successor;

    /**
     * @param headAt due time of the first timer that is not loaded, or earlier
     */
    Run(Manifest.Entry entry, long headAt) {
        this.number = entry.run();
        this.count = entry.count();
        this.loaded = entry.skip();
        this.headAt = headAt;
    }

    long number() {
        return number;
    }

    int loaded() {
        return loaded;
    }

    int remaining() {
        return count - loaded;
    }

    /** No timer that is not loaded is due earlier than this; {@link Long#MAX_VALUE} if all are. */
    long headAt() {
        return remaining() == 0 ? Long.MAX_VALUE : headAt;
    }

    void headAt(long newHead) {
        headAt = newHead;
    }

    /** The next so many timers are in memory now. */
    void loaded(int more) {
        loaded += more;
        if (loaded > count) {
            throw new IllegalStateException(
                    "timer file " + number + " holds " + count + " timers, but " + loaded + " were loaded");
        }
    }

    Manifest.Entry entry() {
        return new Manifest.Entry(number, count, loaded);
    }

    void replacedBy(Run run) {
        successor = run;
    }

    /** The run that holds its timers now: itself, or what it was merged into. */
    Run current() {
        Run run = this;
        while (run.successor != null) {
            run = run.successor;
        }
        return run;
    }
}
