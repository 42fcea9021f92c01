package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import jakarta.jms.XAQueueConnection;
import jakarta.jms.XAQueueSession;
import jakarta.jms.XASession;

/** A connection of the domain of queues with sessions for transaction managers (JMS 3.1, section 11.3). Any thread may use it. */
public final class FulmarXaQueueConnection extends FulmarQueueConnection implements XAQueueConnection {
    public FulmarXaQueueConnection(FulmarConnection connection) {
        super(connection);
    }

    @Override
    public XAQueueSession createXAQueueSession() throws JMSException {
        return new FulmarXaQueueSession(connection().createXaSession());
    }

    @Override
    public XASession createXASession() throws JMSException {
        return createXAQueueSession();
    }
}
