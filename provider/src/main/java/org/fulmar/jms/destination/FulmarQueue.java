package org.fulmar.jms.destination;

import jakarta.jms.Queue;

/** A queue (section 4.1.4). Immutable; any thread may hold one. */
public final class FulmarQueue extends FulmarDestination implements Queue {

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
}
