package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.fulmar.protocol.jms.ConsumerPosition;

/**
 * The consumers and sessions of a connection that were closed and may be at the broker still: closed while there was no
 * link, they may just have been made again over the one that comes.
 *
 * <p>Any thread may use it. Whoever closes puts in what he closes before he looks for the link, and takes it out when the
 * broker knows; whoever brings a new link tells the broker of what is in when the link can be seen. So one of them does.
 */
final class Departed {
    private final Set<FulmarConsumer> consumers = ConcurrentHashMap.newKeySet();
    private final Set<FulmarSession> sessions = ConcurrentHashMap.newKeySet();

    void add(FulmarConsumer consumer) {
        consumers.add(consumer);
    }

    void remove(FulmarConsumer consumer) {
        consumers.remove(consumer);
    }

    void add(FulmarSession session) {
        sessions.add(session);
    }

    void remove(FulmarSession session) {
        sessions.remove(session);
    }

    /** Over a new link that others see already. */
    void sayGoodbye(Attached now) throws JMSException {
        for (FulmarConsumer consumer : consumers) {
            JmsErrors.await(now.link().closeConsumer(new ConsumerPosition(consumer.id(), 0, 0)));
            consumers.remove(consumer);
        }
        for (FulmarSession session : sessions) {
            JmsErrors.await(now.link().closeSession(session.untouched()));
            sessions.remove(session);
        }
    }
}
