package org.fulmar.ra.outbound;

import jakarta.resource.spi.ConnectionEvent;
import jakarta.resource.spi.ConnectionEventListener;
import jakarta.resource.spi.ManagedConnection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Tells the server what becomes of a managed connection. Any thread may use it. */
final class ConnectionEvents {
    private final ManagedConnection source;
    private final List<ConnectionEventListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean failed = new AtomicBoolean();

    ConnectionEvents(ManagedConnection source) {
        this.source = source;
    }

    void add(ConnectionEventListener listener) {
        listeners.add(listener);
    }

    void remove(ConnectionEventListener listener) {
        listeners.remove(listener);
    }

    /** An application has closed a handle. */
    void closed(Object handle) {
        ConnectionEvent event = event(ConnectionEvent.CONNECTION_CLOSED, null);
        event.setConnectionHandle(handle);
        listeners.forEach(listener -> listener.connectionClosed(event));
    }

    /** The managed connection is of no use any more; told once. */
    void failed(Exception why) {
        if (failed.compareAndSet(false, true)) {
            ConnectionEvent event = event(ConnectionEvent.CONNECTION_ERROR_OCCURRED, why);
            listeners.forEach(listener -> listener.connectionErrorOccurred(event));
        }
    }

    void localStarted() {
        ConnectionEvent event = event(ConnectionEvent.LOCAL_TRANSACTION_STARTED, null);
        listeners.forEach(listener -> listener.localTransactionStarted(event));
    }

    void localCommitted() {
        ConnectionEvent event = event(ConnectionEvent.LOCAL_TRANSACTION_COMMITTED, null);
        listeners.forEach(listener -> listener.localTransactionCommitted(event));
    }

    void localRolledBack() {
        ConnectionEvent event = event(ConnectionEvent.LOCAL_TRANSACTION_ROLLEDBACK, null);
        listeners.forEach(listener -> listener.localTransactionRolledback(event));
    }

    private ConnectionEvent event(int id, @Nullable Exception why) {
        return new ConnectionEvent(source, id, why);
    }
}
