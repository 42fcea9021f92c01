package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import org.fulmar.jms.message.FulmarMessage;
import org.jspecify.annotations.Nullable;

/**
 * How a session's consumers receive synchronously (JMS 3.1, section 8.5). Used by the thread that uses the session; it
 * ends when the consumer or the session is closed by another.
 */
final class Receiving {
    private final FulmarSession session;
    private final FulmarConnection connection;
    private final Acknowledgements acknowledgements;
    private final int mode;

    Receiving(FulmarSession session, Acknowledgements acknowledgements, int mode) {
        this.session = session;
        this.connection = session.connection();
        this.acknowledgements = acknowledgements;
        this.mode = mode;
    }

    /** Waits up to {@code nanos} for a message of a consumer; null if none comes, or the consumer is closed. */
    <T> @Nullable T receive(FulmarConsumer consumer, long nanos, Reading<T> reading) throws JMSException {
        acknowledgements.awaitConfirmed();
        Transaction transaction = session.transactions().current();
        long deadline = nanos == Long.MAX_VALUE ? Long.MAX_VALUE : System.nanoTime() + nanos;
        boolean asked = false;
        while (true) {
            Delivery next = take(consumer, 0);
            if (next == null) {
                acknowledgements.flushLazy();
            }
            if (next == null && nanos > 0) {
                if (!asked) {
                    consumer.askForOne();
                    asked = consumer.isPull();
                }
                next = asked ? takeAsked(consumer, deadline) : take(consumer, deadline);
            }
            if (next == null && !consumer.isClosed() && connection.deliverable() && (nanos == 0 || asked)) {
                // what is at the broker now, or on its way, comes before the answer
                int credit = consumer.isPull() && !asked ? 1 : 0;
                consumer.noLongerWanting();
                connection.tell(at -> at.link().drain(consumer.id(), credit, consumer.isPull()));
                next = take(consumer, 0);
            } else if (next == null) {
                consumer.noLongerWanting();
            }
            if (next == null) {
                return null;
            }
            T result;
            try {
                result = handOut(next, reading, transaction);
            } finally {
                session.quiet();
            }
            if (result != null) {
                return result;
            }
            asked = false;
        }
    }

    /** As {@link #take}, for one that was asked for: if the wait fails, nobody waits for it any more. */
    private @Nullable Delivery takeAsked(FulmarConsumer consumer, long deadline) throws JMSException {
        try {
            return take(consumer, deadline);
        } catch (JMSException e) {
            boolean interrupted = Thread.interrupted();
            try {
                consumer.noLongerWanting();
                connection.tell(at -> at.link().drain(consumer.id(), 0, true));
            } catch (JMSException unasked) {
                e.addSuppressed(unasked);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
            throw e;
        }
    }

    /** The next message of a consumer, until the deadline (0: at once); null if there is none or it is closed. */
    private @Nullable Delivery take(FulmarConsumer consumer, long deadline) throws JMSException {
        session.lock();
        try {
            while (!consumer.isClosed() && !session.isClosing()) {
                if (connection.isLost()) {
                    throw new JMSException("the connection to the broker was lost; make a new one");
                }
                if (consumer.isBuffered() && connection.deliverable()) {
                    session.busy();
                    return consumer.poll();
                }
                if (deadline == Long.MAX_VALUE) {
                    session.awaitChange();
                } else {
                    long left = deadline == 0 ? 0 : deadline - System.nanoTime();
                    if (left <= 0) {
                        return null;
                    }
                    session.awaitChange(left);
                }
            }
            return null;
        } catch (InterruptedException e) {
            throw JmsErrors.interrupted(e);
        } finally {
            session.unlock();
        }
    }

    /** Makes what the application gets, and begins the message's acknowledgement; null if it has expired. */
    private <T> @Nullable T handOut(Delivery next, Reading<T> reading, @Nullable Transaction within)
            throws JMSException {
        if (next.expired(connection.now())) {
            acknowledgements.settle(next);
            return null;
        }
        FulmarMessage message = session.toMessage(next);
        T result;
        try {
            result = reading.of(message);
        } catch (JMSException e) {
            // section 8.6: in these modes it counts as received
            if (mode != Session.CLIENT_ACKNOWLEDGE && within == null || !handedOut(next, within)) {
                next.consumer().putBack(next);
            }
            throw e;
        }
        if (!handedOut(next, within)) {
            next.consumer().putBack(next);
            throw new IllegalStateException(
                    "a transaction of the session was begun or ended while it received; the message is not received");
        }
        return result;
    }

    private boolean handedOut(Delivery next, @Nullable Transaction within) throws JMSException {
        return session.transactions().current() == within && acknowledgements.handedOut(next);
    }
}
