package org.fulmar.broker.delivery;

import org.fulmar.broker.store.View;
import org.jspecify.annotations.Nullable;

/** What the engine must know of the messages of a queue; answered from memory, by the store or by a test. */
public interface Backlog extends View.Ends {
    /** The offset behind the last one that consumers may see. */
    @Override
    long visibleOffset(String topic, int queueId);

    /** The offset that the next message sent will get. */
    long nextOffset(String topic, int queueId);

    /** The queue ids of a topic that exist now. */
    int[] queueIds(String topic);

    /** What is to be done with a message for a consumer with this test, or without one. */
    Verdict verdict(String topic, int queueId, long offset, @Nullable MessageTest test);

    /** What is to be done with a message. */
    enum Verdict {
        DELIVER,
        /** The consumer does not want it. */
        PASS,
        /** It has expired, or can't be read any more, and nobody may have it. */
        GONE
    }
}
