package org.fulmar.nameserver;

import java.util.List;

/**
 * Where a topic is. Immutable.
 *
 * @param groups the broker groups that hold it, sorted by name, at least one
 * @param queues its queues on each of them, in the same order
 */
record TopicRoute(List<BrokerGroup> groups, List<QueueRoute> queues) {}
