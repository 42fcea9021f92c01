package org.fulmar.ra.outbound;

import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionEvent;
import jakarta.resource.spi.ConnectionEventListener;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands in for a server's connection manager where there is none: makes a managed connection for each request, and
 * destroys it when its handle is closed or it is lost. Any thread may use it.
 */
final class OneByOne implements ConnectionManager {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(OneByOne.class);

    @Override
    public Object allocateConnection(ManagedConnectionFactory factory, @Nullable ConnectionRequestInfo request)
            throws ResourceException {
        ManagedConnection made = factory.createManagedConnection(null, request);
        made.addConnectionEventListener(new Ends());
        try {
            return made.getConnection(null, request);
        } catch (ResourceException e) {
            made.destroy();
            throw e;
        }
    }

    private static final class Ends implements ConnectionEventListener {
        @Override
        public void connectionClosed(ConnectionEvent event) {
            destroy(event);
        }

        @Override
        public void connectionErrorOccurred(ConnectionEvent event) {
            destroy(event);
        }

        private static void destroy(ConnectionEvent event) {
            try {
                ((ManagedConnection) event.getSource()).destroy();
            } catch (ResourceException e) {
                LOG.warn("a managed connection was not closed in good order", e);
            }
        }

        @Override
        public void localTransactionStarted(ConnectionEvent event) {
            // the application's own
        }

        @Override
        public void localTransactionCommitted(ConnectionEvent event) {
            // the application's own
        }

        @Override
        public void localTransactionRolledback(ConnectionEvent event) {
            // the application's own
        }
    }
}
