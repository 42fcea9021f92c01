package org.fulmar.client.producer;

import org.fulmar.client.SendResult;

/**
 * How a message was sent in a transaction.
 *
 * @param state what its listener has said; {@link TransactionState#ROLLBACK} if it was not stored safely
 */
public record TransactionResult(SendResult sent, TransactionState state) {}
