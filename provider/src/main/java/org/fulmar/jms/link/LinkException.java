package org.fulmar.jms.link;

/**
 * An operation that the broker refused or that got no answer. Converted to a JMSException in one place.
 *
 * <p>With {@link #LOST} and {@link #TIMED_OUT} the broker may have carried the operation out.
 */
public final class LinkException extends Exception {
    /** The code of an operation whose answer was lost, or that was never sent. */
    public static final int LOST = -1;
    /** The code of an operation that was not answered in time, though the connection is there. */
    public static final int TIMED_OUT = -2;
    /** The code of what is asked of a factory that is closed. */
    public static final int CLOSED = -3;

    private static final long serialVersionUID = 1L;

    private final int code;

    /**
     * @param code a response code, or {@link #LOST}
     */
    public LinkException(int code, String message) {
        super(message);
        this.code = code;
    }

    public LinkException(int code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public int code() {
        return code;
    }
}
