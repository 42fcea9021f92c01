package org.fulmar.jms.session;

import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The identifiers of one producer's messages: who it is, a random number, and which of its messages. The broker knows a
 * message that is sent again by them. Whoever sends
 * keeps the order in which numbers are taken; taking one is atomic.
 */
final class MessageIds {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final long producerId;
    private final String prefix;
    private long sequence;

    MessageIds() {
        long random = RANDOM.nextLong();
        this.producerId = random == 0 ? 1 : random;
        this.prefix = "ID:" + HEX.toHexDigits(producerId);
    }

    long producerId() {
        return producerId;
    }

    /** Counts from 1. */
    synchronized long next() {
        return ++sequence;
    }

    /** The JMSMessageID of one: {@code ID:} and 32 hex digits, as RocketMQ's have. */
    String id(long ofSequence) {
        return prefix + HEX.toHexDigits(ofSequence);
    }
}
