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

    /** Whether messages of a topic may be delivered now; whoever allows it again wakes the topic's groups. */
    default boolean mayBeRead(String topic) {
        return true;
    }

    /** The queue ids of a topic that exist now. */
    int[] queueIds(String topic);

    /** What is to be done with a message for a consumer with this test, or without one. */
    Verdict verdict(String topic, int queueId, long offset, @Nullable MessageTest test);

    /**
     * The message group that a message belongs to, as a hash from 0 to {@code buckets} - 1; -1 if it belongs to none.
     * Asked of a message that is to be delivered.
     */
    int messageGroup(String topic, int queueId, long offset, int buckets);

    /** What is to be done with a message. */
    enum Verdict {
        DELIVER,
        /** The consumer does not want it. */
        PASS,
        /** Nobody may have it any more. */
        EXPIRED,
        /** It can't be read any more. */
        GONE
    }
}
