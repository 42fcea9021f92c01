package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/** The transactions of one session: which one its work belongs to, and what its commit and rollback do. */
interface Transactions {
    /** The one that what is sent and received now belongs to; null if it belongs to none. */
    @Nullable Transaction current();

    /** What the session says of itself. */
    boolean isTransacted();

    void commit() throws JMSException;

    void rollback() throws JMSException;

    /** The session closes, and its link is there: gives back what its end at the broker would not. */
    void close() throws JMSException;

    /** Whether the session has messages that a transaction needs which outlives it; it tells when that is over. */
    boolean outlive();

    /** Whether the session's own transaction has received messages that another session holds. */
    boolean needs(FulmarSession holder);

    /** Of a session that is not transacted. */
    Transactions NONE = new Transactions() {
        @Override
        public @Nullable Transaction current() {
            return null;
        }

        @Override
        public boolean isTransacted() {
            return false;
        }

        @Override
        public void commit() throws JMSException {
            throw new IllegalStateException("the session is not transacted");
        }

        @Override
        public void rollback() throws JMSException {
            throw new IllegalStateException("the session is not transacted");
        }

        @Override
        public void close() {}

        @Override
        public boolean outlive() {
            return false;
        }

        @Override
        public boolean needs(FulmarSession holder) {
            return false;
        }
    };
}
