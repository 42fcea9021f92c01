package org.fulmar.jms.destination;

import jakarta.jms.JMSException;
import jakarta.jms.TemporaryQueue;
import org.jspecify.annotations.Nullable;

/**
 * A temporary queue (section 4.1.5). Immutable; any thread may hold one. Its owner, the connection that created it,
 * does not travel: a copy that came in a message or was deserialised can be sent to, but not deleted.
 */
public final class FulmarTemporaryQueue extends FulmarDestination implements TemporaryQueue {

    private static final long serialVersionUID = 1L;

    private final transient @Nullable TemporaryDestinationOwner owner;

    /**
     * Names a temporary queue.
     *
     * @param owner what deletes it; null for a copy that stands for another connection's
     * @throws IllegalArgumentException if the name is null, empty or too long
     */
    public FulmarTemporaryQueue(String name, @Nullable TemporaryDestinationOwner owner) {
        super(name);
        this.owner = owner;
    }

    @Override
    public Kind kind() {
        return Kind.TEMPORARY_QUEUE;
    }

    /** The name (section 4.1.5). */
    @Override
    public String getQueueName() {
        return name();
    }

    /**
     * Deletes it (section 4.1.5).
     *
     * @throws JMSException if it has no owner, or as the owner says
     */
    @Override
    public void delete() throws JMSException {
        delete(this, owner);
    }
}
