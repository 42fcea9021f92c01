package org.fulmar.protocol.message;

/** What stands in a message's properties is nothing that a JMS client can have written. */
public final class MalformedPropertyException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedPropertyException(String message) {
        super(message);
    }
}
