package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import org.fulmar.jms.message.FulmarMessage;

/** What a receive gives of a message. If it throws, the message is not received, but for CLIENT_ACKNOWLEDGE. */
public interface Reading<T> {
    T of(FulmarMessage message) throws JMSException;
}
