package org.fulmar.client.consumer;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fulmar.client.MessageQueue;
import org.jspecify.annotations.Nullable;

/** The queues that a member has, waits for, or gives back, in their order. Owned by the consumer's loop. */
final class HeldQueues {
    private final Map<MessageQueue, HeldQueue> queues = new TreeMap<>();

    void add(HeldQueue held) {
        queues.put(held.queue, held);
    }

    void remove(HeldQueue held) {
        queues.remove(held.queue, held);
    }

    @Nullable HeldQueue get(MessageQueue queue) {
        return queues.get(queue);
    }

    boolean isEmpty() {
        return queues.isEmpty();
    }

    /** A view. */
    Collection<HeldQueue> view() {
        return Collections.unmodifiableCollection(queues.values());
    }

    /** A copy, for what may change them on the way. */
    List<HeldQueue> all() {
        return List.copyOf(queues.values());
    }

    List<HeldQueue> of(String topic) {
        return queues.values().stream()
                .filter(held -> held.queue.topic().equals(topic))
                .toList();
    }

    List<HeldQueue> at(String brokerName) {
        return queues.values().stream()
                .filter(held -> held.queue.brokerName().equals(brokerName))
                .toList();
    }

    /** Those whose lock another member may have still. */
    List<HeldQueue> waiting() {
        return queues.values().stream()
                .filter(held -> held.state == HeldQueue.State.LOCKING)
                .toList();
    }

    /** Those whose lock is ours. */
    List<HeldQueue> lockedAt(long nanos) {
        return queues.values().stream()
                .filter(held -> held.state != HeldQueue.State.LOCKING
                        && held.state != HeldQueue.State.RELEASING
                        && held.isLockedAt(nanos))
                .toList();
    }

    /** Those that are not on their way out. */
    Set<MessageQueue> names() {
        Set<MessageQueue> mine = new TreeSet<>();
        queues.forEach((name, held) -> {
            boolean leaves = held.state == HeldQueue.State.RELEASING
                    || held.state == HeldQueue.State.DRAINING && held.then == HeldQueue.Then.RELEASE;
            if (!leaves) {
                mine.add(name);
            }
        });
        return mine;
    }
}
