package org.fulmar.broker.delivery;

import java.util.OptionalLong;
import org.fulmar.protocol.message.MessageRecord;

/** Whether a consumer wants a message: the hook for selectors. Runs on the core and must be quick. */
public interface MessageTest {
    boolean matches(MessageRecord message);

    /**
     * The tag hash ({@link org.fulmar.protocol.message.MessageProperties#tagHash}) that every message has which can
     * match, if there is one: a message that the index says has another need not be read.
     */
    default OptionalLong requiredTagHash() {
        return OptionalLong.empty();
    }

    /** Turns a selector's text into a test. */
    interface Compiler {
        /**
         * @throws DeliveryException if the selector is not understood
         */
        MessageTest compile(String selector) throws DeliveryException;
    }
}
