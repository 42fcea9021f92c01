package org.fulmar.broker.delivery;

import java.util.Map;
import org.fulmar.broker.store.FactSink;
import org.jspecify.annotations.Nullable;

/** Engines and their parts as most tests want them: redelivery at once and for ever, nothing moved. */
final class Engines {
    private static final Redelivery AT_ONCE = new Redelivery() {
        @Override
        public Policy policy(SubscriptionGroup group) {
            return Policy.NONE;
        }

        @Override
        public boolean deadLetter(SubscriptionGroup group, int cursorId, int queueId, long offset, int deliveries) {
            throw new AssertionError("nothing dies here");
        }

        @Override
        public boolean expired(SubscriptionGroup group, int cursorId, int queueId, long offset) {
            return false;
        }
    };

    private Engines() {}

    static DeliveryEngine of(GroupTable groups, Backlog backlog, FactSink facts, DeliveryEngine.Deliveries deliveries) {
        return new DeliveryEngine(groups, backlog, facts, deliveries, AT_ONCE, () -> 0);
    }

    static DeliveryEngine.Opening opening(int id, int sessionId, Object owner, @Nullable MessageTest test, int credit) {
        return new DeliveryEngine.Opening(id, sessionId, owner, test == null ? "" : test.toString(), test, credit);
    }

    static SubscriptionGroup transients(DeliveryEngine engine, String topic) {
        return engine.openTransient("", topic, null, Map.of());
    }
}
