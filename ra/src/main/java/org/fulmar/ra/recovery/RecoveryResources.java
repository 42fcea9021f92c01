package org.fulmar.ra.recovery;

import jakarta.resource.ResourceException;
import jakarta.resource.spi.ActivationSpec;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import javax.transaction.xa.XAResource;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.connection.BrokerTarget;
import org.fulmar.ra.inbound.FulmarActivationSpec;

/**
 * The resources that transaction managers recover with: one for each broker and user, which lives as long as the adapter.
 * Any thread may use it.
 */
public final class RecoveryResources implements AutoCloseable {
    private final Map<BrokerTarget, RecoveryResource> resources = new HashMap<>();

    /** Those of the brokers that the specifications lead to; a client identifier makes no other broker. */
    public XAResource[] of(FulmarResourceAdapter adapter, ActivationSpec[] specs) throws ResourceException {
        Set<XAResource> found = new LinkedHashSet<>();
        for (ActivationSpec spec : specs) {
            if (spec instanceof FulmarActivationSpec ours) {
                BrokerTarget target = ours.target(adapter);
                found.add(of(new BrokerTarget(target.url(), target.user(), target.password(), null)));
            }
        }
        return found.toArray(new XAResource[0]);
    }

    private synchronized RecoveryResource of(BrokerTarget target) {
        return resources.computeIfAbsent(target, RecoveryResource::new);
    }

    /** Closes their connections. */
    @Override
    public void close() {
        Map<BrokerTarget, RecoveryResource> closing;
        synchronized (this) {
            closing = Map.copyOf(resources);
            resources.clear();
        }
        closing.values().forEach(RecoveryResource::close);
    }
}
