package org.fulmar.broker.filter;

import org.jspecify.annotations.Nullable;

/** What the names of a selector or filter stand for in the message that it is tried on. */
interface Values {
    /**
     * @param slot that the name was given when the text was compiled
     */
    @Nullable Object value(int slot);
}
