package org.fulmar.broker.delivery;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who shares the messages of a topic: a queue's consumers, a durable subscription, or one non-durable subscriber.
 * Holds a cursor per queue of the topic, in the order in which they are served, and its consumers. Owned by the core.
 */
public final class SubscriptionGroup {
    /** The group of all consumers of a JMS queue. */
    public static final String QUEUE = "JMS_QUEUE";

    private static final int[] LANE_PRIORITY = {4, 5, 6, 7, 8, 9, 3, 2, 1, 0};

    /** The order in which queues are served. */
    static final Comparator<Cursor> ORDER =
            Comparator.comparingInt(SubscriptionGroup::rank).thenComparingInt(Cursor::queueId);

    /** Selectors whose progress is kept though no consumer has them now. */
    private static final int MAX_UNUSED_SCANS = 64;

    private final String name;
    private final String topic;
    private final boolean subscription;
    private final boolean lasting;
    private final @Nullable String selector;
    private final boolean noLocal;
    private final boolean shared;
    private final Map<String, Scan> scans = new LinkedHashMap<>();
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
            boolean noLocal,
            boolean shared) {
        this.name = name;
        this.topic = topic;
        this.subscription = subscription;
        this.lasting = lasting;
        this.selector = selector;
        this.noLocal = noLocal;
        this.shared = shared;
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
    public boolean isSubscription() {
        return subscription;
    }

    /** Whether its state is logged. */
    public boolean isLasting() {
        return lasting;
    }

    public @Nullable String selector() {
        return selector;
    }

    public boolean noLocal() {
        return noLocal;
    }

    /** Whether a subscription is one that several consumers may share (JMS 3.1, section 4.11). */
    public boolean isShared() {
        return shared;
    }

    /**
     * The scan of a selector, joined by one more consumer.
     *
     * @param key tells tests apart; those with one key must be the same
     */
    Scan join(String key, @Nullable MessageTest test) {
        Scan scan = scans.get(key);
        if (scan == null) {
            scan = new Scan(key, test);
            scans.put(key, scan);
        }
        scan.join();
        return scan;
    }

    /** One consumer of the scan has gone; its progress is kept for the next with the same selector. */
    void leave(Scan scan) {
        if (!scan.leave()) {
            return;
        }
        // behind the others that nobody uses: the eldest of them goes first
        scans.remove(scan.key());
        scans.put(scan.key(), scan);
        int unused = 0;
        String eldest = null;
        for (Scan other : scans.values()) {
            if (other.isUnused()) {
                unused++;
                eldest = eldest == null ? other.key() : eldest;
            }
        }
        if (unused > MAX_UNUSED_SCANS) {
            scans.remove(eldest);
        }
    }

    Collection<Scan> scans() {
        return scans.values();
    }

    void add(Cursor cursor) {
        cursors.add(cursor);
        cursors.sort(ORDER);
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

    /** Whether a message of a queue, before this offset, is not settled. */
    public boolean hasUnsettled(int queueId, long end) {
        Cursor cursor = cursor(queueId);
        return cursor != null && cursor.unsettled(0) < end;
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
