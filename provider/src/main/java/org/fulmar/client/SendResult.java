package org.fulmar.client;

import org.jspecify.annotations.Nullable;

/**
 * What became of a message that was sent. Immutable.
 *
 * @param messageId what the sender calls it; comma-separated for a batch
 * @param offsetMessageId what the broker calls it; comma-separated for a batch, empty if not told
 * @param offset its place in the queue, of a batch the first one's
 * @param transactionId of a half message
 * @param recallHandle by which a delayed message can be recalled, if the broker gave one
 */
public record SendResult(
        SendStatus status,
        String messageId,
        String offsetMessageId,
        MessageQueue queue,
        long offset,
        @Nullable String transactionId,
        @Nullable String recallHandle) {}
