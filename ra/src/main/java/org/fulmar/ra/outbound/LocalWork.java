package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.IllegalStateException;
import jakarta.resource.spi.LocalTransaction;
import jakarta.resource.spi.LocalTransactionException;
import java.util.function.BooleanSupplier;
import org.fulmar.ra.connection.SharedConnections;
import org.jspecify.annotations.Nullable;

/**
 * The local transactions of a managed connection: the server's, or the application's own, one at a time. They have a
 * session of their own, made when the first begins. Used by one thread at a time, as the managed connection is.
 */
final class LocalWork implements LocalTransaction {
    private enum Whose {
        NOBODYS,
        SERVERS,
        APPLICATIONS
    }

    private final SharedConnections.Lease lease;
    private final int prefetch;
    private final ConnectionEvents events;
    private final BooleanSupplier inBranch;
    private @Nullable Session session;
    private volatile Whose transaction = Whose.NOBODYS;

    /**
     * @param inBranch whether a global transaction is under way, which lets no other begin
     */
    LocalWork(SharedConnections.Lease lease, int prefetch, ConnectionEvents events, BooleanSupplier inBranch) {
        this.lease = lease;
        this.prefetch = prefetch;
        this.events = events;
        this.inBranch = inBranch;
    }

    /** Whether the server has begun one. */
    boolean isServers() {
        return transaction == Whose.SERVERS;
    }

    boolean isApplications() {
        return transaction == Whose.APPLICATIONS;
    }

    /** The session that works in the transaction. */
    Session session() throws JMSException {
        Session there = session;
        if (there == null) {
            there = lease.connection().createSession(Session.SESSION_TRANSACTED, prefetch);
            session = there;
        }
        return there;
    }

    /** An application works in its own transaction, which begins with that. */
    Session applications() throws JMSException {
        Session working = session();
        if (transaction == Whose.NOBODYS) {
            transaction = Whose.APPLICATIONS;
            events.localStarted();
        }
        return working;
    }

    /** Ends the application's transaction, if it has done anything in it. */
    void end(boolean commit) throws JMSException {
        if (transaction != Whose.APPLICATIONS) {
            return;
        }
        transaction = Whose.NOBODYS;
        boolean committed = false;
        try {
            if (commit) {
                session().commit();
                committed = true;
            } else {
                session().rollback();
            }
        } finally {
            if (committed) {
                events.localCommitted();
            } else {
                events.localRolledBack();
            }
        }
    }

    @Override
    public void begin() throws ResourceException {
        if (transaction != Whose.NOBODYS || inBranch.getAsBoolean()) {
            throw new IllegalStateException("the managed connection has a transaction already");
        }
        try {
            session();
        } catch (JMSException e) {
            throw new LocalTransactionException("no local transaction can begin: " + e.getMessage(), e);
        }
        transaction = Whose.SERVERS;
    }

    @Override
    public void commit() throws ResourceException {
        Session working = ending();
        try {
            working.commit();
        } catch (JMSException e) {
            throw new LocalTransactionException("the local transaction is not committed: " + e.getMessage(), e);
        }
    }

    @Override
    public void rollback() throws ResourceException {
        Session working = ending();
        try {
            working.rollback();
        } catch (JMSException e) {
            throw new LocalTransactionException(
                    "the local transaction is not rolled back in good order: " + e.getMessage(), e);
        }
    }

    private Session ending() throws ResourceException {
        Session working = session;
        if (transaction != Whose.SERVERS || working == null) {
            throw new IllegalStateException("the server has begun no local transaction on the managed connection");
        }
        transaction = Whose.NOBODYS;
        return working;
    }

    /** Whatever was under way is rolled back, and nobody told. */
    void cleanUp() throws JMSException {
        Session working = session;
        if (transaction != Whose.NOBODYS && working != null) {
            transaction = Whose.NOBODYS;
            working.rollback();
        }
    }

    void close() throws JMSException {
        Session closing = session;
        session = null;
        transaction = Whose.NOBODYS;
        if (closing != null) {
            closing.close();
        }
    }
}
