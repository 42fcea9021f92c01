package org.fulmar.client.consumer;

import java.nio.file.Path;
import java.time.Duration;
import org.fulmar.client.allocation.Allocation;
import org.jspecify.annotations.Nullable;

/**
 * How a consumer works; each option with its default. Set before it is given to a consumer, which takes a copy. Not
 * thread-safe. Values out of range are refused at once, by an {@link IllegalArgumentException}.
 */
public final class ConsumerOptions implements Cloneable {
    MessageModel model = MessageModel.CLUSTERING;
    StartPosition start = StartPosition.LAST;
    Allocation allocation = Allocation.averagely();
    HandOver handOver = HandOver.LOCKED;
    int pullBatch = 32;
    int queueMessages = 1000;
    long queueBytes = 100L << 20;
    long queueSpan = 2000;
    int topicMessages = Integer.MAX_VALUE;
    long topicBytes = Long.MAX_VALUE;
    int threadsMin = 20;
    int threadsMax = 20;
    private int consumeBatch;
    long consumeTimeoutMillis = 15 * 60_000L;
    int maxReconsumeTimes = -1;
    long suspendMillis = 1000;
    long drainMillis = 30_000;
    long pollMillis = 15_000;
    long rebalanceMillis = 20_000;
    long commitMillis = 5_000;
    boolean autoCommit = true;

    @Nullable Path offsetDirectory;

    /** Default: CLUSTERING. */
    public ConsumerOptions messageModel(MessageModel value) {
        model = value;
        return this;
    }

    /** Where a new group begins. Default: LAST. */
    public ConsumerOptions startAt(StartPosition value) {
        start = value;
        return this;
    }

    /** How queues are shared out; the same for all members. Default: averagely. */
    public ConsumerOptions allocation(Allocation value) {
        allocation = value;
        return this;
    }

    /** How queues pass from member to member. Default: LOCKED. Ordered consumers always use locks. */
    public ConsumerOptions handOver(HandOver value) {
        handOver = value;
        return this;
    }

    /** Most messages that are asked for at once, 1 to 1024; brokers give 32 at most. Default: 32. */
    public ConsumerOptions pullBatch(int value) {
        pullBatch = in("pullBatch", value, 1, 1024);
        return this;
    }

    /** Messages held of one queue above which no more are pulled, 1 to 65,535. Default: 1000. */
    public ConsumerOptions queueMessages(int value) {
        queueMessages = in("queueMessages", value, 1, 65_535);
        return this;
    }

    /** Bytes of such messages, 1 to 1 GiB. Default: 100 MiB. */
    public ConsumerOptions queueBytes(int value) {
        queueBytes = in("queueBytes", value, 1, 1 << 30);
        return this;
    }

    /** Offsets between the first and the last of such messages, 1 to 65,535; not for ordered consumers. Default: 2000. */
    public ConsumerOptions queueSpan(int value) {
        queueSpan = in("queueSpan", value, 1, 65_535);
        return this;
    }

    /** Messages held of one topic, over its queues, above which no more are pulled, at least 1. Default: no bound. */
    public ConsumerOptions topicMessages(int value) {
        topicMessages = in("topicMessages", value, 1, Integer.MAX_VALUE);
        return this;
    }

    /** Bytes of such messages, at least 1. Default: no bound. */
    public ConsumerOptions topicBytes(long value) {
        check(value >= 1, "topicBytes must be at least 1, not " + value);
        topicBytes = value;
        return this;
    }

    /** Worker threads of a push consumer, 1 to 1000: those that stay, and the most. Default: 20 and 20. */
    public ConsumerOptions threads(int min, int max) {
        threadsMin = in("threads (min)", min, 1, 1000);
        threadsMax = in("threads (max)", max, min, 1000);
        return this;
    }

    /** Most messages of one call of the listener, or of one poll of a pull consumer, 1 to 1024. Default: 1; for polls 32. */
    public ConsumerOptions consumeBatch(int value) {
        consumeBatch = in("consumeBatch", value, 1, 1024);
        return this;
    }

    /**
     * How long a concurrent listener may take, 10 ms to a day; after that its messages are sent back to come again.
     * Default: 15 minutes.
     */
    public ConsumerOptions consumeTimeout(Duration value) {
        consumeTimeoutMillis = millis("consumeTimeout", value, 10, 86_400_000L);
        return this;
    }

    /**
     * How often a message comes again before it goes to the dead-letter topic; -1 means the group's setting at the broker,
     * 16 unless changed, and without end for ordered consumers. Default: -1.
     */
    public ConsumerOptions maxReconsumeTimes(int value) {
        maxReconsumeTimes = in("maxReconsumeTimes", value, -1, Integer.MAX_VALUE);
        return this;
    }

    /** How long an ordered queue waits after a failure, 10 ms to 30 s. Default: 1 s. */
    public ConsumerOptions suspendQueue(Duration value) {
        suspendMillis = millis("suspendQueue", value, 10, 30_000);
        return this;
    }

    /** How long a queue that is handed over, and a close, wait for messages in hand, 0 to 1 hour. Default: 30 s. */
    public ConsumerOptions drainTimeout(Duration value) {
        drainMillis = millis("drainTimeout", value, 0, 3_600_000);
        return this;
    }

    /** How long a pull waits at the broker for a message, 100 ms to 60 s. Default: 15 s. */
    public ConsumerOptions longPoll(Duration value) {
        pollMillis = millis("longPoll", value, 100, 60_000);
        return this;
    }

    /** How often a member looks for changes that nobody told it of, 100 ms to 10 minutes. Default: 20 s. */
    public ConsumerOptions rebalanceEvery(Duration value) {
        rebalanceMillis = millis("rebalanceEvery", value, 100, 600_000);
        return this;
    }

    /** How often offsets are stored, 10 ms to 10 minutes; hand-overs and closes always store them. Default: 5 s. */
    public ConsumerOptions commitEvery(Duration value) {
        commitMillis = millis("commitEvery", value, 10, 600_000);
        return this;
    }

    /** Whether a pull consumer counts as done what earlier polls returned; if not, it commits by itself. Default: true. */
    public ConsumerOptions autoCommit(boolean value) {
        autoCommit = value;
        return this;
    }

    /** Where broadcast consumers keep their offsets. Default: {@code .fulmar/offsets} in the user's home. */
    public ConsumerOptions offsetDirectory(Path value) {
        offsetDirectory = value;
        return this;
    }

    int consumeBatch(boolean polled) {
        return consumeBatch > 0 ? consumeBatch : polled ? 32 : 1;
    }

    Path offsets() {
        Path chosen = offsetDirectory;
        return chosen != null ? chosen : Path.of(System.getProperty("user.home", "."), ".fulmar", "offsets");
    }

    boolean broadcasts() {
        return model == MessageModel.BROADCASTING;
    }

    ConsumerOptions copy() {
        try {
            return (ConsumerOptions) clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int in(String name, int value, int min, int max) {
        check(value >= min && value <= max, name + " must be " + min + " to " + max + ", not " + value);
        return value;
    }

    private static long millis(String name, Duration value, long min, long max) {
        long millis = value.toMillis();
        check(millis >= min && millis <= max, name + " must be " + min + " to " + max + " ms, not " + millis);
        return millis;
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
