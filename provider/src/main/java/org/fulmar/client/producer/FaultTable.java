package org.fulmar.client.producer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How fast brokers were last, and how long they are spared for it. Thread-safe; has no clock: all times are those of the
 * caller, in milliseconds.
 */
final class FaultTable {
    /** For how long brokers are spared. */
    enum Sparing {
        /** RocketMQ's of 5.1 and later, which comes back to a broker soon. */
        SHORT(new long[] {550, 1800, 3000, 5000, 15_000}, new long[] {2000, 5000, 6000, 10_000, 30_000}, 10_000),
        /** RocketMQ's of 4.x and 5.0. */
        LONG(
                new long[] {550, 1000, 2000, 3000, 15_000},
                new long[] {30_000, 60_000, 120_000, 180_000, 600_000},
                30_000);

        /** Latencies from which on a broker is spared, and for how long. */
        private final long[] latency;

        private final long[] spared;
        /** What a failure counts as. */
        private final long failure;

        Sparing(long[] latency, long[] spared, long failure) {
            this.latency = latency;
            this.spared = spared;
            this.failure = failure;
        }

        /** How long a broker is spared for such a latency. */
        long millis(long measured) {
            for (int i = latency.length - 1; i >= 0; i--) {
                if (measured >= latency[i]) {
                    return spared[i];
                }
            }
            return 0;
        }
    }

    private record Fault(long latency, long availableAt, boolean reachable) {}

    private final Sparing sparing;
    private final Map<String, Fault> faults = new ConcurrentHashMap<>();

    FaultTable(Sparing sparing) {
        this.sparing = sparing;
    }

    void answered(String broker, long latency, long now) {
        faults.put(broker, new Fault(latency, now + sparing.millis(latency), true));
    }

    /**
     * @param reachable false if it is to be spared until it was found to live again
     */
    void failed(String broker, long latency, boolean reachable, long now) {
        faults.put(
                broker,
                new Fault(Math.max(latency, sparing.failure), now + sparing.millis(sparing.failure), reachable));
    }

    boolean isAvailable(String broker, long now) {
        Fault fault = faults.get(broker);
        return fault == null || (fault.reachable && now >= fault.availableAt);
    }

    boolean isReachable(String broker) {
        Fault fault = faults.get(broker);
        return fault == null || fault.reachable;
    }

    /** One of the better half of these brokers, in turn, or null if nothing is known of any: then all are alike. */
    @Nullable String leastBad(Collection<String> brokers, int turn, long now) {
        List<Map.Entry<String, Fault>> known = new ArrayList<>();
        faults.forEach((broker, fault) -> {
            if (brokers.contains(broker)) {
                known.add(Map.entry(broker, fault));
            }
        });
        if (known.isEmpty()) {
            return null;
        }
        Comparator<Map.Entry<String, Fault>> better = Comparator.comparing(entry -> !isAvailable(entry.getKey(), now));
        known.sort(better.thenComparing(entry -> !entry.getValue().reachable)
                .thenComparing(entry -> entry.getValue().latency)
                .thenComparing(entry -> entry.getValue().availableAt)
                .thenComparing(Map.Entry::getKey));
        int half = Math.max(1, known.size() / 2);
        return known.get(Math.floorMod(turn, half)).getKey();
    }

    /** Brokers that a detector should ask. */
    List<String> suspects(long now) {
        return faults.keySet().stream()
                .filter(broker -> !isAvailable(broker, now))
                .toList();
    }

    /** The detector has heard from a broker, or not. */
    void detected(String broker, boolean lives) {
        faults.computeIfPresent(broker, (name, fault) -> new Fault(fault.latency, fault.availableAt, lives));
    }

    void forget(String broker) {
        faults.remove(broker);
    }
}
