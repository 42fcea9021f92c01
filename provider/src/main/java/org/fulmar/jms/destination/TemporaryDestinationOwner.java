package org.fulmar.jms.destination;

import jakarta.jms.JMSException;

/**
 * Deletes a temporary destination (section 6.2.2): implemented by the connection that created it, which alone may do
 * so. Called on the application's thread; an implementation must be safe to call from any of them.
 */
@FunctionalInterface
public interface TemporaryDestinationOwner {

    /**
     * Deletes the destination.
     *
     * @throws JMSException if consumers still use it or the connection is closed
     */
    void delete(FulmarDestination destination) throws JMSException;
}
