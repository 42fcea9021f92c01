package org.fulmar.nameserver;

/**
 * The bounds of a {@link RouteTable}; a registration that would exceed one is refused as a whole.
 *
 * @param maxBrokers registered brokers, at least 1
 * @param maxTopics distinct topic names, at least 1
 * @param maxRoutes pairs of a topic and a broker group, at least 1
 * @param brokerExpiryMillis how long a broker lives without another sign, in milliseconds, if it names no time itself
 */
record RouteLimits(int maxBrokers, int maxTopics, int maxRoutes, long brokerExpiryMillis) {
    /** Longest name of a cluster, broker or topic, and longest address, in characters. */
    static final int MAX_NAME_LENGTH = 255;

    /** Longest time-out that a broker may ask for, in milliseconds: a day. */
    static final long MAX_EXPIRY_MILLIS = 86_400_000;
}
