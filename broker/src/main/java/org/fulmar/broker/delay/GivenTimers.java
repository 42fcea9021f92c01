package org.fulmar.broker.delay;

/** Timers that were given and have not fired, and when those that were put back are to be given again. Core's. */
final class GivenTimers {
    /** Due times, or their complements while the offset waits in {@link #retries}. */
    private final OffsetMap dueTimes = new OffsetMap();

    private TimerHeap retries = new TimerHeap();

    int size() {
        return dueTimes.size();
    }

    void give(long at, long offset) {
        dueTimes.put(offset, at);
    }

    boolean contains(long offset) {
        return dueTimes.contains(offset);
    }

    /** Forgets a timer; whether it was there. */
    boolean fired(long offset) {
        boolean there = dueTimes.remove(offset);
        if (dueTimes.size() == 0 && !retries.isEmpty()) {
            retries = new TimerHeap();
        }
        return there;
    }

    void retryAt(long offset, long millis) {
        long at = dueTimes.get(offset);
        if (at < 0) {
            throw new IllegalStateException("the timer at " + offset + " is not in hand, it can't be put back");
        }
        dueTimes.put(offset, ~at);
        retries.add(Math.max(at, millis), offset);
    }

    /** When the first one that was put back is to be given again; {@link Long#MAX_VALUE} if none is. */
    long retryAt() {
        while (!retries.isEmpty() && !dueTimes.contains(retries.minOffset())) {
            // it has fired in the meantime
            retries.poll();
        }
        return retries.minAt();
    }

    /** The log offset of the first one that was put back. */
    long retryOffset() {
        return retries.isEmpty() ? 0 : retries.minOffset();
    }

    /** Takes the first one that was put back in hand again; its due time. */
    long takeRetry() {
        long offset = retries.minOffset();
        long at = ~dueTimes.get(offset);
        retries.poll();
        dueTimes.put(offset, at);
        return at;
    }

    void forEach(OffsetMap.Visitor visitor) {
        dueTimes.forEach((offset, at) -> visitor.visit(offset, at < 0 ? ~at : at));
    }

    void clear() {
        dueTimes.clear();
        retries = new TimerHeap();
    }
}
