package org.fulmar.jms.kill;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one session of one consumer saw, in the order in which its worker wrote it.
 *
 * <p>Built and read by the checker's only thread.
 */
final class SessionHistory {

    static final long NEVER = Long.MAX_VALUE;

    private final String worker;
    private final int number;
    private final List<HistoryEvent> receipts = new ArrayList<>();
    private final List<HistoryEvent> listenerCalls = new ArrayList<>();
    private final Map<MessageId, Long> confirmed = new HashMap<>();
    private Channel channel;
    private long opened = NEVER;
    private long lost = NEVER;
    private long closing = NEVER;
    private long closed = NEVER;

    SessionHistory(String worker, int number) {
        this.worker = worker;
        this.number = number;
    }

    void add(HistoryEvent event) {
        channel = event.channel();
        switch (event.kind()) {
            case SESSION_OPENED -> opened = event.nanos();
            case RECEIVED -> receipts.add(event);
            case LISTENER_FED, LISTENER_DONE -> listenerCalls.add(event);
            case ACK_CONFIRMED -> confirmed.put(event.message(), event.nanos());
            case CONNECTION_LOST -> lost = Math.min(lost, event.nanos());
            case SESSION_CLOSING -> closing = event.nanos();
            case SESSION_CLOSED -> closed = event.nanos();
            default -> throw new IllegalArgumentException(event.kind() + " is no event of a session");
        }
    }

    Channel channel() {
        return channel;
    }

    /** In the order of hand-over. */
    List<HistoryEvent> receipts() {
        return receipts;
    }

    /** LISTENER_FED and LISTENER_DONE, in order. */
    List<HistoryEvent> listenerCalls() {
        return listenerCalls;
    }

    boolean isConfirmed(MessageId message) {
        return confirmed.containsKey(message);
    }

    /** When the message was confirmed last, or {@link #NEVER}. */
    long confirmed(MessageId message) {
        return confirmed.getOrDefault(message, NEVER);
    }

    long opened() {
        return opened;
    }

    /** When the application learnt that the connection is lost, or {@link #NEVER}. */
    long lost() {
        return lost;
    }

    /** When the last {@code close()} had returned, or {@link #NEVER}. */
    long closed() {
        return closed;
    }

    /** When the session ended in any way, or {@link #NEVER}. */
    long ended() {
        return Math.min(lost, Math.min(closing, closed));
    }

    @Override
    public String toString() {
        return worker + " session " + number;
    }
}
