package org.fulmar.broker.delivery;

/** What becomes of messages that were delivered in vain, or that nobody may have any more. Called on the core. */
public interface Redelivery {
    /**
     * How often, and when, a message is delivered again.
     *
     * @param maxRedeliveries deliveries after the first before it is dead; -1 for no limit
     * @param delayMillis before the first redelivery
     * @param multiplier of the delay for each further one
     * @param maxDelayMillis longest delay
     */
    record Policy(int maxRedeliveries, long delayMillis, double multiplier, long maxDelayMillis) {
        /** At once and for ever. */
        public static final Policy NONE = new Policy(-1, 0, 1, 0);

        /** Milliseconds before the next delivery of a message that has been delivered so often, at least once. */
        long delay(int deliveries) {
            if (delayMillis == 0) {
                return 0;
            }
            return (long) Math.min(maxDelayMillis, delayMillis * Math.pow(multiplier, deliveries - 1.0));
        }

        boolean isDead(int deliveries) {
            return maxRedeliveries >= 0 && deliveries > maxRedeliveries;
        }
    }

    Policy policy(SubscriptionGroup group);

    /**
     * Copies a message that was delivered too often to the dead-letter queue; the copy is the fact that settles it.
     *
     * @return false if it can't be done now; it will be tried again
     */
    boolean deadLetter(SubscriptionGroup group, int cursorId, int queueId, long offset, int deliveries);

    /**
     * Copies a message that has expired to the expiry queue, if there is one; the copy is the fact that settles it.
     *
     * @return false if there is none; the message is dropped then
     */
    boolean expired(SubscriptionGroup group, int cursorId, int queueId, long offset);
}
