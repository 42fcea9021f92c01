package org.fulmar.nameserver;

import org.fulmar.protocol.command.TopicConfig;

/**
 * A topic's queues on one broker group. Immutable.
 *
 * @param perm bits of {@link TopicConfig#READ}, {@link TopicConfig#WRITE}, {@link TopicConfig#INHERIT}
 */
record QueueRoute(String brokerName, int readQueueNums, int writeQueueNums, int perm, int topicSysFlag) {
    static QueueRoute of(String brokerName, TopicConfig topic) {
        return new QueueRoute(
                brokerName, topic.readQueueNums(), topic.writeQueueNums(), topic.perm(), topic.topicSysFlag());
    }

    QueueRoute withPerm(int newPerm) {
        return new QueueRoute(brokerName, readQueueNums, writeQueueNums, newPerm, topicSysFlag);
    }
}
