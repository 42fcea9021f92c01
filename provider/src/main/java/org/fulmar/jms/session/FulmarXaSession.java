package org.fulmar.jms.session;

import jakarta.jms.Session;
import jakarta.jms.XASession;
import javax.transaction.xa.XAResource;
import org.fulmar.jms.destination.FulmarDestination;

/**
 * A session whose work a transaction manager controls by its resource (JMS 3.1, section 11.3). Outside of branches it
 * acknowledges automatically. Used by one thread at a time, as every session; its resource by any.
 */
final class FulmarXaSession extends DomainSession implements XASession {
    private final FulmarSession session;

    FulmarXaSession(FulmarSession session) {
        super(session);
        this.session = session;
    }

    @Override
    protected void check(FulmarDestination destination) {
        // of both domains
    }

    @Override
    public Session getSession() {
        return session;
    }

    @Override
    public XAResource getXAResource() {
        return session.xaResource();
    }
}
