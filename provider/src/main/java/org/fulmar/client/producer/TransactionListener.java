package org.fulmar.client.producer;

import org.fulmar.client.Message;
import org.fulmar.client.ReceivedMessage;
import org.jspecify.annotations.Nullable;

/** What an application does in its transactions. Thread-safe, as it is called by several threads. */
public interface TransactionListener {
    /**
     * Carries out what belongs to the message, on the thread that sends it and while it waits. What it throws counts as
     * {@link TransactionState#UNKNOWN} and comes out of the send.
     *
     * @param transactionId by which {@link #check} will call it
     */
    TransactionState execute(Message message, @Nullable Object argument, String transactionId);

    /**
     * Says what became of it when a broker asks, which may be about a message of another member of the group. On a thread
     * for such questions; what it throws counts as {@link TransactionState#UNKNOWN}.
     */
    TransactionState check(ReceivedMessage message);
}
