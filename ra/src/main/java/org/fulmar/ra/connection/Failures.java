package org.fulmar.ra.connection;

import jakarta.jms.InvalidClientIDException;
import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import jakarta.resource.ResourceException;
import org.jspecify.annotations.Nullable;

/** The one place where failures of JMS, of connectors and of the JDK become each other, with their cause kept. */
public final class Failures {
    private Failures() {}

    /** A JMS exception with a cause. */
    public static JMSException of(String message, @Nullable Throwable cause) {
        JMSException failure = new JMSException(message + (cause == null ? "" : ": " + cause.getMessage()));
        failure.initCause(cause);
        if (cause instanceof Exception exception) {
            failure.setLinkedException(exception);
        }
        return failure;
    }

    /** A failure that was thrown on another thread, for this one: of the same type, if it is one that callers tell apart. */
    static JMSException again(JMSException failure) {
        String text = failure.getMessage();
        String code = failure.getErrorCode();
        JMSException fresh = failure instanceof JMSSecurityException
                ? new JMSSecurityException(text, code)
                : failure instanceof InvalidClientIDException
                        ? new InvalidClientIDException(text, code)
                        : new JMSException(text, code);
        fresh.initCause(failure);
        fresh.setLinkedException(failure);
        return fresh;
    }

    /** What a server is told. */
    public static ResourceException resource(String message, Throwable cause) {
        return new ResourceException(message + ": " + cause.getMessage(), cause);
    }

    /** What an application is told: the server's cause, if that was a failure of JMS. */
    public static JMSException jms(ResourceException failure) {
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof JMSException ours) {
                return ours;
            }
        }
        return of("the server gives no connection", failure);
    }
}
