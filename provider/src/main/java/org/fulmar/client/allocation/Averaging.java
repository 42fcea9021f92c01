package org.fulmar.client.allocation;

import java.util.ArrayList;
import java.util.List;
import org.fulmar.client.MessageQueue;

/** Even shares. Stateless. */
final class Averaging {
    private Averaging() {}

    /** The first members get one queue more if it does not come out even. */
    static List<MessageQueue> inRanges(String self, List<MessageQueue> queues, List<String> members) {
        int index = members.indexOf(self);
        if (index < 0) {
            return List.of();
        }
        int each = queues.size() / members.size();
        int more = queues.size() % members.size();
        int from = index * each + Math.min(index, more);
        return List.copyOf(queues.subList(from, from + each + (index < more ? 1 : 0)));
    }

    static List<MessageQueue> byCircle(String self, List<MessageQueue> queues, List<String> members) {
        int index = members.indexOf(self);
        List<MessageQueue> share = new ArrayList<>();
        for (int i = index; index >= 0 && i < queues.size(); i += members.size()) {
            share.add(queues.get(i));
        }
        return share;
    }
}
