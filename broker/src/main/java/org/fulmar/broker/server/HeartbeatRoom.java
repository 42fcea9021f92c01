package org.fulmar.broker.server;

import java.util.HashMap;
import java.util.Map;
import org.fulmar.protocol.transport.Connection;

/**
 * How much memory of the broker heartbeats have taken: what each connection says, and what is kept in all. In bytes, as a
 * careful estimate of what is on the heap. Owned by the core, a part of the {@link ClientTable}.
 */
final class HeartbeatRoom {
    /** Most bytes that one connection may say of itself: some 20,000 subscriptions by tag. */
    static final long MAX_OF_CONNECTION = 8 << 20;
    /** Most bytes that are kept of all of them: members, and the subscriptions of each group once. */
    static final long MAX_IN_ALL = 128 << 20;

    private static final long SUBSCRIPTION = 200;
    private static final long TAG = 48;
    private static final long MEMBER = 200;
    private static final long CHARACTER = 2;

    private final Map<Connection, Long> said = new HashMap<>();
    private long kept;

    /** What subscriptions take. */
    static long bytes(Iterable<ClientTable.Subscription> subscriptions) {
        long bytes = 0;
        for (ClientTable.Subscription each : subscriptions) {
            int characters = each.topic().length()
                    + each.expressionType().length()
                    + each.text().length();
            bytes += SUBSCRIPTION
                    + CHARACTER * characters
                    + TAG * each.tagHashes().size();
        }
        return bytes;
    }

    /** What a membership takes, besides subscriptions. */
    static long member(String group, String clientId) {
        return MEMBER + CHARACTER * (group.length() + clientId.length());
    }

    /**
     * Whether a change fits; what makes nothing larger always does.
     *
     * @param saying by how many bytes the connection would say more
     * @param keeping by how many bytes more would be kept in all
     */
    boolean fits(Connection connection, long saying, long keeping) {
        return (saying <= 0 || said.getOrDefault(connection, 0L) + saying <= MAX_OF_CONNECTION)
                && (keeping <= 0 || kept + keeping <= MAX_IN_ALL);
    }

    /** A change that fitted has been made; less than nothing gives back. */
    void add(Connection connection, long saying, long keeping) {
        kept += keeping;
        long now = said.getOrDefault(connection, 0L) + saying;
        if (now == 0) {
            said.remove(connection);
        } else {
            said.put(connection, now);
        }
    }

    /** The sentence for a group for which there is no room. */
    static String full(String group) {
        return "there is no room for what this client says of group " + group + ": its subscriptions may take "
                + MAX_OF_CONNECTION + " bytes on a connection, all clients' " + MAX_IN_ALL
                + " bytes; subscribe to less, or use several connections";
    }
}
