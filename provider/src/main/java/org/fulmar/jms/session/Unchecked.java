package org.fulmar.jms.session;

import jakarta.jms.JMSException;

/** Runs what throws JMSException for the simplified API, where it becomes a JMSRuntimeException. Stateless. */
final class Unchecked {
    /** Gives a value. */
    interface Get<T extends @org.jspecify.annotations.Nullable Object> {
        T get() throws JMSException;
    }

    /** Does something. */
    interface Run {
        void run() throws JMSException;
    }

    private Unchecked() {}

    static <T extends @org.jspecify.annotations.Nullable Object> T get(Get<T> operation) {
        try {
            return operation.get();
        } catch (JMSException e) {
            throw JmsErrors.runtime(e);
        }
    }

    static void run(Run operation) {
        try {
            operation.run();
        } catch (JMSException e) {
            throw JmsErrors.runtime(e);
        }
    }
}
