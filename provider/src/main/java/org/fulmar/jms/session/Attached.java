package org.fulmar.jms.session;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.link.BrokerLink;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.OpenDestination;

/**
 * A link to the broker while it lasts, with what the broker knows by it alone. Any thread may use it.
 *
 * @param generation counts the links of a connection, from 1: what came over one of them is nothing to another
 * @param handles of the destinations that were opened over it
 */
record Attached(int generation, BrokerLink link, Map<FulmarDestination, Integer> handles) {
    Attached(int generation, BrokerLink link) {
        this(generation, link, new ConcurrentHashMap<>());
    }

    /** The broker's handle of a destination, opened there when it is first used. Waits for the broker. */
    int handle(FulmarDestination destination) throws jakarta.jms.JMSException {
        Integer known = handles.get(destination);
        if (known != null) {
            return known;
        }
        OpenDestination.Reply reply = JmsErrors.await(link.openDestination(kind(destination), destination.name()));
        handles.put(destination, reply.handle());
        return reply.handle();
    }

    static DestinationKind kind(FulmarDestination destination) {
        return switch (destination.kind()) {
            case QUEUE -> DestinationKind.QUEUE;
            case TOPIC -> DestinationKind.TOPIC;
            case TEMPORARY_QUEUE -> DestinationKind.TEMPORARY_QUEUE;
            case TEMPORARY_TOPIC -> DestinationKind.TEMPORARY_TOPIC;
        };
    }
}
