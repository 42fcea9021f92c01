package org.fulmar.jms.kill;

/**
 * Where a worker receives from: a queue, or one durable subscription of a topic.
 *
 * <p>Immutable, used by any thread and by the checker process. A queue has the empty string as its subscription; so
 * has the destination of a send.
 */
record Channel(String destination, String subscription) {

    static Channel queue(String name) {
        return new Channel(name, "");
    }

    static Channel durable(String topic, String subscription) {
        return new Channel(topic, subscription);
    }

    boolean isSubscription() {
        return !subscription.isEmpty();
    }

    @Override
    public String toString() {
        return isSubscription() ? destination + "#" + subscription : destination;
    }
}
