package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import jakarta.jms.MessageListener;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.message.FulmarMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread of a session's message listeners (JMS 3.1, section 8.7): hands out one message after the other. It begins
 * with the first listener and ends with the session or its connection.
 */
final class ListenerLoop {
    private static final Logger LOG = LoggerFactory.getLogger(ListenerLoop.class);

    private final FulmarSession session;
    private final FulmarConnection connection;
    private final Acknowledgements acknowledgements;
    private final boolean automatic;
    private final Thread thread;

    /**
     * @param automatic whether a message whose listener has failed is delivered again by itself
     */
    ListenerLoop(FulmarSession session, Acknowledgements acknowledgements, boolean automatic) {
        this.session = session;
        this.connection = session.connection();
        this.acknowledgements = acknowledgements;
        this.automatic = automatic;
        this.thread = new Thread(this::listen, "fulmar-session-" + session.id());
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    private void listen() {
        boolean going = true;
        while (going) {
            try {
                going = listenOnce();
            } catch (JMSException e) {
                // with one message; there are others
                going = !connection.isLost() && !session.isClosing();
                if (going) {
                    connection.report(e);
                } else {
                    LOG.debug("session {} has ended", session.id(), e);
                }
            } catch (InterruptedException e) {
                // the thread is this loop's alone, which nobody ends in this way
                LOG.debug("{} was interrupted and goes on", thread.getName(), e);
            }
        }
    }

    /** Waits for a message and hands it to its listener; false when the session has ended. */
    private boolean listenOnce() throws JMSException, InterruptedException {
        Delivery next = null;
        MessageListener listener = null;
        session.lock();
        try {
            while (next == null) {
                if (session.isClosing() || connection.isLost()) {
                    return false;
                }
                FulmarConsumer ready = readyToListen();
                if (ready != null) {
                    listener = ready.listener();
                    next = ready.poll();
                    session.busy();
                } else if (!acknowledgements.hasLazy()) {
                    session.awaitChange();
                } else if (session.awaitChange(TimeUnit.MILLISECONDS.toNanos(Acknowledgements.LAZY_MILLIS)) <= 0) {
                    acknowledgements.flushLazy();
                }
            }
        } finally {
            session.unlock();
        }
        try {
            if (listener != null) {
                feed(next, listener);
            }
        } finally {
            session.quiet();
        }
        return true;
    }

    private @Nullable FulmarConsumer readyToListen() {
        if (connection.feeds()) {
            for (FulmarConsumer consumer : session.consumers()) {
                if (consumer.isBuffered() && consumer.listener() != null) {
                    return consumer;
                }
            }
        }
        return null;
    }

    private void feed(Delivery next, MessageListener listener) throws JMSException {
        try {
            if (next.expired(connection.now())) {
                acknowledgements.settle(next);
            } else {
                call(next, listener);
                acknowledgements.awaitConfirmed();
            }
        } finally {
            if (!next.consumer().isClosed()) {
                next.consumer().askForOne();
            }
        }
    }

    private void call(Delivery next, MessageListener listener) throws JMSException {
        FulmarMessage message;
        try {
            message = session.toMessage(next);
        } catch (JMSException e) {
            // one that nobody can read stays at the broker, and the others are served
            connection.report(e);
            return;
        }
        if (!acknowledgements.begin(next)) {
            next.consumer().putBack(next);
            return;
        }
        try {
            try {
                listener.onMessage(message);
            } finally {
                if (Thread.interrupted()) {
                    LOG.debug("a message listener has left {} interrupted", thread.getName());
                }
            }
            acknowledgements.end(next);
        } catch (RuntimeException | Error e) {
            failed(next, e);
        }
    }

    /**
     * Section 8.7: in the automatic modes a message whose listener has failed is delivered again. In a transaction it is
     * for the client to commit or roll back.
     */
    private void failed(Delivery delivery, Throwable failure) throws JMSException {
        LOG.warn(
                "a message listener failed with message {} of {}",
                delivery.offset(),
                delivery.consumer().destination(),
                failure);
        if (automatic && acknowledgements.hasCurrent() && !session.isClosing()) {
            session.giveBack();
        }
    }
}
