package org.fulmar.broker.store;

/** The store can't take or keep a record; the message says which and what to do. */
public final class StoreException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why, for the code that answers the client. */
    public enum Reason {
        /** The record is larger than the limits allow. */
        TOO_LARGE,
        /** There is no room left on the disk; goes away when there is. */
        DISK_FULL,
        /** Writing or forcing failed; the store takes no more writes until the broker is started again. */
        FAILED
    }

    private final Reason reason;

    public StoreException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public StoreException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
