package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.OpenDestination;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a connection does when its link is lost, and with the next one: temporary destinations are made again under their
 * names, consumers with what they had not been given, and messages whose confirmation was lost are sent again. What the
 * broker had given over the lost link it gives again, flagged.
 *
 * <p>Called by the {@link Lifeline}: {@link #detached} on the event loop, the rest on the thread that reconnects.
 */
final class Restoration implements Lifeline.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(Restoration.class);

    private final FulmarConnection connection;

    Restoration(FulmarConnection connection) {
        this.connection = connection;
    }

    @Override
    public @Nullable String clientId() {
        return connection.clientId();
    }

    @Override
    public void delivered(Deliver deliver, int generation) {
        FulmarConsumer consumer = connection.consumer(deliver.consumerId());
        if (consumer != null) {
            consumer.arrived(deliver, generation);
        }
    }

    @Override
    public void detached(@Nullable Throwable cause, boolean forGood) {
        connection.sessions().forEach(FulmarSession::wake);
        if (forGood) {
            connection.sessions().forEach(session -> session.sends().fail());
        }
        JMSException exception = new JMSException(
                forGood
                        ? "the connection to the broker was lost"
                        : "the connection to the broker was lost; it is being made again");
        if (cause != null) {
            exception.initCause(cause);
        }
        connection.report(exception);
    }

    @Override
    public void restore(Attached next) throws JMSException {
        for (FulmarDestination temporary : connection.temporaries()) {
            restore(temporary, next);
        }
        for (FulmarSession session : connection.sessions()) {
            session.restore(next);
        }
        pump(next);
    }

    private void restore(FulmarDestination temporary, Attached next) throws JMSException {
        try {
            OpenDestination.Reply reply =
                    JmsErrors.await(next.link().createTemporary(Attached.kind(temporary), temporary.name()));
            next.handles().put(temporary, reply.handle());
        } catch (JMSException e) {
            if (JmsErrors.mayPass(e)) {
                throw e;
            }
            // the rest of the connection is worth more
            connection.temporaries().remove(temporary);
            connection.report(e);
        }
    }

    /** Sends what is unconfirmed, opening its destinations. */
    private void pump(Attached at) throws JMSException {
        for (FulmarSession session : connection.sessions()) {
            session.sends().pumpAll(at, true);
        }
    }

    @Override
    public void attached(Attached now) throws JMSException {
        // what was sent while everything was being restored
        pump(now);
        connection.departed().sayGoodbye(now);
        JmsErrors.await(connection.tellStarted(now));
        for (FulmarSession session : connection.sessions()) {
            session.askAgain();
        }
        LOG.info("the broker is found again; all is restored");
        connection.sessions().forEach(FulmarSession::wake);
    }

    @Override
    public void stillDetached() {
        connection.sessions().forEach(session -> session.sends().expire());
    }

    @Override
    public void gaveUp(JMSException why) {
        connection.sessions().forEach(session -> session.sends().fail());
        connection.sessions().forEach(FulmarSession::wake);
        JMSException exception =
                new JMSException("the connection to the broker was lost for good: " + why.getMessage());
        exception.initCause(why);
        connection.report(exception);
    }
}
