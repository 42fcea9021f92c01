package org.fulmar.broker.server;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.fulmar.protocol.transport.Connection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the members of one consumer group subscribe alike. Keeps one number of each member, whatever it subscribes to.
 * Owned by the core.
 */
final class MemberSubscriptions {
    private static final Logger LOG = LoggerFactory.getLogger(MemberSubscriptions.class);
    private static final int LONGEST_SHOWN = 200;

    private final Map<Connection, Integer> shapes = new HashMap<>();
    /** How many members have each shape. */
    private final Map<Integer, Integer> counts = new HashMap<>();

    private @Nullable SubscriptionConflict conflict;

    /**
     * A member has said what it subscribes to. A new conflict is logged once.
     *
     * @param own by topic
     * @param before what the group had, by topic
     */
    void heard(
            Connection member,
            String group,
            String clientId,
            Map<String, ClientTable.Subscription> own,
            Map<String, ClientTable.Subscription> before) {
        Map<String, String> wanted = new HashMap<>();
        own.forEach((topic, subscription) -> wanted.put(topic, subscription.wanted()));
        forget(member);
        shapes.put(member, wanted.hashCode());
        counts.merge(wanted.hashCode(), 1, Integer::sum);
        if (counts.size() < 2) {
            conflict = null;
            return;
        }
        TreeSet<String> topics = new TreeSet<>(wanted.keySet());
        topics.addAll(before.keySet());
        for (String topic : topics) {
            ClientTable.Subscription there = before.get(topic);
            String mine = shown(wanted.getOrDefault(topic, ""));
            String other = there == null ? "" : shown(there.wanted());
            if (!mine.equals(other)) {
                note(new SubscriptionConflict(group, topic, clientId, mine, other));
                return;
            }
        }
    }

    private void note(SubscriptionConflict found) {
        SubscriptionConflict known = conflict;
        if (known == null || !found.isAsBefore(known)) {
            conflict = found;
            LOG.warn(
                    "members of group {} subscribe to {} differently: {} wants {}, others {}. The group has what was heard"
                            + " last, so that messages can pass all of them by; let all members subscribe alike",
                    found.group(),
                    found.topic(),
                    found.clientId(),
                    quoted(found.wanted()),
                    quoted(found.other()));
        }
    }

    private static String quoted(String wanted) {
        return wanted.isEmpty() ? "nothing" : wanted;
    }

    private static String shown(String wanted) {
        return wanted.length() <= LONGEST_SHOWN ? wanted : wanted.substring(0, LONGEST_SHOWN) + "...";
    }

    void left(Connection member) {
        forget(member);
        if (counts.size() < 2) {
            conflict = null;
        }
    }

    private void forget(Connection member) {
        Integer shape = shapes.remove(member);
        if (shape != null) {
            counts.computeIfPresent(shape, (key, count) -> count == 1 ? null : count - 1);
        }
    }

    /** The conflict that there is now. */
    @Nullable SubscriptionConflict conflict() {
        return conflict;
    }
}
