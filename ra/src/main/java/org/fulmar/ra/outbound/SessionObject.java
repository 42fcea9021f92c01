package org.fulmar.ra.outbound;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import org.jspecify.annotations.Nullable;

/**
 * An object of a session that works with another one, of the session that its handle works with now: when that is
 * another than before, the object is made again. The monitor guards which one there is, and is not held while one is
 * made. One thread uses it at a time, as the session; any may close it.
 */
abstract class SessionObject<T> implements SessionPart {
    private final FulmarSessionHandle handle;
    private final String name;
    private @Nullable T made;
    private @Nullable Session of;
    private boolean closed;

    /**
     * @param name what to call it
     */
    SessionObject(FulmarSessionHandle handle, String name) {
        this.handle = handle;
        this.name = name;
    }

    final FulmarSessionHandle handle() {
        return handle;
    }

    /** Makes one. */
    abstract T make(Session session) throws JMSException;

    abstract void close(T object) throws JMSException;

    final void checkOpen() throws JMSException {
        if (isClosed()) {
            throw new IllegalStateException("the " + name + " is closed");
        }
        handle.checkOpen();
    }

    final synchronized boolean isClosed() {
        return closed;
    }

    /** The one to work with. */
    final T object() throws JMSException {
        checkOpen();
        Session now = handle.session();
        T before;
        synchronized (this) {
            before = made;
            if (before != null && of == now) {
                return before;
            }
            made = null;
        }
        if (before != null) {
            close(before);
        }
        T fresh = make(now);
        synchronized (this) {
            if (!closed) {
                made = fresh;
                of = now;
                return fresh;
            }
        }
        close(fresh);
        throw new IllegalStateException("the " + name + " is closed");
    }

    private synchronized @Nullable T take(boolean forGood) {
        T taken = made;
        made = null;
        of = null;
        closed |= forGood;
        return taken;
    }

    @Override
    public final void suspend() throws JMSException {
        T there = take(false);
        if (there != null) {
            close(there);
        }
    }

    @Override
    public void close() throws JMSException {
        T there = take(true);
        handle.remove(this);
        if (there != null) {
            close(there);
        }
    }
}
