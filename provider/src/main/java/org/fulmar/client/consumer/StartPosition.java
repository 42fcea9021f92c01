package org.fulmar.client.consumer;

/**
 * Where a group begins on a queue of which it has no offset yet.
 *
 * @param timestamp for {@link Kind#TIMESTAMP}, in milliseconds since the epoch
 */
public record StartPosition(Kind kind, long timestamp) {
    /** What the position is counted from. */
    public enum Kind {
        LAST,
        FIRST,
        TIMESTAMP
    }

    /**
     * With the messages that arrive from now on. The position is stored when the first member starts, so that what
     * arrives while no member is there is not lost; a queue that is added to the topic later is read from its first
     * message.
     */
    public static final StartPosition LAST = new StartPosition(Kind.LAST, 0);

    /** With the oldest message that the broker has. */
    public static final StartPosition FIRST = new StartPosition(Kind.FIRST, 0);

    /** With the first message stored at that time or later; milliseconds since the epoch. */
    public static StartPosition at(long timestamp) {
        return new StartPosition(Kind.TIMESTAMP, timestamp);
    }

    String wireName() {
        return switch (kind) {
            case LAST -> "CONSUME_FROM_LAST_OFFSET";
            case FIRST -> "CONSUME_FROM_FIRST_OFFSET";
            case TIMESTAMP -> "CONSUME_FROM_TIMESTAMP";
        };
    }
}
