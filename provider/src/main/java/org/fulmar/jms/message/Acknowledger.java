package org.fulmar.jms.message;

import jakarta.jms.JMSException;

/**
 * What {@link jakarta.jms.Message#acknowledge} does (section 6.2.10): given by the session that delivered the message,
 * and called on whatever thread the application acknowledges from.
 */
@FunctionalInterface
public interface Acknowledger {

    /**
     * Acknowledges the messages that the session has delivered.
     *
     * @throws JMSException if that fails; an {@link jakarta.jms.IllegalStateException} if the session is closed
     */
    void acknowledge() throws JMSException;
}
