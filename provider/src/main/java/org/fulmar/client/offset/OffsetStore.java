package org.fulmar.client.offset;

import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.fulmar.client.MessageQueue;

/**
 * Keeps for each queue the offset at which its consumption goes on. For any thread; nothing here blocks. Futures fail
 * with what went wrong, and a failed write is tried again with the next one.
 */
public interface OffsetStore {
    /** What {@link #stored} answers for a queue of which no offset is known. */
    long NONE = -1;

    /** The stored offset, or {@link #NONE}. */
    CompletableFuture<Long> stored(MessageQueue queue);

    /** Remembers an offset; {@link #write} makes it last. */
    void update(MessageQueue queue, long offset);

    /** The queue is another's: what was not written of it never will be. */
    void forget(MessageQueue queue);

    /** Completes when all that was updated of these queues before is stored. */
    CompletableFuture<Void> write(Collection<MessageQueue> queues);
}
