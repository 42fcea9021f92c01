package org.fulmar.broker.pop;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which member of a consumer group gets which queues of a topic. Stateless. */
public final class QueueShares {
    /** A queue of a broker; id -1 for any of its queues. */
    public record Queue(String broker, int id) implements Comparable<Queue> {
        @Override
        public int compareTo(Queue other) {
            int byBroker = broker.compareTo(other.broker);
            return byBroker != 0 ? byBroker : Integer.compare(id, other.id);
        }
    }

    /** How queues are dealt out. */
    public enum Strategy {
        /** Neighbouring queues to each member. */
        AVG,
        /** The queues to the members in turn. */
        AVG_BY_CIRCLE;

        /** The strategy of this name, null if there is none. */
        public static @Nullable Strategy of(String name) {
            for (Strategy strategy : values()) {
                if (strategy.name().equals(name)) {
                    return strategy;
                }
            }
            return null;
        }
    }

    private QueueShares() {}

    /**
     * The queues that a member pulls from.
     *
     * @param members sorted; a member that is none of them gets nothing
     */
    public static List<Queue> pulled(Strategy strategy, List<Queue> queues, List<String> members, String member) {
        int index = members.indexOf(member);
        return index < 0 ? List.of() : share(strategy, sorted(queues), members.size(), index);
    }

    private static List<Queue> sorted(List<Queue> queues) {
        return queues.stream().sorted(Comparator.naturalOrder()).toList();
    }

    private static List<Queue> share(Strategy strategy, List<Queue> queues, int members, int index) {
        if (strategy == Strategy.AVG_BY_CIRCLE) {
            List<Queue> share = new ArrayList<>();
            for (int i = index; i < queues.size(); i += members) {
                share.add(queues.get(i));
            }
            return share;
        }
        int each = queues.size() / members;
        int more = queues.size() % members;
        int from = index * each + Math.min(index, more);
        return queues.subList(from, from + each + (index < more ? 1 : 0));
    }

    /**
     * The queues that a member pops from: any of each broker's, or its own and those of some members behind it.
     *
     * @param others of how many members behind it it shares the queues; all queues if that is about all of them, or 0
     */
    public static List<Queue> popped(
            Strategy strategy, List<Queue> queues, List<String> members, String member, int others) {
        if (others <= 0 || others >= members.size() - 1) {
            TreeMap<String, Queue> brokers = new TreeMap<>();
            queues.forEach(queue -> brokers.put(queue.broker, new Queue(queue.broker, -1)));
            return List.copyOf(brokers.values());
        }
        int index = members.indexOf(member);
        if (index < 0 || queues.isEmpty()) {
            return List.of();
        }
        List<Queue> sorted = sorted(queues);
        if (members.size() > queues.size()) {
            return List.of(sorted.get(index % sorted.size()));
        }
        List<Queue> share = new ArrayList<>();
        for (int i = 0; i <= others; i++) {
            share.addAll(share(strategy, sorted, members.size(), (index + i) % members.size()));
        }
        return share;
    }
}
