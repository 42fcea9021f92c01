package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/** Does several things that must all be done, whichever fail; the first failure is told at the end. Of one thread. */
final class Closing {
    private @Nullable JMSException first;

    /** One of the things. */
    interface Step {
        void run() throws JMSException;
    }

    Closing then(Step step) {
        try {
            step.run();
        } catch (JMSException e) {
            if (first == null) {
                first = e;
            } else {
                first.addSuppressed(e);
            }
        }
        return this;
    }

    void end() throws JMSException {
        if (first != null) {
            throw first;
        }
    }
}
