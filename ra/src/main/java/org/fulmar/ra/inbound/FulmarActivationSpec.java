package org.fulmar.ra.inbound;

import jakarta.resource.ResourceException;
import jakarta.resource.spi.ActivationSpec;
import jakarta.resource.spi.ResourceAdapter;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.connection.BrokerTarget;

/** Stub. */
public class FulmarActivationSpec implements ActivationSpec {
    @Override
    public void validate() {}

    public BrokerTarget target(FulmarResourceAdapter adapter) throws ResourceException {
        return adapter.target(null, null, null, null);
    }

    @Override
    public ResourceAdapter getResourceAdapter() {
        throw new IllegalStateException();
    }

    @Override
    public void setResourceAdapter(ResourceAdapter adapter) {}
}
