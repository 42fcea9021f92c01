package org.fulmar.jms.session;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.fulmar.protocol.jms.Acknowledge;

/**
 * Messages that were handed out and that the broker holds for their consumers until they are settled: as ranges of
 * neighbours, so that many messages in their order take the room of one, and none keeps its contents.
 *
 * <p>Not thread-safe: guarded by its owner.
 */
final class HeldMessages {
    /** Where messages are neighbours. */
    private record Place(FulmarSession holder, int generation, int consumerId, int queueId) {}

    private final Map<Place, List<Acknowledge.Range>> ranges = new LinkedHashMap<>();
    private int size;

    static HeldMessages of(Collection<Delivery> deliveries) {
        HeldMessages held = new HeldMessages();
        deliveries.forEach(held::add);
        return held;
    }

    void add(Delivery delivery) {
        FulmarConsumer consumer = delivery.consumer();
        add(new Place(consumer.session(), delivery.generation(), consumer.id(), delivery.queueId()), delivery.range());
    }

    private void add(Place place, Acknowledge.Range range) {
        List<Acknowledge.Range> there = ranges.computeIfAbsent(place, at -> new ArrayList<>());
        Acknowledge.Range last = there.isEmpty() ? null : there.get(there.size() - 1);
        if (last != null && last.offset() + last.count() == range.offset()) {
            there.set(
                    there.size() - 1,
                    new Acknowledge.Range(
                            last.consumerId(), last.queueId(), last.offset(), last.count() + range.count()));
        } else {
            there.add(range);
            size++;
        }
    }

    /** Adds what came after these. */
    void addAll(HeldMessages later) {
        later.ranges.forEach((place, more) -> more.forEach(range -> add(place, range)));
    }

    boolean isEmpty() {
        return ranges.isEmpty();
    }

    /** How many ranges there are. */
    int size() {
        return size;
    }

    /** Whether all came over this link. */
    boolean areOver(Attached at) {
        return ranges.keySet().stream().allMatch(place -> place.generation == at.generation());
    }

    /** Forgets what came over other links. */
    void retain(Attached at) {
        ranges.keySet().removeIf(place -> place.generation != at.generation());
        size = ranges.values().stream().mapToInt(List::size).sum();
    }

    /** The sessions whose consumers have them. */
    Set<FulmarSession> holders() {
        return ranges.keySet().stream().map(Place::holder).collect(Collectors.toSet());
    }

    /** What came over this link. */
    List<Acknowledge.Range> over(Attached at) {
        List<Acknowledge.Range> all = new ArrayList<>();
        holders().forEach(holder -> all.addAll(over(at, holder)));
        return all;
    }

    /** What came over this link to the consumers of one session. */
    List<Acknowledge.Range> over(Attached at, FulmarSession holder) {
        List<Acknowledge.Range> all = new ArrayList<>();
        ranges.forEach((place, there) -> {
            if (place.generation == at.generation() && place.holder == holder) {
                all.addAll(there);
            }
        });
        return all;
    }

    void clear() {
        ranges.clear();
        size = 0;
    }
}
