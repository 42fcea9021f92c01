package org.fulmar.client.producer;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.fulmar.client.MessageQueue;
import org.jspecify.annotations.Nullable;

/** Ways to choose a queue. */
public final class QueueSelectors {
    private QueueSelectors() {}

    /** The same queue for arguments that are equal, as long as the topic has the same queues; keeps their order. */
    public static QueueSelector byHash() {
        return (queues, message, argument) -> queues.get(Math.floorMod(Objects.hashCode(argument), queues.size()));
    }

    /**
     * Any queue.
     *
     * @param random thread-safe
     */
    public static QueueSelector random(RandomGenerator random) {
        return (queues, message, argument) -> queues.get(random.nextInt(queues.size()));
    }

    /**
     * Those of certain machine rooms in turn; all in turn, if those rooms have none.
     *
     * @param roomOf the room of a queue, as {@link Producer#roomOf} says it; null if not known
     */
    public static QueueSelector byMachineRoom(Set<String> rooms, Function<MessageQueue, @Nullable String> roomOf) {
        AtomicInteger next = new AtomicInteger();
        return (queues, message, argument) -> {
            List<MessageQueue> near = queues.stream()
                    .filter(queue -> {
                        String room = roomOf.apply(queue);
                        return room != null && rooms.contains(room);
                    })
                    .toList();
            List<MessageQueue> from = near.isEmpty() ? queues : near;
            return from.get(Math.floorMod(next.getAndIncrement(), from.size()));
        };
    }
}
