package org.fulmar.ra.inbound;

import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ActivationSpec;
import jakarta.resource.spi.endpoint.MessageEndpointFactory;
import jakarta.resource.spi.work.WorkManager;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.connection.SharedConnections;

/**
 * The endpoints of a started adapter. Deliveries and connecting use the server's threads; one thread of its own only
 * keeps time. Any thread may use it.
 */
public final class Endpoints implements AutoCloseable {
    static final Method ON_MESSAGE = onMessage();

    private record Key(MessageEndpointFactory factory, ActivationSpec spec) {}

    private final WorkManager works;
    private final SharedConnections connections;
    private final ScheduledThreadPoolExecutor timer;
    private final Map<Key, Endpoint> endpoints = new HashMap<>();

    /** Made by the thread that starts the adapter. */
    public Endpoints(WorkManager works, SharedConnections connections) {
        this.works = works;
        this.connections = connections;
        ClassLoader own = Endpoints.class.getClassLoader();
        this.timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "fulmar-ra-timer");
            thread.setDaemon(true);
            thread.setContextClassLoader(own);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        // now, so that it does not inherit from an application's thread
        timer.prestartAllCoreThreads();
    }

    private static Method onMessage() {
        try {
            return MessageListener.class.getMethod("onMessage", Message.class);
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Begins to deliver to an endpoint, as soon as its broker is reached.
     *
     * @throws ResourceException if a property names what is not there
     */
    public void activate(MessageEndpointFactory factory, FulmarActivationSpec spec, FulmarResourceAdapter adapter)
            throws ResourceException {
        EndpointSettings settings = EndpointSettings.of(spec, adapter);
        boolean transacted;
        try {
            transacted = factory.isDeliveryTransacted(ON_MESSAGE);
        } catch (NoSuchMethodException e) {
            throw new ResourceException("the endpoint is no jakarta.jms.MessageListener", e);
        }
        Endpoint endpoint = new Endpoint(
                factory,
                settings,
                transacted,
                works,
                connections,
                timer,
                () -> ThreadLocalRandom.current().nextDouble());
        synchronized (this) {
            if (endpoints.putIfAbsent(new Key(factory, spec), endpoint) != null) {
                throw new ResourceException(
                        "the endpoint for " + settings.source().destination() + " is active");
            }
        }
        endpoint.start();
    }

    /** Returns when nothing is delivered to the endpoint any more. */
    public void deactivate(MessageEndpointFactory factory, ActivationSpec spec) {
        Endpoint endpoint;
        synchronized (this) {
            endpoint = endpoints.remove(new Key(factory, spec));
        }
        if (endpoint != null) {
            endpoint.stop();
        }
    }

    /** Stops those that are left. */
    @Override
    public void close() {
        List<Endpoint> left;
        synchronized (this) {
            left = new ArrayList<>(endpoints.values());
            endpoints.clear();
        }
        left.forEach(Endpoint::stop);
        timer.shutdownNow();
    }
}
