package org.fulmar.bench;

import jakarta.jms.JMSException;
import jakarta.jms.Session;

/** A session and its transactions, one after the other. Used by one thread at a time. */
interface Transactions {

    /** The session whose sends and receives between {@link #begin} and {@link #commit} are one transaction. */
    Session session();

    void begin() throws JMSException;

    /** Returns when the provider has confirmed the transaction. */
    void commit() throws JMSException;

    /** The local transactions of a transacted session. */
    static Transactions local(Session session) {
        return new Transactions() {
            @Override
            public Session session() {
                return session;
            }

            @Override
            public void begin() {
                // a transacted session is always in a transaction
            }

            @Override
            public void commit() throws JMSException {
                session.commit();
            }
        };
    }
}
