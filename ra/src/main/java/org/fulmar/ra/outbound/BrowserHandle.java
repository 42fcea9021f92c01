package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import java.util.Enumeration;
import org.jspecify.annotations.Nullable;

/** A browser of a session handle. Used by the thread that uses the session. */
final class BrowserHandle extends SessionObject<QueueBrowser> implements QueueBrowser {
    private final Queue queue;
    private final @Nullable String selector;

    BrowserHandle(FulmarSessionHandle handle, Queue queue, @Nullable String selector) {
        super(handle, "browser");
        this.queue = queue;
        this.selector = selector;
    }

    @Override
    QueueBrowser make(Session session) throws JMSException {
        return session.createBrowser(queue, selector);
    }

    @Override
    void close(QueueBrowser browser) throws JMSException {
        browser.close();
    }

    @Override
    public Queue getQueue() throws JMSException {
        return object().getQueue();
    }

    @Override
    public @Nullable String getMessageSelector() throws JMSException {
        return object().getMessageSelector();
    }

    @Override
    public Enumeration<?> getEnumeration() throws JMSException {
        return object().getEnumeration();
    }
}
