package org.fulmar.client.consumer;

/** What a listener says of the messages it was given. */
public enum ConsumeResult {
    /** They are done, and never come again. */
    SUCCESS,
    /**
     * Concurrent: they come again after a while, by the group's retry topic, and are moved to its dead-letter topic when
     * they have come too often. Ordered: the queue waits a moment, and the same messages come again first.
     */
    RETRY_LATER
}
