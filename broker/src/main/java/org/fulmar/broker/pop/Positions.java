package org.fulmar.broker.pop;

import org.fulmar.broker.store.FactSink;

/**
 * The offsets that consumer groups have committed, which tools show and change, and where pulling goes on. Called on the
 * core.
 */
public interface Positions {
    /** The committed offset, or -1. */
    long committed(String topic, String group, int queueId);

    /** Pops go on from the committed offset now: if an administrator has set it, nobody else has to be told of it. */
    default void followed(String topic, String group, int queueId, FactSink facts) {}

    /** Whether it was taken. */
    boolean commit(String topic, String group, int queueId, long offset);
}
