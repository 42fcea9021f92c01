package org.fulmar.client.producer;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.TopicRoute;
import org.jspecify.annotations.Nullable;

/** The queues of one topic by one route, and whose turn it is. Thread-safe. */
final class QueueChooser {
    final TopicRoute route;
    final List<MessageQueue> queues;
    private final Set<String> brokers = new TreeSet<>();
    private final AtomicInteger turn;

    /**
     * @param first whose turn it is first; any number
     */
    QueueChooser(TopicRoute route, int first) {
        this.route = route;
        this.queues = route.writeQueues();
        queues.forEach(queue -> brokers.add(queue.brokerName()));
        this.turn = new AtomicInteger(first);
    }

    int turn() {
        return turn.get();
    }

    private @Nullable MessageQueue next(Predicate<String> broker) {
        for (int i = 0; i < queues.size(); i++) {
            MessageQueue queue = queues.get(Math.floorMod(turn.getAndIncrement(), queues.size()));
            if (broker.test(queue.brokerName())) {
                return queue;
            }
        }
        return null;
    }

    /** The next queue, of another broker than the one that failed if there is one. Null if the topic has no queue. */
    @Nullable MessageQueue choose(@Nullable String failed) {
        MessageQueue queue = failed == null ? null : next(broker -> !broker.equals(failed));
        return queue == null ? next(broker -> true) : queue;
    }

    /** As {@link #choose}, sparing brokers; if all are spared, the least bad one. */
    @Nullable MessageQueue choose(@Nullable String failed, FaultTable faults, long now) {
        MessageQueue queue = next(broker -> !broker.equals(failed) && faults.isAvailable(broker, now));
        if (queue == null) {
            Set<String> others = new TreeSet<>(brokers);
            if (failed != null && others.size() > 1) {
                others.remove(failed);
            }
            String leastBad = faults.leastBad(others, turn.get(), now);
            queue = leastBad == null ? null : next(leastBad::equals);
        }
        return queue == null ? choose(failed) : queue;
    }
}
