package org.fulmar.broker.filter;

import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/** What the names of a selector or filter stand for in the message that it is tried on. */
interface Values {
    /** From now on they are those of a message, which must not change before {@link #close}. */
    void open(MessageRecord message);

    /** Forgets the message. */
    void close();

    /**
     * @param slot that the name was given when the text was compiled
     */
    @Nullable Object value(int slot);
}
