package org.fulmar.jms.session;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/** Gives message identifiers: a random part per connection and a counter. Any thread may ask. */
final class MessageIds {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final String prefix;
    private final AtomicLong next = new AtomicLong();

    MessageIds() {
        byte[] random = new byte[10];
        RANDOM.nextBytes(random);
        this.prefix = "ID:" + HEX.formatHex(random);
    }

    /** The identifier with its {@code ID:}; 32 hex digits, as RocketMQ's have. */
    String next() {
        return prefix + HEX.toHexDigits(next.getAndIncrement(), 12);
    }
}
