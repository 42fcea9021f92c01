package org.fulmar.client;

/** How safely a message was stored when the broker answered. */
public enum SendStatus {
    /** As safely as the broker is configured to. */
    SEND_OK,
    /** Stored, but not on the disk in time. */
    FLUSH_DISK_TIMEOUT,
    /** Stored, but not copied in time. */
    FLUSH_SLAVE_TIMEOUT,
    /** Stored, but there is no replica to copy to. */
    SLAVE_NOT_AVAILABLE
}
