package org.fulmar.broker.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A set of queue offsets that takes one bit each where they are dense: pages of 4,096 offsets, kept only where there is
 * one. Not thread-safe; part of a {@link Cursor}.
 */
final class OffsetSet {
    private static final int SHIFT = 12;
    private static final int WORDS = 1 << SHIFT - 6;
    private static final long MASK = (1 << SHIFT) - 1;

    private final TreeMap<Long, long[]> pages = new TreeMap<>();
    private long lastPage = -1;
    private long[] lastWords = new long[0];

    private long @org.jspecify.annotations.Nullable [] page(long number) {
        if (number != lastPage) {
            long[] words = pages.get(number);
            if (words == null) {
                return null;
            }
            lastPage = number;
            lastWords = words;
        }
        return lastWords;
    }

    boolean contains(long offset) {
        if (pages.isEmpty()) {
            return false;
        }
        long[] words = page(offset >>> SHIFT);
        return words != null && (words[(int) (offset & MASK) >>> 6] & 1L << offset) != 0;
    }

    void add(long offset) {
        long[] words = page(offset >>> SHIFT);
        if (words == null) {
            words = new long[WORDS];
            pages.put(offset >>> SHIFT, words);
        }
        words[(int) (offset & MASK) >>> 6] |= 1L << offset;
    }

    boolean isEmpty() {
        return pages.isEmpty();
    }

    /** The first offset at or above {@code from} that is not in the set. */
    long nextClear(long from) {
        long offset = from;
        while (true) {
            long[] words = pages.isEmpty() ? null : page(offset >>> SHIFT);
            if (words == null) {
                return offset;
            }
            for (int word = (int) (offset & MASK) >>> 6; word < WORDS; word++) {
                long clear = ~words[word] & -1L << offset;
                if (clear != 0) {
                    return (offset & ~63L) + Long.numberOfTrailingZeros(clear);
                }
                offset = (offset & ~63L) + 64;
            }
        }
    }

    /** Forgets the offsets below {@code floor}, as far as they fill whole pages. */
    void dropBelow(long floor) {
        while (!pages.isEmpty() && pages.firstKey() < floor >>> SHIFT) {
            pages.pollFirstEntry();
            lastPage = -1;
        }
    }

    /** The offsets at or above {@code floor} as pairs of first and behind-last. */
    List<long[]> ranges(long floor) {
        List<long[]> ranges = new ArrayList<>();
        long[] open = null;
        for (Map.Entry<Long, long[]> page : pages.entrySet()) {
            long base = page.getKey() << SHIFT;
            for (int bit = 0; bit < 1 << SHIFT; bit++) {
                long offset = base + bit;
                if (offset < floor || (page.getValue()[bit >>> 6] & 1L << bit) == 0) {
                    continue;
                }
                if (open != null && open[1] == offset) {
                    open[1]++;
                } else {
                    open = new long[] {offset, offset + 1};
                    ranges.add(open);
                }
            }
        }
        return ranges;
    }
}
