package org.fulmar.jms.session;

import jakarta.jms.JMSContext;
import jakarta.jms.XAJMSContext;
import java.util.concurrent.atomic.AtomicInteger;
import javax.transaction.xa.XAResource;

/** A context whose work a transaction manager controls (JMS 3.1, section 11.3). Used as any context is. */
final class FulmarXaContext extends FulmarContext implements XAJMSContext {
    FulmarXaContext(FulmarConnection connection, FulmarSession session) {
        super(connection, new AtomicInteger(), session);
    }

    @Override
    public JMSContext getContext() {
        return this;
    }

    @Override
    public XAResource getXAResource() {
        return session().xaResource();
    }
}
