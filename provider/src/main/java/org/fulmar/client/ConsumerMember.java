package org.fulmar.client;

import java.util.Set;
import org.fulmar.protocol.transport.Request;

/**
 * A consumer as the {@link ClientInstance} sees it: what brokers are told of it, and what they ask. Its methods are
 * called on the client's threads and must not block.
 */
public interface ConsumerMember {
    String group();

    /** What heartbeats say of it now; called from any thread. */
    ConsumerData data();

    /** The topics whose routes are to be kept; their brokers get the heartbeats. */
    Set<String> topics();

    /** A broker says that the members of the group have changed. */
    void membersChanged();

    /** A connection to a broker was lost, and with it what brokers keep for as long as it lasts. */
    default void connectionLost(String brokerName) {}

    /** The route of one of its topics is new or another one. */
    void routeChanged(TopicRoute route);

    /**
     * A broker's request to this group: 220, 221, 307 or 309. Called on the event loop; ends, now or later, in exactly
     * one answer of the request.
     */
    void asked(Request request);
}
