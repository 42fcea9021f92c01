package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import jakarta.jms.MessageFormatException;
import org.fulmar.protocol.message.MalformedPropertyException;

/** Makes exceptions that keep their cause in both places where callers look for it. Stateless. */
final class Failures {

    private Failures() {}

    static MessageFormatException format(String reason, Throwable cause) {
        MessageFormatException failure = new MessageFormatException(reason + ": " + cause);
        failure.initCause(cause);
        if (cause instanceof Exception) {
            failure.setLinkedException((Exception) cause);
        }
        return failure;
    }

    /** What the bytes of a message say is not something that we can have written. */
    static JMSException corrupt(String reason) {
        return new MessageFormatException("malformed message: " + reason);
    }

    static JMSException corrupt(MalformedPropertyException cause) {
        return new MessageFormatException("malformed message: " + cause.getMessage());
    }

    static JMSException corrupt(String reason, Throwable cause) {
        return format("malformed message: " + reason, cause);
    }
}
