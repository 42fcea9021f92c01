package org.fulmar.client.consumer;

import java.util.Set;
import org.fulmar.client.MessageQueue;

/**
 * Is told which queues a pull consumer has. Called on a callback thread of the client, one call after the other; one that
 * takes long is told of the newest next.
 */
@FunctionalInterface
public interface AssignmentListener {
    /** @param queues all that the consumer has from now on, or is about to get */
    void assigned(Set<MessageQueue> queues);
}
