package org.fulmar.broker.server;

/**
 * Two members of a consumer group that subscribe differently: RocketMQ's groups have one subscription, that of the last
 * heartbeat, so each of the two gets what the other has asked for.
 *
 * @param clientId of the member that was found to differ from what the group had
 * @param wanted what that member asks for of the topic; empty if it does not subscribe to it
 * @param other what the others ask for
 */
record SubscriptionConflict(String group, String topic, String clientId, String wanted, String other) {
    /** Whether it is about the same thing, whoever was heard last. */
    boolean isAsBefore(SubscriptionConflict before) {
        boolean same = wanted.equals(before.wanted) && other.equals(before.other);
        boolean swapped = wanted.equals(before.other) && other.equals(before.wanted);
        return topic.equals(before.topic) && (same || swapped);
    }
}
