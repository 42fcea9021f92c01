package org.fulmar.ra.container;

import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionEvent;
import jakarta.resource.spi.ConnectionEventListener;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.DissociatableManagedConnection;
import jakarta.resource.spi.LazyAssociatableConnectionManager;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionFactory;
import jakarta.resource.spi.ResourceAllocationException;
import jakarta.resource.spi.ValidatingManagedConnectionFactory;
import jakarta.transaction.RollbackException;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.SystemException;
import jakarta.transaction.Transaction;
import jakarta.transaction.TransactionManager;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.security.auth.Subject;

/**
 * What an application server does for an adapter's connections, in small (Jakarta Connectors 2.1, chapters 6 and 7): pools
 * them, shares one inside of a transaction, enlists it in Narayana's transaction, and gives it back when that is over. It
 * writes down what it is told. As some servers, it does not delist what it has enlisted.
 */
public final class Container implements ConnectionManager, LazyAssociatableConnectionManager {
    private static final long serialVersionUID = 1L;

    /** How connections take part in transactions. */
    public enum Support {
        XA,
        LOCAL,
        NONE
    }

    /** A managed connection in use, and whose. */
    private final class Used implements ConnectionEventListener, Synchronization {
        final ManagedConnection managed;
        final ManagedConnectionFactory factory;
        final ConnectionRequestInfo request;
        final Set<Object> handles = Collections.newSetFromMap(new java.util.IdentityHashMap<>());
        Transaction transaction;

        Used(ManagedConnection managed, ManagedConnectionFactory factory, ConnectionRequestInfo request) {
            this.managed = managed;
            this.factory = factory;
            this.request = request;
        }

        @Override
        public void connectionClosed(ConnectionEvent event) {
            synchronized (Container.this) {
                events.add("closed");
                if (!handles.remove(event.getConnectionHandle())) {
                    events.add("closed a handle that is not there");
                }
            }
            releaseIfFree(this);
        }

        @Override
        public void connectionErrorOccurred(ConnectionEvent event) {
            synchronized (Container.this) {
                events.add("error");
                used.remove(this);
                idle.remove(managed);
            }
            managed.removeConnectionEventListener(this);
            destroy(managed);
        }

        @Override
        public void localTransactionStarted(ConnectionEvent event) {
            told("started");
        }

        @Override
        public void localTransactionCommitted(ConnectionEvent event) {
            told("committed");
        }

        @Override
        public void localTransactionRolledback(ConnectionEvent event) {
            told("rolledback");
        }

        @Override
        public void beforeCompletion() {
            // nothing is delisted
        }

        @Override
        public void afterCompletion(int status) {
            try {
                if (support == Support.LOCAL && status == Status.STATUS_COMMITTED) {
                    managed.getLocalTransaction().commit();
                } else if (support == Support.LOCAL) {
                    managed.getLocalTransaction().rollback();
                }
                synchronized (Container.this) {
                    transaction = null;
                }
                if (dissociating && !handles.isEmpty()) {
                    ((DissociatableManagedConnection) managed).dissociateConnections();
                    handles.clear();
                }
            } catch (ResourceException e) {
                told("failed: " + e.getMessage());
            }
            releaseIfFree(this);
        }
    }

    private final transient TransactionManager transactions;
    private final Support support;
    private final transient Set<ManagedConnection> idle = new java.util.LinkedHashSet<>();
    private final transient Set<Used> used = new HashSet<>();
    private final transient List<String> events = new ArrayList<>();
    private transient Subject subject;
    private boolean dissociating;
    private boolean wrapping;
    private int made;

    public Container(TransactionManager transactions, Support support) {
        this.transactions = transactions;
        this.support = support;
    }

    /** As whom the server wants to be connected from now on. */
    public void subject(Subject as) {
        subject = as;
    }

    /** Takes managed connections from handles that are open when a transaction ends. */
    public void dissociating() {
        dissociating = true;
    }

    /** Puts an object of its own before each handle, which has the handle's interfaces alone. */
    public void wrapping() {
        wrapping = true;
    }

    private synchronized void told(String event) {
        events.add(event);
    }

    /** What it was told since it was asked last. */
    public synchronized List<String> events() {
        List<String> all = List.copyOf(events);
        events.clear();
        return all;
    }

    public synchronized Set<ManagedConnection> idle() {
        return new HashSet<>(idle);
    }

    public synchronized int inUse() {
        return used.size();
    }

    /** How many of those in use take part in a transaction. */
    public synchronized long enlisted() {
        return used.stream().filter(each -> each.transaction != null).count();
    }

    /** How many managed connections it has had made. */
    public synchronized int made() {
        return made;
    }

    @Override
    public Object allocateConnection(ManagedConnectionFactory factory, ConnectionRequestInfo request)
            throws ResourceException {
        Used one = use(factory, request);
        try {
            Object handle = one.managed.getConnection(subject, request);
            synchronized (this) {
                one.handles.add(handle);
            }
            return wrapping ? wrapped(handle) : handle;
        } catch (ResourceException e) {
            releaseIfFree(one);
            throw e;
        }
    }

    private static Object wrapped(Object handle) {
        return Proxy.newProxyInstance(
                handle.getClass().getClassLoader(), handle.getClass().getInterfaces(), (proxy, method, args) -> {
                    try {
                        return method.invoke(handle, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Override
    public void associateConnection(Object handle, ManagedConnectionFactory factory, ConnectionRequestInfo request)
            throws ResourceException {
        Used one = use(factory, request);
        one.managed.associateConnection(handle);
        synchronized (this) {
            events.add("associated");
            one.handles.add(handle);
        }
    }

    @Override
    public void inactiveConnectionClosed(Object handle, ManagedConnectionFactory factory) {
        told("closed inactive");
    }

    private Used use(ManagedConnectionFactory factory, ConnectionRequestInfo request) throws ResourceException {
        Transaction transaction = current();
        synchronized (this) {
            for (Used each : used) {
                if (transaction != null
                        && transaction.equals(each.transaction)
                        && each.factory.equals(factory)
                        && each.request.equals(request)) {
                    return each;
                }
            }
        }
        Used one = new Used(take(factory, request), factory, request);
        one.managed.addConnectionEventListener(one);
        synchronized (this) {
            used.add(one);
        }
        if (transaction != null) {
            enlist(one, transaction);
        }
        return one;
    }

    private Transaction current() throws ResourceException {
        try {
            return support != Support.NONE && transactions.getStatus() == Status.STATUS_ACTIVE
                    ? transactions.getTransaction()
                    : null;
        } catch (SystemException e) {
            throw new ResourceException(e);
        }
    }

    private ManagedConnection take(ManagedConnectionFactory factory, ConnectionRequestInfo request)
            throws ResourceException {
        synchronized (this) {
            ManagedConnection found = factory.matchManagedConnections(new HashSet<>(idle), subject, request);
            if (found != null) {
                idle.remove(found);
                return found;
            }
            made++;
        }
        return factory.createManagedConnection(subject, request);
    }

    private void enlist(Used one, Transaction transaction) throws ResourceException {
        try {
            if (support == Support.LOCAL) {
                one.managed.getLocalTransaction().begin();
            } else if (!transaction.enlistResource(one.managed.getXAResource())) {
                throw new ResourceAllocationException("not enlisted");
            }
            one.transaction = transaction;
            transaction.registerSynchronization(one);
        } catch (RollbackException | SystemException e) {
            throw new ResourceException(e);
        }
    }

    /** Begins a transaction, which the handles that are open take part in. */
    public void begin() throws Exception {
        transactions.begin();
        List<Used> open;
        synchronized (this) {
            open = List.copyOf(used);
        }
        for (Used each : open) {
            enlist(each, transactions.getTransaction());
        }
    }

    public void commit() throws Exception {
        transactions.commit();
    }

    public void rollback() throws Exception {
        transactions.rollback();
    }

    private void releaseIfFree(Used one) {
        synchronized (this) {
            if (one.transaction != null || !one.handles.isEmpty() || !used.remove(one)) {
                return;
            }
        }
        one.managed.removeConnectionEventListener(one);
        try {
            one.managed.cleanup();
            synchronized (this) {
                idle.add(one.managed);
            }
        } catch (ResourceException e) {
            told("not cleaned: " + e.getMessage());
            destroy(one.managed);
        }
    }

    /** Cleans up what is in use, as a server does when an application ends without having closed its handles. */
    public void reclaim() {
        List<Used> open;
        synchronized (this) {
            open = List.copyOf(used);
            open.forEach(each -> each.handles.clear());
        }
        open.forEach(this::releaseIfFree);
    }

    private void destroy(ManagedConnection managed) {
        try {
            managed.destroy();
        } catch (ResourceException e) {
            told("not destroyed: " + e.getMessage());
        }
    }

    /** Destroys what the factory says is of no use any more. */
    public void validate(ValidatingManagedConnectionFactory factory) throws ResourceException {
        for (Object each : factory.getInvalidConnections(idle())) {
            synchronized (this) {
                idle.remove(each);
            }
            destroy((ManagedConnection) each);
        }
    }

    /** Destroys everything. */
    public void close() {
        List<ManagedConnection> all = new ArrayList<>();
        synchronized (this) {
            all.addAll(idle);
            used.forEach(each -> all.add(each.managed));
            idle.clear();
            used.clear();
        }
        all.forEach(this::destroy);
    }
}
