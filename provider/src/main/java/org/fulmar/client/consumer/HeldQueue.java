package org.fulmar.client.consumer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.fulmar.client.MessageQueue;

/**
 * One queue that this member has, waits for, or gives back. Owned by the consumer's loop, but for the lock's time, which
 * workers look at before they begin.
 */
final class HeldQueue {
    /** How long a lock is relied on since it was last confirmed; brokers keep it for twice as long. */
    static final long LOCK_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** Where it is on its way. */
    enum State {
        /** Another member may have it still. */
        LOCKING,
        /** It is ours; where to begin is being asked. */
        LOCATING,
        ACTIVE,
        /** Nothing more is pulled; what was begun is being finished. */
        DRAINING,
        /** Its offset is being stored, and its lock released. */
        RELEASING,
        GONE
    }

    /** What happens when it is drained. */
    enum Then {
        /** It goes to another member. */
        RELEASE,
        /** It begins anew at {@link #resetTo}. */
        RESET,
        /** Its lock was lost: it is asked for again. */
        LOCK_AGAIN
    }

    private static final long NEVER = Long.MIN_VALUE;

    final MessageQueue queue;
    final ProcessQueue messages = new ProcessQueue();
    /** Batches with workers, in the order in which they were taken. */
    final Deque<Batch> batches = new ArrayDeque<>();

    State state = State.LOCKING;
    Then then = Then.RELEASE;
    /** Answers of pulls that an earlier epoch has sent are not for us any more. */
    int epoch;

    boolean pulling;
    /** A pull has failed or brought nothing, and the next one has its time. */
    boolean pullDue;

    boolean paused;
    /** In the line of those whose messages wait for a worker. */
    boolean inLine;
    /** A listener has asked for a pause. */
    boolean suspended;
    /** Which replica to pull from; 0 is the master. */
    long replica;
    /** The lowest offset that is right when the lock was lost and is ours again; -1 if there is none. */
    long floor = -1;

    long resetTo = -1;
    /** Where the application wants to begin, said before the queue was ready; -1 if it did not. */
    long seekTo = -1;

    long committed = -1;
    /** It was sent to another offset, and who commits by itself has not committed that. */
    boolean sought;
    /** Rebalancing has given it to us again while it was being released. */
    boolean wantedAgain;
    /** It came with a topic that is consumed for some time, so nothing of it may be skipped. */
    boolean fromFirst;

    long drainDeadlineNanos;
    long lastPullNanos;
    long lastMessageNanos;
    final Rates.OfTopic rates;
    private volatile long lockedNanos = NEVER;
    private final boolean lockNeeded;

    HeldQueue(MessageQueue queue, boolean lockNeeded, Rates.OfTopic rates) {
        this.queue = queue;
        this.rates = rates;
        this.lockNeeded = lockNeeded;
    }

    /** The broker has confirmed the lock to a request sent then; for any thread. */
    void locked(long nanos) {
        lockedNanos = nanos;
    }

    void unlocked() {
        lockedNanos = NEVER;
    }

    /** The broker knows no locks: the queue is ours as long as rebalancing says so. */
    boolean isLockedAt(long nanos) {
        long since = lockedNanos;
        return !lockNeeded || since != NEVER && nanos - since < LOCK_NANOS;
    }

    boolean needsLock() {
        return lockNeeded;
    }

    /** Whether its messages may be given to listeners. */
    boolean isServing() {
        return state == State.ACTIVE || state == State.DRAINING;
    }

    @Override
    public String toString() {
        return queue + " " + state;
    }
}
