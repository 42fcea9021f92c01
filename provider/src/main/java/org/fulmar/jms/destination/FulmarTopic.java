package org.fulmar.jms.destination;

import jakarta.jms.Topic;

/** A topic (section 4.2.6). Immutable; any thread may hold one. */
public final class FulmarTopic extends FulmarDestination implements Topic {

    private static final long serialVersionUID = 1L;

    /**
     * Names a topic; nothing is created on the broker.
     *
     * @throws IllegalArgumentException if the name is null, empty or too long
     */
    public FulmarTopic(String name) {
        super(name);
    }

    @Override
    public Kind kind() {
        return Kind.TOPIC;
    }

    /** The name (section 4.2.6). */
    @Override
    public String getTopicName() {
        return name();
    }
}
