package org.fulmar.client.consumer;

import java.util.List;
import org.fulmar.client.ReceivedMessage;

/** The application's part of a push consumer. Called by the consumer's worker threads. */
@FunctionalInterface
public interface MessageListener {
    /**
     * Processes messages of one queue, at least one. An exception counts as {@link ConsumeResult#RETRY_LATER}.
     *
     * @param messages as many as the option {@code consumeBatch} allows, in their order
     * @param context for this call alone
     */
    ConsumeResult consume(List<ReceivedMessage> messages, ConsumeContext context) throws Exception;
}
