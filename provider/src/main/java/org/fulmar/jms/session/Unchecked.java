package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/** Runs what throws JMSException for the simplified API, where it becomes a JMSRuntimeException. Stateless. */
public final class Unchecked {
    /** Gives a value. */
    public interface Get<T> {
        T get() throws JMSException;
    }

    /** Gives a value or null. */
    public interface GetNullable<T> {
        @Nullable T get() throws JMSException;
    }

    /** Does something. */
    public interface Run {
        void run() throws JMSException;
    }

    private Unchecked() {}

    public static <T> T get(Get<T> operation) {
        try {
            return operation.get();
        } catch (JMSException e) {
            throw JmsErrors.runtime(e);
        }
    }

    public static <T> @Nullable T nullable(GetNullable<T> operation) {
        try {
            return operation.get();
        } catch (JMSException e) {
            throw JmsErrors.runtime(e);
        }
    }

    public static void run(Run operation) {
        try {
            operation.run();
        } catch (JMSException e) {
            throw JmsErrors.runtime(e);
        }
    }
}
