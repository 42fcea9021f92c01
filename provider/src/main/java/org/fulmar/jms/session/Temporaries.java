package org.fulmar.jms.session;

import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.destination.FulmarTemporaryQueue;
import org.fulmar.jms.destination.FulmarTemporaryTopic;
import org.fulmar.protocol.jms.DestinationKind;

/**
 * The temporary destinations that a connection has made and not deleted (JMS 3.1, section 6.2.2): no other may consume
 * from them. Thread-safe; iterates over those there are.
 */
final class Temporaries implements Iterable<FulmarDestination> {
    private final FulmarConnection connection;
    private final Set<FulmarDestination> made = ConcurrentHashMap.newKeySet();

    Temporaries(FulmarConnection connection) {
        this.connection = connection;
    }

    /** @param queue whether it is a queue, and not a topic */
    FulmarDestination create(boolean queue) throws JMSException {
        connection.used();
        DestinationKind kind = queue ? DestinationKind.TEMPORARY_QUEUE : DestinationKind.TEMPORARY_TOPIC;
        return connection.call(at -> at.link().createTemporary(kind, "").thenApply(reply -> {
            FulmarDestination created = queue
                    ? new FulmarTemporaryQueue(reply.name(), this::delete)
                    : new FulmarTemporaryTopic(reply.name(), this::delete);
            at.handles().put(created, reply.handle());
            made.add(created);
            return created;
        }));
    }

    private void delete(FulmarDestination destination) throws JMSException {
        if (!made.contains(destination)) {
            throw new InvalidDestinationException(destination + " was deleted before");
        }
        connection.call(at -> at.link().deleteTemporary(Attached.kind(destination), destination.name()));
        made.remove(destination);
        Attached at = connection.attached();
        if (at != null) {
            at.handles().remove(destination);
        }
    }

    boolean contains(FulmarDestination temporary) {
        return made.contains(temporary);
    }

    /** One that is no more at the broker. */
    void remove(FulmarDestination lost) {
        made.remove(lost);
    }

    @Override
    public Iterator<FulmarDestination> iterator() {
        return made.iterator();
    }
}
