package org.fulmar.client.producer;

import java.util.List;
import org.fulmar.client.Message;
import org.fulmar.client.MessageQueue;
import org.jspecify.annotations.Nullable;

/** Chooses the queue that a message goes to. Thread-safe; called by whoever sends, must not block. */
@FunctionalInterface
public interface QueueSelector {
    /**
     * @param queues all that the topic can be sent to, sorted; never empty
     * @param argument what was given with the send
     * @return one of the queues; anything else fails the send
     */
    @Nullable MessageQueue select(List<MessageQueue> queues, Message message, @Nullable Object argument);
}
