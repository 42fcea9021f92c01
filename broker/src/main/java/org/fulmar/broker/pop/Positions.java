package org.fulmar.broker.pop;

import org.fulmar.broker.store.FactSink;

/**
 * The offsets that consumer groups have committed, which tools show and change, and where pulling goes on. Called on the
 * core.
 */
public interface Positions {
    /** The committed offset, or -1. */
    long committed(String topic, String group, int queueId);

    /**
     * Has what an administrator has set counted as committed from now on, if consumers are still to be told of it.
     *
     * @return the offset that was set; -1 if there is none
     */
    long takeReset(String topic, String group, int queueId, FactSink facts);

    /** The log position of the saved state that they were restored from, at a start; what was set later is in the log. */
    default long restoredFrom() {
        return Long.MAX_VALUE;
    }

    /** Whether it was taken. */
    boolean commit(String topic, String group, int queueId, long offset);
}
