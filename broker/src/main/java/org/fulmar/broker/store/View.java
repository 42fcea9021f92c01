package org.fulmar.broker.store;

import org.jspecify.annotations.Nullable;

/**
 * State that is built from the log and saved at checkpoints: what it holds can always be built again by replaying the
 * log from the position of the saved state. Owned by the broker's core.
 */
public interface View {
    /** Of saved state that does not say where in the log it was captured. */
    long UNKNOWN = -1;

    /** The file under {@code config/}. */
    String fileName();

    /**
     * The state as it is now, in a form that can be written on another thread; it may force files of its own there, and
     * throw an {@link java.io.UncheckedIOException} if it can't.
     */
    java.util.function.Supplier<byte[]> capture(long logPosition);

    /**
     * Takes saved state in place of what it has; without any it is empty again.
     *
     * @param content of the file, or null if there is none
     * @return the log position that it was captured at; 0 to have everything replayed, {@link Long#MAX_VALUE} to have
     *     nothing, {@link #UNKNOWN} to have what is replayed for the others
     */
    long restore(byte @Nullable [] content);

    /** Whether the log holds all that is needed to build it; if not, a file that is gone or damaged has its copy alone. */
    default boolean isInLog() {
        return true;
    }

    /** Where queues end for consumers. */
    interface Ends {
        long visibleOffset(String topic, int queueId);
    }

    /** A replay has ended; nothing is known of what lies behind the ends of the queues. */
    default void recovered(Ends ends) {}

    /** Takes a message from the log in a restart; what is done live when one is appended is done here. */
    default void message(org.fulmar.protocol.message.MessageRecord record) {}

    /**
     * A message was put to another place of the log, live or in a restart; this view may know it by the older one. If it
     * knows neither, as when it is built again from what is left of the log, the message is new to it.
     *
     * @param record at its new place
     * @param from the older place in the log, where nothing may be any more
     */
    default void relocated(org.fulmar.protocol.message.MessageRecord record, long from) {}

    /**
     * A topic is deleted, with all that is known of it: live, and in a restart by the topic's own fact, if that lies
     * behind the position of this view. Called behind {@link #apply} of that fact.
     */
    default void topicDeleted(String topic) {}

    /**
     * Whether it can be built again from a log whose beginning is deleted: nothing counts for it but messages, which are
     * put to another place before their file goes.
     */
    default boolean knowsMessagesAlone() {
        return false;
    }

    /**
     * Takes one of our own facts from the log; the same code runs live and in a restart. As with all that comes from the
     * log, what becomes of it must not depend on another view, which may stand at another place.
     */
    void apply(java.nio.ByteBuffer fact);
}
