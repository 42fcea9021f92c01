package org.fulmar.jms.destination;

import jakarta.jms.Topic;
import javax.naming.Reference;
import javax.naming.Referenceable;

/** A topic (section 4.2.6). Immutable; any thread may hold one. JNDI can store it (section 5.1). */
public final class FulmarTopic extends FulmarDestination implements Topic, Referenceable {

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

    /** What JNDI stores of it: the class and the name. */
    @Override
    public Reference getReference() {
        return References.of(FulmarTopic.class, References.PHYSICAL_NAME, name());
    }
}
