package org.fulmar.client.allocation;

import java.util.List;
import org.fulmar.client.MessageQueue;

/**
 * How the queues of a topic are shared out over the members of a group. Every member computes its own share from the
 * same lists, so all members of a group need the same allocation. Stateless, for any thread.
 *
 * <p>What is here gives the same shares as RocketMQ's strategy of the same name, so that a group may mix both clients.
 */
@FunctionalInterface
public interface Allocation {
    /**
     * The share of {@code self}.
     *
     * @param self the client id of the member that asks
     * @param queues all queues of one topic, sorted, not empty
     * @param members the client ids of the whole group, sorted; none is named twice
     * @return some of {@code queues}; empty if {@code self} is not a member
     */
    List<MessageQueue> share(String self, List<MessageQueue> queues, List<String> members);

    /** Neighbouring queues for each member, shares that differ by one at most: the default. */
    static Allocation averagely() {
        return Averaging::inRanges;
    }

    /** Every n-th queue for each of n members. */
    static Allocation averagelyByCircle() {
        return Averaging::byCircle;
    }

    /** Always these queues, whoever else is there: those of them that the topic has. */
    static Allocation byConfiguration(List<MessageQueue> own) {
        List<MessageQueue> fixed = List.copyOf(own);
        return (self, queues, members) ->
                queues.stream().filter(fixed::contains).toList();
    }
}
