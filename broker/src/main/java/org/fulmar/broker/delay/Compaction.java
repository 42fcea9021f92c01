package org.fulmar.broker.delay;

import java.util.ArrayList;
import java.util.List;

/**
 * Which runs are to be merged, so that there are few to look into and what has fired takes no space for long. Sizes
 * fall in classes, each four times the one before; eight runs of a class or smaller become one. Large runs are left
 * alone until three quarters of them have fired, so that a merge never takes much longer than a second.
 */
final class Compaction {
    private static final int SMALLEST = 4096;
    private static final int LARGE = 1 << 20;
    private static final int AT_ONCE = 8;
    private static final int WORTH_REWRITING = 1 << 16;

    private Compaction() {}

    /** Whether it is left alone. */
    static boolean isLarge(Manifest.Entry run) {
        return run.remaining() >= LARGE;
    }

    /** The runs that are to become one; empty if all is well. */
    static List<Manifest.Entry> pick(List<Manifest.Entry> runs) {
        for (Manifest.Entry run : runs) {
            if (run.skip() > WORTH_REWRITING && run.skip() / 3 > run.remaining()) {
                return List.of(run);
            }
        }
        List<Manifest.Entry> small = new ArrayList<>();
        for (int limit = 4 * SMALLEST; limit <= LARGE; limit *= 4) {
            small.clear();
            for (Manifest.Entry run : runs) {
                if (run.remaining() < limit) {
                    small.add(run);
                }
            }
            if (small.size() >= AT_ONCE) {
                return small;
            }
        }
        return List.of();
    }
}
