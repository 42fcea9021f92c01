package org.fulmar.protocol.transport;

import java.io.IOException;

/** A request that got no answer: not sent, timed out, or the connection was lost. The peer may have carried it out. */
public final class RemotingException extends IOException {
    private static final long serialVersionUID = 1L;

    public RemotingException(String message) {
        super(message);
    }

    public RemotingException(String message, Throwable cause) {
        super(message, cause);
    }
}
