package org.fulmar.protocol.transport;

import java.io.IOException;

/** A request that got no answer: not sent, timed out, or the connection was lost. The peer may have carried it out. */
public final class RemotingException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why there is no answer. */
    public enum Reason {
        LOST,
        TIMED_OUT,
        /** Too many requests wait on the connection; this one was not sent. */
        OVERLOADED,
        /** The answer was larger than this client takes in. */
        OVERSIZED
    }

    private final Reason reason;

    public RemotingException(String message) {
        this(Reason.LOST, message);
    }

    public RemotingException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public RemotingException(String message, Throwable cause) {
        super(message, cause);
        this.reason = Reason.LOST;
    }

    public Reason reason() {
        return reason;
    }
}
