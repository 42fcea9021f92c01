package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.InvalidClientIDRuntimeException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidDestinationRuntimeException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.InvalidSelectorRuntimeException;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.JMSSecurityRuntimeException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageFormatRuntimeException;
import jakarta.jms.MessageNotWriteableException;
import jakarta.jms.MessageNotWriteableRuntimeException;
import jakarta.jms.ResourceAllocationException;
import jakarta.jms.ResourceAllocationRuntimeException;
import jakarta.jms.TransactionInProgressException;
import jakarta.jms.TransactionInProgressRuntimeException;
import jakarta.jms.TransactionRolledBackException;
import jakarta.jms.TransactionRolledBackRuntimeException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.fulmar.jms.link.LinkException;
import org.fulmar.protocol.command.ResponseCode;

/** The one place where failures become the exceptions of JMS, with their cause and code kept. Stateless. */
public final class JmsErrors {
    private static final int NOT_ASKED = -100;

    private JmsErrors() {}

    /** Waits for an operation; its failure is thrown as a JMSException. */
    static <T> T await(CompletableFuture<T> operation) throws JMSException {
        try {
            return operation.get();
        } catch (ExecutionException e) {
            throw of(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Whether an operation has failed because its connection was lost: it may have been carried out. */
    static boolean isLost(JMSException e) {
        return e.getCause() instanceof LinkException link && link.code() == LinkException.LOST;
    }

    /** Whether the broker has not said no: it was not reached, has not answered, or can't answer now. */
    static boolean mayPass(JMSException e) {
        return e.getCause() instanceof InterruptedException
                || e.getCause() instanceof LinkException link
                        && (link.code() == LinkException.LOST
                                || link.code() == LinkException.TIMED_OUT
                                || link.code() == ResponseCode.SERVICE_NOT_AVAILABLE
                                || link.code() == ResponseCode.SYSTEM_BUSY
                                || link.code() == ResponseCode.SYSTEM_ERROR);
    }

    /** Whether an operation was not answered in time: the broker may be frozen, or carry it out later. */
    static boolean isTimedOut(JMSException e) {
        return e.getCause() instanceof LinkException link && link.code() == LinkException.TIMED_OUT;
    }

    /** Whether the broker gets a name as it is: UTF-8 has no unpaired surrogates, and different names would be one. */
    static boolean canBeSent(String name) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(name);
    }

    static JMSException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return with(new JMSException("the thread was interrupted while it waited for the broker"), cause);
    }

    public static JMSException of(Throwable failure) {
        if (failure instanceof JMSException known) {
            return known;
        }
        if (failure instanceof LinkException link) {
            return with(ofCode(link.code(), String.valueOf(link.getMessage())), link);
        }
        return with(new JMSException(failure.toString()), failure);
    }

    private static JMSException ofCode(int code, String message) {
        String text = Integer.toString(code);
        return switch (code) {
            case ResponseCode.JMS_SECURITY, ResponseCode.NO_PERMISSION -> new JMSSecurityException(message, text);
            case ResponseCode.JMS_INVALID_DESTINATION, ResponseCode.TOPIC_NOT_EXIST ->
                new InvalidDestinationException(message, text);
            case ResponseCode.JMS_INVALID_SELECTOR -> new InvalidSelectorException(message, text);
            case ResponseCode.JMS_INVALID_CLIENT_ID -> new InvalidClientIDException(message, text);
            case ResponseCode.JMS_TRANSACTION_ROLLED_BACK -> new TransactionRolledBackException(message, text);
            case ResponseCode.JMS_ILLEGAL_STATE,
                    ResponseCode.JMS_TRANSACTION_UNKNOWN,
                    ResponseCode.JMS_TRANSACTION_STATE -> new IllegalStateException(message, text);
            case ResponseCode.JMS_RESOURCE, ResponseCode.SYSTEM_BUSY -> new ResourceAllocationException(message, text);
            default -> new JMSException(message, text);
        };
    }

    /** What fails because a connection was lost before. */
    static JMSException lost(String message) {
        return of(new LinkException(LinkException.LOST, message));
    }

    /** Whether the broker has failed with it, so that it may be done when it is back. */
    static boolean isStoreFailure(JMSException e) {
        return code(e) == ResponseCode.SERVICE_NOT_AVAILABLE || code(e) == ResponseCode.SYSTEM_ERROR;
    }

    static boolean isInterrupted(JMSException e) {
        return e.getCause() instanceof InterruptedException;
    }

    /** The code that an operation failed with, or -100 if it did not come to be asked. */
    static int code(JMSException e) {
        return e.getCause() instanceof LinkException link ? link.code() : NOT_ASKED;
    }

    /** A commit has failed with this, and was rolled back. */
    static JMSException rolledBack(JMSException why) {
        return why instanceof TransactionRolledBackException
                ? why
                : with(
                        new TransactionRolledBackException(
                                "the transaction was rolled back: " + why.getMessage(), why.getErrorCode()),
                        why);
    }

    static JMSException with(JMSException exception, Throwable cause) {
        exception.initCause(cause);
        if (cause instanceof Exception linked) {
            exception.setLinkedException(linked);
        }
        return exception;
    }

    /** The unchecked form, for the simplified API (JMS 3.1, section 6.1.2). */
    public static JMSRuntimeException runtime(JMSException e) {
        String message = e.getMessage();
        String code = e.getErrorCode();
        if (e instanceof IllegalStateException) {
            return new IllegalStateRuntimeException(message, code, e);
        } else if (e instanceof InvalidDestinationException) {
            return new InvalidDestinationRuntimeException(message, code, e);
        } else if (e instanceof InvalidSelectorException) {
            return new InvalidSelectorRuntimeException(message, code, e);
        } else if (e instanceof InvalidClientIDException) {
            return new InvalidClientIDRuntimeException(message, code, e);
        } else if (e instanceof JMSSecurityException) {
            return new JMSSecurityRuntimeException(message, code, e);
        } else if (e instanceof ResourceAllocationException) {
            return new ResourceAllocationRuntimeException(message, code, e);
        } else if (e instanceof MessageFormatException) {
            return new MessageFormatRuntimeException(message, code, e);
        } else if (e instanceof MessageNotWriteableException) {
            return new MessageNotWriteableRuntimeException(message, code, e);
        } else if (e instanceof TransactionRolledBackException) {
            return new TransactionRolledBackRuntimeException(message, code, e);
        } else if (e instanceof TransactionInProgressException) {
            return new TransactionInProgressRuntimeException(message, code, e);
        }
        return new JMSRuntimeException(message, code, e);
    }
}
