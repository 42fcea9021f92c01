package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;

/** What a session handle has made, and closes. */
interface SessionPart {
    /** Gives up what it has at the broker; that is made again when it is used next. */
    void suspend() throws JMSException;

    /** Closed, by the application or with the session. */
    void close() throws JMSException;
}
