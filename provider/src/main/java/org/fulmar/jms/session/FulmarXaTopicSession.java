package org.fulmar.jms.session;

import jakarta.jms.Session;
import jakarta.jms.TopicSession;
import jakarta.jms.XATopicSession;
import javax.transaction.xa.XAResource;

/** A session of the domain of topics whose work a transaction manager controls (JMS 3.1, section 11.3). */
final class FulmarXaTopicSession extends FulmarTopicSession implements XATopicSession {
    private final FulmarSession session;

    FulmarXaTopicSession(FulmarSession session) {
        super(session);
        this.session = session;
    }

    @Override
    public Session getSession() {
        return this;
    }

    @Override
    public TopicSession getTopicSession() {
        return this;
    }

    @Override
    public XAResource getXAResource() {
        return session.xaResource();
    }
}
