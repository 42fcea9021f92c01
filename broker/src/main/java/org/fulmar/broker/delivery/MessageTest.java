package org.fulmar.broker.delivery;

import org.fulmar.protocol.message.MessageRecord;

/** Whether a consumer wants a message: the hook for selectors. Runs on the core and must be quick. */
public interface MessageTest {
    boolean matches(MessageRecord message);

    /** Turns a selector's text into a test. */
    interface Compiler {
        /**
         * @throws DeliveryException if the selector is not understood
         */
        MessageTest compile(String selector) throws DeliveryException;
    }
}
