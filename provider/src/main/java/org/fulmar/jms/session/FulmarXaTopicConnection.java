package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import jakarta.jms.XASession;
import jakarta.jms.XATopicConnection;
import jakarta.jms.XATopicSession;

/** A connection of the domain of topics with sessions for transaction managers (JMS 3.1, section 11.3). Any thread may use it. */
public final class FulmarXaTopicConnection extends FulmarTopicConnection implements XATopicConnection {
    public FulmarXaTopicConnection(FulmarConnection connection) {
        super(connection);
    }

    @Override
    public XATopicSession createXATopicSession() throws JMSException {
        return new FulmarXaTopicSession(connection().createXaSession());
    }

    @Override
    public XASession createXASession() throws JMSException {
        return createXATopicSession();
    }
}
