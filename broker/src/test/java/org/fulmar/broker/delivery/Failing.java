package org.fulmar.broker.delivery;

import static org.fulmar.broker.delivery.DeliveryModel.require;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * The failures of a random life: a policy, a dead-letter queue that may refuse, an expiry queue that may not be there. It
 * keeps what was moved in the log of the test, as the broker does, and remembers what it said for the model.
 */
final class Failing implements Redelivery {
    private final Random random;
    private final RecordedFacts facts;
    private final Policy policy;
    private final Map<String, Integer> asked = new HashMap<>();
    private final Set<String> dead = new HashSet<>();

    Failing(Random random, RecordedFacts facts) {
        this.random = random;
        this.facts = facts;
        int max = random.nextInt(3) == 0 ? -1 : random.nextInt(4);
        long delay = random.nextInt(2) == 0 ? 0 : 100;
        this.policy = new Policy(max, delay, 2, 300);
    }

    Policy policy() {
        return policy;
    }

    private static String name(int cursorId, long offset) {
        return cursorId + "/" + offset;
    }

    @Override
    public Policy policy(SubscriptionGroup group) {
        return policy;
    }

    @Override
    public boolean deadLetter(SubscriptionGroup group, int cursorId, int queueId, long offset, int deliveries) {
        require(group.isLasting(), () -> "nothing of " + group.name() + " lasts, and yet it goes to a queue");
        asked.put(name(cursorId, offset), deliveries);
        if (random.nextInt(4) == 0) {
            return false;
        }
        dead.add(name(cursorId, offset));
        facts.moved(cursorId, offset);
        return true;
    }

    @Override
    public boolean expired(SubscriptionGroup group, int cursorId, int queueId, long offset) {
        require(group.isLasting(), () -> "nothing of " + group.name() + " lasts, and yet it goes to a queue");
        if (random.nextBoolean()) {
            return false;
        }
        facts.moved(cursorId, offset);
        return true;
    }

    /** How many deliveries it was asked about a message for since the last time; 0 if it was not asked. */
    int asked(int cursorId, long offset) {
        Integer deliveries = asked.remove(name(cursorId, offset));
        return deliveries == null ? 0 : deliveries;
    }

    /** Whether it took the message, since the last time. */
    boolean took(int cursorId, long offset) {
        return dead.remove(name(cursorId, offset));
    }

    boolean isQuiet() {
        return asked.isEmpty() && dead.isEmpty();
    }
}
