package org.fulmar.jms.destination;

import jakarta.jms.Queue;
import javax.naming.Reference;
import javax.naming.Referenceable;

/** A queue (section 4.1.4). Immutable; any thread may hold one. JNDI can store it (section 5.1). */
public final class FulmarQueue extends FulmarDestination implements Queue, Referenceable {

    private static final long serialVersionUID = 1L;

    /**
     * Names a queue; nothing is created on the broker.
     *
     * @throws IllegalArgumentException if the name is null, empty or too long
     */
    public FulmarQueue(String name) {
        super(name);
    }

    @Override
    public Kind kind() {
        return Kind.QUEUE;
    }

    /** The name (section 4.1.4). */
    @Override
    public String getQueueName() {
        return name();
    }

    /** What JNDI stores of it: the class and the name. */
    @Override
    public Reference getReference() {
        return References.of(FulmarQueue.class, References.PHYSICAL_NAME, name());
    }
}
