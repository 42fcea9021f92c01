package org.fulmar.broker.server;

import java.util.Arrays;
import java.util.OptionalLong;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.protocol.message.HeaderText;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * Passes over what the subscriber's own connection has published, or, if it has a client identifier, any connection
 * with that one (JMS 3.1, section 4.11.2). Used on the core.
 *
 * @param host the connection's, as it stands in the records of what it sends
 * @param publisher the client identifier as records have it, or null
 * @param selector what else is asked, or null
 */
record NoLocal(
        byte[] host, @Nullable String publisher, @Nullable MessageTest selector) implements MessageTest {
    static MessageTest of(JmsPeer peer, @Nullable MessageTest selector) {
        String clientId = peer.clientId();
        return new NoLocal(peer.host(), clientId == null ? null : HeaderText.encode(clientId), selector);
    }

    @Override
    public boolean matches(MessageRecord message) {
        if (publisher != null) {
            if (publisher.equals(message.property(JmsNames.PUBLISHER))) {
                return false;
            }
        } else if (Arrays.equals(host, message.bornHost())) {
            return false;
        }
        return selector == null || selector.matches(message);
    }

    @Override
    public OptionalLong requiredTagHash() {
        return selector == null ? OptionalLong.empty() : selector.requiredTagHash();
    }
}
