package org.fulmar.jms.destination;

import jakarta.jms.JMSException;
import jakarta.jms.TemporaryTopic;
import org.jspecify.annotations.Nullable;

/**
 * A temporary topic (section 4.2.7). Immutable; any thread may hold one. Its owner, the connection that created it,
 * does not travel: a copy that came in a message or was deserialised can be sent to, but not deleted.
 */
public final class FulmarTemporaryTopic extends FulmarDestination implements TemporaryTopic {

    private static final long serialVersionUID = 1L;

    private final transient @Nullable TemporaryDestinationOwner owner;

    /**
     * Names a temporary topic.
     *
     * @param owner what deletes it; null for a copy that stands for another connection's
     * @throws IllegalArgumentException if the name is null, empty or too long
     */
    public FulmarTemporaryTopic(String name, @Nullable TemporaryDestinationOwner owner) {
        super(name);
        this.owner = owner;
    }

    @Override
    public Kind kind() {
        return Kind.TEMPORARY_TOPIC;
    }

    /** The name (section 4.2.7). */
    @Override
    public String getTopicName() {
        return name();
    }

    /**
     * Deletes it (section 4.2.7).
     *
     * @throws JMSException if it has no owner, or as the owner says
     */
    @Override
    public void delete() throws JMSException {
        delete(this, owner);
    }
}
