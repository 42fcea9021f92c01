package org.fulmar.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.transport.RemotingException;
import org.jspecify.annotations.Nullable;

/**
 * An operation of the client that failed, and how. Futures of this client fail with it alone. Only {@link
 * Kind#TIMED_OUT}, {@link Kind#CONNECTION_LOST} and {@link Kind#MALFORMED_ANSWER} leave open whether a broker has
 * carried the operation out.
 */
public final class ClientException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Sorts of failure. */
    public enum Kind {
        /** No broker is known for the topic, or none that takes part. */
        NO_ROUTE,
        /** The server answered with an error; {@link #code} and {@link #remark} are its own. */
        REFUSED,
        /** No answer in time. */
        TIMED_OUT,
        /** No connection, or it broke before the answer. */
        CONNECTION_LOST,
        /** What the server answered can't be understood. */
        MALFORMED_ANSWER,
        /** The client, producer or consumer is closed. */
        CLOSED,
        /** The message can't be sent as it is. */
        ILLEGAL_MESSAGE,
        /** More is under way than the limits allow; it was not sent. */
        OVERLOADED,
        /** The call is not allowed in this state or with these arguments. */
        ILLEGAL_USE
    }

    private final Kind kind;
    private final int code;
    private final @Nullable String remark;

    public ClientException(Kind kind, String message) {
        this(kind, message, null);
    }

    public ClientException(Kind kind, String message, @Nullable Throwable cause) {
        this(kind, message, cause, -1, null);
    }

    private ClientException(Kind kind, String message, @Nullable Throwable cause, int code, @Nullable String remark) {
        super(message, cause);
        this.kind = kind;
        this.code = code;
        this.remark = remark;
    }

    /** The server {@code who} answered a request with an error. */
    public static ClientException refused(String who, int code, @Nullable String remark) {
        return new ClientException(
                Kind.REFUSED, who + " answered with code " + code + ": " + remark, null, code, remark);
    }

    static ClientException closed(String what) {
        return new ClientException(Kind.CLOSED, what + " is closed");
    }

    /** What a future failed with, as one of these. */
    public static ClientException of(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ClientException known) {
            return known;
        }
        if (cause instanceof RemotingException remoting) {
            Kind kind = switch (remoting.reason()) {
                case TIMED_OUT -> Kind.TIMED_OUT;
                case OVERLOADED -> Kind.OVERLOADED;
                case OVERSIZED -> Kind.MALFORMED_ANSWER;
                case LOST -> Kind.CONNECTION_LOST;
            };
            return new ClientException(kind, String.valueOf(remoting.getMessage()), remoting);
        }
        if (cause instanceof FrameException || cause instanceof IllegalArgumentException) {
            return new ClientException(
                    Kind.MALFORMED_ANSWER, "the server's answer is malformed: " + cause.getMessage(), cause);
        }
        return new ClientException(Kind.CONNECTION_LOST, String.valueOf(cause.getMessage()), cause);
    }

    static <T> CompletableFuture<T> failed(ClientException failure) {
        return CompletableFuture.failedFuture(failure);
    }

    /** The same failure, as seen by the thread that waited for it: with that thread's stack. */
    ClientException seenHere() {
        return new ClientException(kind, String.valueOf(getMessage()), this, code, remark);
    }

    public Kind kind() {
        return kind;
    }

    /** The server's response code, or -1 if none answered. */
    public int code() {
        return code;
    }

    /** What the server said about it. */
    public @Nullable String remark() {
        return remark;
    }
}
