package org.fulmar.client.allocation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.fulmar.client.MessageQueue;

/** Shares that keep to the rooms in which brokers and consumers stand. Stateless. */
public final class MachineRooms {
    private MachineRooms() {}

    /**
     * Only queues of brokers in these rooms, a broker's name being {@code room@name}; even shares, but what is over goes
     * to the first members.
     */
    public static Allocation in(Set<String> rooms) {
        Set<String> wanted = Set.copyOf(rooms);
        return (self, queues, members) -> {
            int index = members.indexOf(self);
            if (index < 0) {
                return List.of();
            }
            List<MessageQueue> there = queues.stream()
                    .filter(queue -> isIn(wanted, queue.brokerName()))
                    .toList();
            int each = there.size() / members.size();
            List<MessageQueue> share = new ArrayList<>(there.subList(index * each, (index + 1) * each));
            if (index < there.size() % members.size()) {
                share.add(there.get(index + each * members.size()));
            }
            return share;
        };
    }

    private static boolean isIn(Set<String> rooms, String brokerName) {
        String[] parts = brokerName.split("@", -1);
        return parts.length == 2 && rooms.contains(parts[0]);
    }

    /**
     * Queues of a room in which members of the group are, for those alone; queues of other rooms for all members.
     *
     * @param within how queues are shared out among those who may have them
     * @param roomOfQueue the room of a queue's broker
     * @param roomOfClient the room of a client id
     */
    public static Allocation nearby(
            Allocation within, Function<MessageQueue, String> roomOfQueue, Function<String, String> roomOfClient) {
        return (self, queues, members) -> {
            if (!members.contains(self)) {
                return List.of();
            }
            Map<String, List<MessageQueue>> queuesIn = new TreeMap<>();
            queues.forEach(queue -> queuesIn.computeIfAbsent(roomOfQueue.apply(queue), room -> new ArrayList<>())
                    .add(queue));
            Map<String, List<String>> membersIn = new TreeMap<>();
            members.forEach(member -> membersIn
                    .computeIfAbsent(roomOfClient.apply(member), room -> new ArrayList<>())
                    .add(member));
            String home = roomOfClient.apply(self);
            List<MessageQueue> share = new ArrayList<>();
            queuesIn.forEach((room, there) -> {
                if (room.equals(home)) {
                    share.addAll(within.share(self, there, membersIn.getOrDefault(room, List.of())));
                } else if (!membersIn.containsKey(room)) {
                    share.addAll(within.share(self, there, members));
                }
            });
            return share;
        };
    }
}
