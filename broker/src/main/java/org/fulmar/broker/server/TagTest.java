package org.fulmar.broker.server;

import java.util.OptionalLong;
import java.util.Set;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/** Wants messages with one of some tags, told apart by their hashes as in the consume queue. */
record TagTest(Set<Integer> hashes) implements MessageTest {
    /** The test of a subscription by tags; null if it wants everything. */
    static @Nullable TagTest of(ClientTable.Subscription subscription) {
        return subscription.tagHashes().isEmpty() ? null : new TagTest(subscription.tagHashes());
    }

    @Override
    public boolean matches(MessageRecord message) {
        return hashes.contains((int) MessageProperties.tagHash(message.property(JmsNames.TAGS)));
    }

    @Override
    public OptionalLong requiredTagHash() {
        return hashes.size() == 1 ? OptionalLong.of(hashes.iterator().next()) : OptionalLong.empty();
    }
}
