package org.fulmar.jms.session;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionConsumer;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Topic;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The part of a connection that makes connection consumers (JMS 3.1, section 11.2). Any thread may use it. */
abstract class ConsumedConnection implements Connection {
    private static final Logger LOG = LoggerFactory.getLogger(ConsumedConnection.class);

    private final Set<FulmarConnectionConsumer> connectionConsumers = ConcurrentHashMap.newKeySet();
    private volatile boolean closing;

    abstract FulmarConnection connection();

    /** Something is done that forbids to set the client identifier. */
    abstract void used();

    final void remove(FulmarConnectionConsumer consumer) {
        connectionConsumers.remove(consumer);
    }

    /** Whether messages may be fed to listeners: not while the connection is being closed, when receives go on still. */
    final boolean feeds() {
        return !closing && connection().deliverable();
    }

    /** The connection's close begins. */
    final void closeConsumers() {
        closing = true;
        for (FulmarConnectionConsumer consumer : connectionConsumers) {
            try {
                consumer.close();
            } catch (JMSException e) {
                LOG.debug("a connection consumer was lost while its connection was closed", e);
            }
        }
    }

    private ConnectionConsumer connectionConsumer(
            @Nullable ServerSessionPool pool, int maxMessages, FulmarConnectionConsumer.Source source)
            throws JMSException {
        return connectionConsumer(pool, maxMessages, connection().options().prefetch(), source);
    }

    private FulmarConnectionConsumer connectionConsumer(
            @Nullable ServerSessionPool pool, int maxMessages, int prefetch, FulmarConnectionConsumer.Source source)
            throws JMSException {
        connection().checkOpen();
        used();
        FulmarConnectionConsumer made =
                FulmarConnectionConsumer.open(connection(), pool, maxMessages, prefetch, source);
        connectionConsumers.add(made);
        made.start();
        return made;
    }

    /** One that an adapter's endpoint needs; each of its server sessions gets one message at a time. */
    final FulmarConnectionConsumer consume(ConsumedSource from, ServerSessionPool pool) throws JMSException {
        return connectionConsumer(pool, 1, from.prefetch(), from::consumer);
    }

    @Override
    public ConnectionConsumer createConnectionConsumer(
            Destination destination, @Nullable String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        return connectionConsumer(pool, maxMessages, holder -> holder.createConsumer(destination, selector));
    }

    @Override
    public ConnectionConsumer createSharedConnectionConsumer(
            Topic topic, String name, @Nullable String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        return connectionConsumer(pool, maxMessages, holder -> holder.createSharedConsumer(topic, name, selector));
    }

    @Override
    public ConnectionConsumer createDurableConnectionConsumer(
            Topic topic, String name, @Nullable String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        return connectionConsumer(
                pool, maxMessages, holder -> holder.createDurableConsumer(topic, name, selector, false));
    }

    @Override
    public ConnectionConsumer createSharedDurableConnectionConsumer(
            Topic topic, String name, @Nullable String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        return connectionConsumer(
                pool, maxMessages, holder -> holder.createSharedDurableConsumer(topic, name, selector));
    }
}
