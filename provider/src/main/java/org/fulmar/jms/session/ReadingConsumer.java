package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import org.jspecify.annotations.Nullable;

/** A consumer that can receive what it makes of a message: one that can't be read so is not received. */
public interface ReadingConsumer extends MessageConsumer {
    /**
     * As {@link #receive(long)}.
     *
     * @param timeoutMillis 0 waits for ever
     */
    <T> @Nullable T receive(long timeoutMillis, Reading<T> reading) throws JMSException;

    /** As {@link #receiveNoWait()}. */
    <T> @Nullable T receiveNoWait(Reading<T> reading) throws JMSException;
}
