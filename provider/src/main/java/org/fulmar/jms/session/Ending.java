package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/**
 * How the end of a transaction went.
 *
 * @param why it was not done; null if it was
 */
record Ending(Result result, @Nullable JMSException why) {
    enum Result {
        /** Committed, or prepared. */
        DONE,
        /** It was not done, and never will be. */
        ROLLED_BACK,
        /** The broker may have done it or not. */
        UNKNOWN
    }

    static final Ending DONE = new Ending(Result.DONE, null);

    static Ending rolledBack(JMSException why) {
        return new Ending(Result.ROLLED_BACK, why);
    }

    static Ending unknown(JMSException why) {
        return new Ending(Result.UNKNOWN, why);
    }
}
