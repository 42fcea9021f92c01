package org.fulmar.protocol.transport;

/**
 * The bounds of one connection.
 *
 * @param maxRequestsInFlight requests of the peer being worked on, above which reading pauses
 * @param maxBytesInFlight bytes of such requests, above which reading pauses
 * @param maxPending requests of ours that wait for an answer, above which new ones fail
 * @param writeLowBytes outbound bytes below which the connection is writable again
 * @param writeHighBytes outbound bytes above which it is not writable
 * @param idleSeconds seconds without a byte from the peer after which the connection is closed; 0 = never
 */
public record ConnectionLimits(
        int maxRequestsInFlight,
        int maxBytesInFlight,
        int maxPending,
        int writeLowBytes,
        int writeHighBytes,
        int idleSeconds) {
    public static final ConnectionLimits SERVER = new ConnectionLimits(4096, 64 << 20, 65_536, 1 << 20, 4 << 20, 120);
    public static final ConnectionLimits CLIENT = new ConnectionLimits(65_536, 256 << 20, 65_536, 1 << 20, 4 << 20, 0);
}
