package org.fulmar.ra.recovery;

import jakarta.jms.JMSException;
import jakarta.jms.XAConnection;
import java.util.concurrent.locks.ReentrantLock;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.connection.BrokerTarget;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists and ends the branches of one broker. It connects when it is first used, and again after a failure; a broker that
 * is away is told at once, so that the recovery of others is not held up.
 *
 * <p>Any thread may use it; a lock, held while the broker answers, lets one at a time.
 */
final class RecoveryResource implements XAResource {
    private static final Logger LOG = LoggerFactory.getLogger(RecoveryResource.class);

    private final BrokerTarget target;
    private final ReentrantLock turn = new ReentrantLock();
    private @Nullable FulmarConnectionFactory factory;
    private @Nullable XAConnection connection;
    private @Nullable XAResource resource;

    RecoveryResource(BrokerTarget target) {
        this.target = target;
    }

    /** What is asked of the session's resource. */
    private interface Question<T> {
        T of(XAResource resource) throws XAException;
    }

    private <T> T ask(Question<T> question) throws XAException {
        turn.lock();
        try {
            return question.of(connected());
        } catch (XAException e) {
            if (e.errorCode == XAException.XAER_RMFAIL || e.errorCode == XAException.XAER_RMERR) {
                disconnect();
            }
            throw e;
        } finally {
            turn.unlock();
        }
    }

    private XAResource connected() throws XAException {
        XAResource there = resource;
        if (there != null) {
            return there;
        }
        try {
            FulmarConnectionFactory made = new FulmarConnectionFactory(url());
            factory = made;
            XAConnection opened = target.user() == null
                    ? made.createXAConnection()
                    : made.createXAConnection(target.user(), target.password());
            connection = opened;
            XAResource fresh = opened.createXASession().getXAResource();
            resource = fresh;
            return fresh;
        } catch (JMSException e) {
            disconnect();
            XAException failure = new XAException("no recovery at " + target + ": " + e.getMessage());
            failure.errorCode = XAException.XAER_RMFAIL;
            failure.initCause(e);
            throw failure;
        }
    }

    /** The URL, with no waiting for a broker that is away, unless it says so itself. */
    private String url() {
        String url = target.url();
        if (url.contains("reconnect=")) {
            return url;
        }
        return url + (url.contains("?") ? "&" : "?") + "reconnect=false";
    }

    private void disconnect() {
        XAConnection closing = connection;
        FulmarConnectionFactory made = factory;
        resource = null;
        connection = null;
        factory = null;
        try {
            if (closing != null) {
                closing.close();
            }
        } catch (JMSException e) {
            LOG.debug("the connection for recovery at {} was lost", target, e);
        }
        if (made != null) {
            made.close();
        }
    }

    void close() {
        turn.lock();
        try {
            disconnect();
        } finally {
            turn.unlock();
        }
    }

    @Override
    public Xid[] recover(int flags) throws XAException {
        return ask(at -> at.recover(flags));
    }

    @Override
    public void commit(Xid xid, boolean onePhase) throws XAException {
        ask(at -> {
            at.commit(xid, onePhase);
            return xid;
        });
    }

    @Override
    public void rollback(Xid xid) throws XAException {
        ask(at -> {
            at.rollback(xid);
            return xid;
        });
    }

    @Override
    public void forget(Xid xid) throws XAException {
        ask(at -> {
            at.forget(xid);
            return xid;
        });
    }

    @Override
    public int prepare(Xid xid) throws XAException {
        return ask(at -> at.prepare(xid));
    }

    @Override
    public void start(Xid xid, int flags) throws XAException {
        throw noWork();
    }

    @Override
    public void end(Xid xid, int flags) throws XAException {
        throw noWork();
    }

    private static XAException noWork() {
        XAException failure = new XAException("a resource for recovery has no work of its own");
        failure.errorCode = XAException.XAER_PROTO;
        return failure;
    }

    @Override
    public boolean isSameRM(@Nullable XAResource other) {
        return other instanceof RecoveryResource ours && ours.target.equals(target);
    }

    @Override
    public int getTransactionTimeout() {
        return 0;
    }

    /** There is no work that could take too long. */
    @Override
    public boolean setTransactionTimeout(int seconds) {
        return false;
    }
}
