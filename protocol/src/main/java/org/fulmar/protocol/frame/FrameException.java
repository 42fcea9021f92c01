package org.fulmar.protocol.frame;

/** Bytes that are no valid frame, or a header field that is missing or malformed; the message names what and the limit. */
public final class FrameException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public FrameException(String message) {
        super(message);
    }

    public FrameException(String message, Throwable cause) {
        super(message, cause);
    }
}
