package org.fulmar.jms.kill;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * The running totals of a load: enough to pace it, and to know when everything sent has come. It judges nothing; that
 * is the checker's part, from the histories.
 *
 * <p>Safe for any thread (one lock, short work).
 */
final class Progress {

    private final Map<String, Map<String, Stream>> destinations = new HashMap<>();
    private long lastReceiptNanos = System.nanoTime();

    /** What one producer sent to one destination, and what of it has come. */
    private static final class Stream {
        private final BitSet sent = new BitSet();
        private final BitSet received = new BitSet();
        private int missing;

        void sent(int seq) {
            sent.set(seq);
            missing += received.get(seq) ? 0 : 1;
        }

        void received(int seq) {
            missing -= sent.get(seq) && !received.get(seq) ? 1 : 0;
            received.set(seq);
        }
    }

    /** How much has happened at one destination. */
    record Totals(int sent, int received) {}

    synchronized void sent(MessageId id) {
        stream(id).sent((int) id.seq());
    }

    synchronized void received(MessageId id) {
        lastReceiptNanos = System.nanoTime();
        if (id.seq() >= 0 && id.seq() < Integer.MAX_VALUE) {
            stream(id).received((int) id.seq());
        }
    }

    private Stream stream(MessageId id) {
        return destinations
                .computeIfAbsent(id.destination(), d -> new HashMap<>())
                .computeIfAbsent(id.producer(), p -> new Stream());
    }

    /** How many messages of this destination were sent for certain and have not come yet. */
    synchronized int missing(String destination) {
        return destinations.getOrDefault(destination, Map.of()).values().stream()
                .mapToInt(stream -> stream.missing)
                .sum();
    }

    synchronized int missing() {
        return destinations.keySet().stream().mapToInt(this::missing).sum();
    }

    synchronized Totals totals(String destination) {
        int sent = 0;
        int received = 0;
        for (Stream stream : destinations.getOrDefault(destination, Map.of()).values()) {
            sent += stream.sent.cardinality();
            received += stream.received.cardinality();
        }
        return new Totals(sent, received);
    }

    synchronized long nanosSinceLastReceipt() {
        return System.nanoTime() - lastReceiptNanos;
    }
}
