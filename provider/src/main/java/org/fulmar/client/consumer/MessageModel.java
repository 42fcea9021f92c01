package org.fulmar.client.consumer;

/** Who of a group gets a message. */
public enum MessageModel {
    /** One member; offsets are kept at the brokers. */
    CLUSTERING,
    /** Every member; each keeps its offsets in a file of its own, and nothing is retried. */
    BROADCASTING
}
