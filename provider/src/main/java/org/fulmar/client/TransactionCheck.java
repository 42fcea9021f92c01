package org.fulmar.client;

import org.fulmar.protocol.transport.Connection;

/**
 * A broker's question what became of a half message.
 *
 * @param halfQueueOffset its place in the queue of half messages
 * @param halfPhysicalOffset its place in the broker's log
 * @param from who asks, and gets the answer
 */
public record TransactionCheck(
        ReceivedMessage message,
        long halfQueueOffset,
        long halfPhysicalOffset,
        String messageId,
        String transactionId,
        Connection from) {}
