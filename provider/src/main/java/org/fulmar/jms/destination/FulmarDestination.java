package org.fulmar.jms.destination;

import jakarta.jms.Destination;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.Topic;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A queue or topic, permanent or temporary (section 2.3): a kind and a name, nothing more.
 *
 * <p>Immutable, so any thread may hold one. Two are equal if their kinds and names are equal, whichever connection made
 * them; this is what makes the destination of a received message "equivalent" to that of the sent one (section 3.4.1).
 */
public abstract class FulmarDestination implements Destination, Serializable {

    /** The longest name accepted, in UTF-16 code units. */
    public static final int MAX_NAME_LENGTH = 1_024;

    private static final long serialVersionUID = 1L;

    /** What a destination is, and the word that says so on the wire. */
    public enum Kind {
        QUEUE("queue", true, false),
        TOPIC("topic", false, false),
        TEMPORARY_QUEUE("temp-queue", true, true),
        TEMPORARY_TOPIC("temp-topic", false, true);

        private final String prefix;
        private final boolean queue;
        private final boolean temporary;

        Kind(String word, boolean queue, boolean temporary) {
            this.prefix = word + ":";
            this.queue = queue;
            this.temporary = temporary;
        }

        /** Whether each message goes to one consumer only. */
        public boolean isQueue() {
            return queue;
        }

        /** Whether it lives no longer than the connection that made it. */
        public boolean isTemporary() {
            return temporary;
        }
    }

    private final String name;

    FulmarDestination(String name) {
        String problem = problemOf(name);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
        this.name = name;
    }

    /** The name as the application gave it: any characters, 1 to {@value #MAX_NAME_LENGTH} of them. */
    public final String name() {
        return name;
    }

    /** Which of the four kinds of destination this is. */
    public abstract Kind kind();

    /** The text form that goes over the wire, such as {@code queue:orders}; {@link #parse} reads it. */
    public final String encode() {
        return kind().prefix + name;
    }

    /**
     * Reads the text form.
     *
     * @throws InvalidDestinationException if the kind is unknown or the name is not acceptable
     */
    public static FulmarDestination parse(String text) throws InvalidDestinationException {
        for (Kind kind : Kind.values()) {
            if (text.startsWith(kind.prefix)) {
                return of(kind, text.substring(kind.prefix.length()));
            }
        }
        throw new InvalidDestinationException("not a destination: " + shortened(text));
    }

    /**
     * Makes a destination from a name that an application gave (section 6.2.3: {@code Session.createQueue} and the
     * like). A temporary one made here has no owner and so can't be deleted.
     *
     * @throws InvalidDestinationException if the name is null, empty or too long
     */
    public static FulmarDestination of(Kind kind, @Nullable String name) throws InvalidDestinationException {
        String problem = problemOf(name);
        if (name == null || problem != null) {
            throw new InvalidDestinationException(problem);
        }
        switch (kind) {
            case QUEUE:
                return new FulmarQueue(name);
            case TOPIC:
                return new FulmarTopic(name);
            case TEMPORARY_QUEUE:
                return new FulmarTemporaryQueue(name, null);
            case TEMPORARY_TOPIC:
                return new FulmarTemporaryTopic(name, null);
            default:
                throw new AssertionError(kind);
        }
    }

    /**
     * Gives a destination of ours for one of any provider's (section 3.12), by its interface and its name.
     *
     * @throws InvalidDestinationException if it is null, neither a queue nor a topic, or its name is not acceptable
     * @throws JMSException if the other provider can't tell its name
     */
    public static FulmarDestination from(@Nullable Destination destination) throws JMSException {
        if (destination instanceof FulmarDestination) {
            return (FulmarDestination) destination;
        }
        // Some providers have one class for both domains; a missing queue name tells that it stands for a topic.
        if (destination instanceof Queue && ((Queue) destination).getQueueName() != null) {
            Kind kind = destination instanceof TemporaryQueue ? Kind.TEMPORARY_QUEUE : Kind.QUEUE;
            return of(kind, ((Queue) destination).getQueueName());
        }
        if (destination instanceof Topic) {
            Kind kind = destination instanceof TemporaryTopic ? Kind.TEMPORARY_TOPIC : Kind.TOPIC;
            return of(kind, ((Topic) destination).getTopicName());
        }
        String what = destination == null ? "null" : destination.getClass().getName();
        throw new InvalidDestinationException("neither a queue nor a topic with a name: " + what);
    }

    static void delete(FulmarDestination destination, @Nullable TemporaryDestinationOwner owner) throws JMSException {
        if (owner == null) {
            throw new JMSException(
                    destination + " can be deleted only through the object that the creating connection returned");
        }
        owner.delete(destination);
    }

    private static @Nullable String problemOf(@Nullable String name) {
        if (name == null || name.isEmpty()) {
            return "a destination needs a name";
        }
        if (name.length() > MAX_NAME_LENGTH) {
            return "a destination's name has at most " + MAX_NAME_LENGTH + " characters, this one " + name.length();
        }
        return null;
    }

    private static String shortened(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        String problem = problemOf(name);
        if (problem != null) {
            throw new InvalidObjectException(problem);
        }
    }

    @Override
    public final boolean equals(@Nullable Object other) {
        return other instanceof FulmarDestination
                && ((FulmarDestination) other).kind() == kind()
                && ((FulmarDestination) other).name.equals(name);
    }

    @Override
    public final int hashCode() {
        return name.hashCode() * 4 + kind().ordinal();
    }

    /** The text form. */
    @Override
    public final String toString() {
        return encode();
    }
}
