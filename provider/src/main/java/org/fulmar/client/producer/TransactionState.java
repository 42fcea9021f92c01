package org.fulmar.client.producer;

/** What becomes of a message that was sent in a transaction. */
public enum TransactionState {
    /** It is delivered. */
    COMMIT,
    /** It is dropped. */
    ROLLBACK,
    /** Not known yet: the broker asks later. */
    UNKNOWN
}
