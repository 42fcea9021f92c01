package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import jakarta.jms.XAConnection;
import jakarta.jms.XASession;

/** A connection with sessions for transaction managers (JMS 3.1, section 11.3). Any thread may use it. */
public final class FulmarXaConnection extends DomainConnection implements XAConnection {
    public FulmarXaConnection(FulmarConnection connection) {
        super(connection);
    }

    @Override
    public XASession createXASession() throws JMSException {
        return new FulmarXaSession(connection().createXaSession());
    }
}
