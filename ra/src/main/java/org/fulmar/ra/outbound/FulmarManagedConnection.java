package org.fulmar.ra.outbound;

import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.jms.TransactionRolledBackException;
import jakarta.jms.XASession;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionEventListener;
import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.DissociatableManagedConnection;
import jakarta.resource.spi.IllegalStateException;
import jakarta.resource.spi.LocalTransaction;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionMetaData;
import jakarta.resource.spi.SecurityException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import javax.security.auth.Subject;
import javax.transaction.xa.XAResource;
import org.fulmar.ra.connection.BrokerTarget;
import org.fulmar.ra.connection.Failures;
import org.fulmar.ra.connection.SharedConnections;
import org.jspecify.annotations.Nullable;

/**
 * A session that servers pool (Jakarta Connectors 2.1, section 6.5.3), on a leased connection to the broker that others
 * lease too. Its session for global transactions, which acknowledges automatically outside of them, is one for its life;
 * making and using it asks the broker nothing.
 *
 * <p>One thread at a time works with it, of whoever has a handle; the server calls it on any. The monitor guards its
 * handles, and is not held while the broker is waited for.
 */
final class FulmarManagedConnection implements ManagedConnection, DissociatableManagedConnection {
    private final FulmarManagedConnectionFactory factory;
    private final BrokerTarget target;
    private final Leases leases;
    private final SharedConnections.Lease lease;
    private final XASession session;
    private final ThreadedXaResource resource;
    private final LocalWork local;
    private final ConnectionEvents events = new ConnectionEvents(this);
    private final List<FulmarSessionHandle> handles = new ArrayList<>();
    private volatile boolean destroyed;
    private volatile @Nullable PrintWriter logWriter;

    FulmarManagedConnection(FulmarManagedConnectionFactory factory, BrokerTarget target, Leases leases)
            throws JMSException {
        this.factory = factory;
        this.target = target;
        this.leases = leases;
        this.lease = leases.lease(target, factory.shares(), lost -> {
            if (lost) {
                lost();
            }
        });
        XASession made = null;
        try {
            made = lease.connection().createXASession(factory.prefetch());
        } finally {
            if (made == null) {
                lease.close();
                leases.closed();
            }
        }
        this.session = made;
        this.resource = new ThreadedXaResource(made, lease);
        this.local = new LocalWork(lease, factory.prefetch(), events, resource::isActive);
        this.logWriter = factory.getLogWriter();
    }

    // For its handles.

    /**
     * The session that a handle works with now.
     *
     * @throws JMSException if the transaction that it was used in has ended without the application, whose work must not
     *     become effective by itself
     * @param own whether the handle has local transactions of the application's
     */
    Session session(boolean own) throws JMSException {
        if (resource.isActive()) {
            return session.getSession();
        }
        if (local.isServers()) {
            return local.session();
        }
        if (resource.isCutOff()) {
            throw new TransactionRolledBackException(
                    "the server has ended the transaction while the session was used in it, as it took too long");
        }
        return own ? local.applications() : session.getSession();
    }

    /** One to make things with that belong to no transaction. */
    Session plain() throws JMSException {
        return session.getSession();
    }

    /** Whether a transaction of the server is under way. */
    boolean isInTransaction() {
        return resource.isActive() || local.isServers();
    }

    /** Ends the application's own transaction. */
    void end(boolean commit) throws JMSException {
        local.end(commit);
    }

    /** Whether the application has a transaction of its own under way. */
    boolean isWorkingLocally() {
        return local.isApplications();
    }

    /** Whether what it leads to is lost for good, with all that lasts no longer. */
    boolean isGone() {
        return lease.isLost();
    }

    FulmarManagedConnectionFactory factory() {
        return factory;
    }

    /** The application has closed a handle. */
    void closed(FulmarSessionHandle handle) {
        remove(handle);
        if (lease.isLost()) {
            lost();
        }
        events.closed(handle);
    }

    synchronized void remove(FulmarSessionHandle handle) {
        handles.removeIf(each -> each == handle);
    }

    synchronized void add(FulmarSessionHandle handle) throws ResourceException {
        checkUsable();
        handles.add(handle);
    }

    private void lost() {
        if (!destroyed) {
            events.failed(new JMSException("the connection to " + target + " is lost"));
        }
    }

    // For its factory.

    boolean isLost() {
        return destroyed || lease.isLost();
    }

    boolean matches(FulmarManagedConnectionFactory wanted, BrokerTarget to) {
        return !isLost() && target.equals(to) && factory.equals(wanted);
    }

    // For the server.

    private void checkUsable() throws ResourceException {
        if (destroyed) {
            throw new IllegalStateException("the managed connection is destroyed");
        }
    }

    @Override
    public Object getConnection(@Nullable Subject subject, @Nullable ConnectionRequestInfo request)
            throws ResourceException {
        checkUsable();
        if (lease.isLost()) {
            JMSException why = new JMSException("the connection to " + target + " is lost");
            throw Failures.resource("no session", why);
        }
        Credentials wanted = Credentials.of(factory, subject, request);
        if (wanted.user() != null && !factory.target(wanted).equals(target)) {
            throw new SecurityException("a connection to " + target + " can't become another user's");
        }
        FulmarSessionHandle handle = new FulmarSessionHandle(this);
        add(handle);
        return handle;
    }

    /** Moves a handle here from another managed connection, or from none. */
    @Override
    public void associateConnection(@Nullable Object handle) throws ResourceException {
        checkUsable();
        if (!(handle instanceof SessionHandle ours)) {
            throw new ResourceException("not a connection handle of this adapter: " + handle);
        }
        ours.associate(this);
    }

    /** Its handles get another when they are used again. */
    @Override
    public void dissociateConnections() throws ResourceException {
        checkUsable();
        if (local.isApplications()) {
            throw new IllegalStateException("an application has a local transaction on the managed connection");
        }
        Closing closing = new Closing();
        for (FulmarSessionHandle handle : takeHandles()) {
            closing.then(handle::dissociate);
        }
        end(closing, "handles were not dissociated in good order");
    }

    private synchronized List<FulmarSessionHandle> takeHandles() {
        List<FulmarSessionHandle> taken = List.copyOf(handles);
        handles.clear();
        return taken;
    }

    private static void end(Closing closing, String problem) throws ResourceException {
        try {
            closing.end();
        } catch (JMSException e) {
            throw Failures.resource(problem, e);
        }
    }

    /**
     * Nothing of who had it is left: what handles have made is closed, and what was under way locally is rolled back.
     *
     * @throws ResourceException if it can't be used again, and must be destroyed
     */
    @Override
    public void cleanup() throws ResourceException {
        checkUsable();
        Closing closing = new Closing();
        for (FulmarSessionHandle handle : takeHandles()) {
            closing.then(handle::invalidate);
        }
        closing.then(local::cleanUp);
        end(closing, "the managed connection is not as it was");
        if (resource.isActive()) {
            throw new IllegalStateException("the managed connection works on a branch of a transaction still");
        }
        resource.reset();
    }

    /** Gives everything back; again, nothing happens. */
    @Override
    public void destroy() throws ResourceException {
        synchronized (this) {
            if (destroyed) {
                return;
            }
            destroyed = true;
        }
        Closing closing = new Closing();
        for (FulmarSessionHandle handle : takeHandles()) {
            closing.then(handle::invalidate);
        }
        closing.then(local::close).then(session::close);
        lease.close();
        leases.closed();
        end(closing, "the managed connection was not closed in good order");
    }

    @Override
    public void addConnectionEventListener(ConnectionEventListener listener) {
        events.add(listener);
    }

    @Override
    public void removeConnectionEventListener(ConnectionEventListener listener) {
        events.remove(listener);
    }

    /** Always the same; it works as long as the connection to the broker is leased by anybody. */
    @Override
    public XAResource getXAResource() throws ResourceException {
        checkUsable();
        return resource;
    }

    @Override
    public LocalTransaction getLocalTransaction() throws ResourceException {
        checkUsable();
        return local;
    }

    @Override
    public ManagedConnectionMetaData getMetaData() throws ResourceException {
        checkUsable();
        String user = target.user();
        return new AdapterMetaData(user == null ? "" : user);
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter writer) {
        logWriter = writer;
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return logWriter;
    }

    @Override
    public String toString() {
        return "managed connection to " + target;
    }
}
