package org.fulmar.jms.session;

import jakarta.jms.QueueSession;
import jakarta.jms.Session;
import jakarta.jms.XAQueueSession;
import javax.transaction.xa.XAResource;

/** A session of the domain of queues whose work a transaction manager controls (JMS 3.1, section 11.3). */
final class FulmarXaQueueSession extends FulmarQueueSession implements XAQueueSession {
    private final FulmarSession session;

    FulmarXaQueueSession(FulmarSession session) {
        super(session);
        this.session = session;
    }

    @Override
    public Session getSession() {
        return this;
    }

    @Override
    public QueueSession getQueueSession() {
        return this;
    }

    @Override
    public XAResource getXAResource() {
        return session.xaResource();
    }
}
