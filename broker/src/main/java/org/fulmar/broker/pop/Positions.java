package org.fulmar.broker.pop;

/**
 * The offsets that consumer groups have committed, which tools show and change, and where pulling goes on. Called on the
 * core.
 */
public interface Positions {
    /** The committed offset, or -1. */
    long committed(String topic, String group, int queueId);

    /** Whether it was taken. */
    boolean commit(String topic, String group, int queueId, long offset);
}
