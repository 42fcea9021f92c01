package org.fulmar.ra.inbound;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The management bean of an endpoint, in the platform's server for as long as the endpoint is active. */
final class EndpointBean implements EndpointMXBean {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointBean.class);
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final Endpoint endpoint;
    private @Nullable ObjectName registered;

    EndpointBean(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** What can't be managed works all the same. */
    void register() {
        try {
            ObjectName name = new ObjectName("org.fulmar:type=Endpoint,name=" + ObjectName.quote(endpoint.name())
                    + ",id=" + NUMBERS.incrementAndGet());
            ManagementFactory.getPlatformMBeanServer().registerMBean(this, name);
            registered = name;
        } catch (JMException e) {
            LOG.warn("endpoint {} has no management bean", endpoint.name(), e);
        }
    }

    void unregister() {
        ObjectName name = registered;
        registered = null;
        if (name == null) {
            return;
        }
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
        } catch (InstanceNotFoundException e) {
            LOG.debug("somebody else has removed {}", name, e);
        } catch (JMException e) {
            LOG.warn("{} can't be removed", name, e);
        }
    }

    @Override
    public String getName() {
        return endpoint.name();
    }

    @Override
    public String getBroker() {
        return endpoint.settings().target().toString();
    }

    @Override
    public String getState() {
        return endpoint.state();
    }

    @Override
    public boolean isTransacted() {
        return endpoint.isTransacted();
    }

    @Override
    public int getSessions() {
        return endpoint.sessions();
    }

    @Override
    public int getBusySessions() {
        return endpoint.busySessions();
    }

    @Override
    public int getMaxSessions() {
        return endpoint.settings().maxSessions();
    }

    @Override
    public long getDelivered() {
        return endpoint.delivered();
    }

    @Override
    public long getFailures() {
        return endpoint.failures();
    }

    @Override
    public @Nullable String getLastFailure() {
        return endpoint.lastFailure();
    }

    @Override
    public void pause() {
        endpoint.pause();
    }

    @Override
    public void resume() {
        endpoint.resume();
    }
}
