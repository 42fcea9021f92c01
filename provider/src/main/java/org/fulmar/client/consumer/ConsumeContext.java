package org.fulmar.client.consumer;

import org.fulmar.client.MessageQueue;

/** One call of a {@link MessageListener}: what it may know and say besides its result. For the calling thread alone. */
public final class ConsumeContext {
    private final MessageQueue queue;
    private int delayLevel;
    private int successful = Integer.MAX_VALUE;
    private long suspendMillis = -1;

    ConsumeContext(MessageQueue queue) {
        this.queue = queue;
    }

    /** The queue that the messages are from; one of the retry topic for messages that come again. */
    public MessageQueue queue() {
        return queue;
    }

    /**
     * When failed messages of a concurrent consumer come again: 0 lets the broker choose, longer with each time; 1 to 18
     * are its delay levels; below 0 means never, they go to the dead-letter topic at once.
     */
    public void retryAtDelayLevel(int level) {
        this.delayLevel = level;
    }

    /** With {@link ConsumeResult#SUCCESS}: only the first {@code count} messages of this call are done, the others failed. */
    public void acknowledgeFirst(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("count must not be negative: " + count);
        }
        this.successful = count;
    }

    /** How long an ordered queue waits before its messages come again, 10 to 30,000 ms. */
    public void suspendFor(long millis) {
        if (millis < 10 || millis > 30_000) {
            throw new IllegalArgumentException("a queue is suspended for 10 to 30000 ms, not " + millis);
        }
        this.suspendMillis = millis;
    }

    int delayLevel() {
        return delayLevel;
    }

    int successful() {
        return successful;
    }

    long suspendMillis(long otherwise) {
        return suspendMillis < 0 ? otherwise : suspendMillis;
    }
}
