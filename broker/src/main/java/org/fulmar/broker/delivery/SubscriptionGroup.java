package org.fulmar.broker.delivery;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who shares the messages of a topic: a queue's consumers, a durable subscription, or one non-durable subscriber.
 * Holds a cursor per queue of the topic, in the order in which they are served, and its consumers. Owned by the core.
 */
public final class SubscriptionGroup {
    /** The group of all consumers of a JMS queue. */
    public static final String QUEUE = "JMS_QUEUE";

    private static final int[] LANE_PRIORITY = {4, 5, 6, 7, 8, 9, 3, 2, 1, 0};

    private final String name;
    private final String topic;
    private final boolean subscription;
    private final boolean lasting;
    private final @Nullable String selector;
    private final boolean noLocal;
    private final List<Cursor> cursors = new ArrayList<>();
    private final List<Consumer> consumers = new ArrayList<>();
    private int turn;
    private boolean queued;

    SubscriptionGroup(
            String name,
            String topic,
            boolean subscription,
            boolean lasting,
            @Nullable String selector,
            boolean noLocal) {
        this.name = name;
        this.topic = topic;
        this.subscription = subscription;
        this.lasting = lasting;
        this.selector = selector;
        this.noLocal = noLocal;
    }

    /** The queue id that serves messages of a JMS priority; 4, the default, is the first. */
    public static int laneOf(int priority) {
        for (int lane = 0; lane < LANE_PRIORITY.length; lane++) {
            if (LANE_PRIORITY[lane] == priority) {
                return lane;
            }
        }
        throw new IllegalArgumentException("a priority is 0 to 9, not " + priority);
    }

    private static int rank(Cursor cursor) {
        int lane = cursor.queueId();
        return lane < LANE_PRIORITY.length ? -LANE_PRIORITY[lane] : 1;
    }

    public String name() {
        return name;
    }

    public String topic() {
        return topic;
    }

    /** Whether what its test passes over is settled, as on a topic; on a queue it stays for others. */
    boolean isSubscription() {
        return subscription;
    }

    /** Whether its state is logged. */
    boolean isLasting() {
        return lasting;
    }

    public @Nullable String selector() {
        return selector;
    }

    public boolean noLocal() {
        return noLocal;
    }

    void add(Cursor cursor) {
        cursors.add(cursor);
        cursors.sort(Comparator.comparingInt(SubscriptionGroup::rank).thenComparingInt(Cursor::queueId));
    }

    List<Cursor> cursors() {
        return cursors;
    }

    @Nullable Cursor cursor(int queueId) {
        for (Cursor cursor : cursors) {
            if (cursor.queueId() == queueId) {
                return cursor;
            }
        }
        return null;
    }

    /** Whether it has consumers now. */
    public boolean isActive() {
        return !consumers.isEmpty();
    }

    List<Consumer> consumers() {
        return consumers;
    }

    /** The consumer whose turn it is, {@code step} places on. */
    Consumer atTurn(int step) {
        return consumers.get((turn + step) % consumers.size());
    }

    /** The next turn is that of the consumer behind the {@code served} ones that this turn has gone past. */
    void passTurn(int served) {
        turn = consumers.isEmpty() ? 0 : (turn + served) % consumers.size();
    }

    boolean markQueued() {
        boolean first = !queued;
        queued = true;
        return first;
    }

    void unmarkQueued() {
        queued = false;
    }
}
