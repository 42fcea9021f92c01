package org.fulmar.ra.inbound;

import jakarta.resource.spi.ActivationSpec;
import jakarta.resource.spi.endpoint.MessageEndpointFactory;
import jakarta.resource.spi.work.WorkManager;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.connection.SharedConnections;

/** Stub. */
public final class Endpoints {
    public Endpoints(WorkManager works, SharedConnections connections) {}

    public void activate(MessageEndpointFactory factory, FulmarActivationSpec spec, FulmarResourceAdapter adapter) {}

    public void deactivate(MessageEndpointFactory factory, ActivationSpec spec) {}

    public void close() {}
}
