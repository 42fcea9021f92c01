package org.fulmar.jms.session;

import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter's endpoint consumes: a queue, or a subscription of any kind (JMS 3.1, section 4.11). Immutable.
 *
 * @param subscription its name; null for a queue, and for a subscription that is neither durable nor shared
 * @param noLocal whether what the consuming connection publishes is passed over; of unshared subscriptions
 * @param prefetch messages sent ahead, from 0, which sends one when it is asked for
 */
public record ConsumedSource(
        Destination destination,
        @Nullable String subscription,
        boolean durable,
        boolean shared,
        @Nullable String selector,
        boolean noLocal,
        int prefetch) {

    MessageConsumer consumer(Session on) throws JMSException {
        if (subscription == null) {
            return on.createConsumer(destination, selector, noLocal);
        }
        Topic topic = (Topic) destination;
        if (!shared) {
            return on.createDurableConsumer(topic, subscription, selector, noLocal);
        }
        return durable
                ? on.createSharedDurableConsumer(topic, subscription, selector)
                : on.createSharedConsumer(topic, subscription, selector);
    }
}
