package org.fulmar.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The results of one scenario at one durability, round by round, and what follows from them: medians, and the ratio of
 * ours to the peer's with its smallest and largest value of a round.
 *
 * <p>Filled and read by one thread.
 */
final class Rounds {

    /** Head of the table whose rows {@link #row} makes. */
    static final List<String> TABLE_HEAD = List.of(
            "| scenario | durability | ours, messages/s | peer, messages/s | ratio (min–max) "
                    + "| ours p50 / p99, µs | peer p50 / p99, µs | ratio p50 (min–max) | ratio p99 (min–max) |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");

    private static final String RATE = "messages_per_s";
    private static final String P50 = "p50_us";
    private static final String P99 = "p99_us";

    private final String title;
    private final Durability durability;
    private final List<Map<String, String>> ours = new ArrayList<>();
    private final List<Map<String, String>> peer = new ArrayList<>();

    Rounds(String title, Durability durability) {
        this.title = title;
        this.durability = durability;
    }

    void addOurs(Map<String, String> result) {
        ours.add(result);
    }

    void addPeer(Map<String, String> result) {
        peer.add(result);
    }

    /** A row of the Markdown table. */
    String row() {
        return String.join(
                " | ",
                "| " + title,
                durability.toString(),
                median(ours, RATE),
                median(peer, RATE),
                ratio(RATE),
                median(ours, P50) + " / " + median(ours, P99),
                median(peer, P50) + " / " + median(peer, P99),
                ratio(P50),
                ratio(P99) + " |");
    }

    /** The same for programs. */
    String keyValues() {
        return String.format(
                Locale.ROOT,
                "COMPARE scenario=\"%s\" durability=%s rounds=%d ours=%s peer=%s ratio=\"%s\" ours_p50_us=%s "
                        + "peer_p50_us=%s ratio_p50=\"%s\" ours_p99_us=%s peer_p99_us=%s ratio_p99=\"%s\"",
                title,
                durability,
                ours.size(),
                median(ours, RATE),
                median(peer, RATE),
                ratio(RATE),
                median(ours, P50),
                median(peer, P50),
                ratio(P50),
                median(ours, P99),
                median(peer, P99),
                ratio(P99));
    }

    private String ratio(String key) {
        List<Double> ratios = new ArrayList<>();
        List<Double> a = values(ours, key);
        List<Double> b = values(peer, key);
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
            ratios.add(a.get(i) / b.get(i));
        }
        if (ratios.isEmpty()) {
            return "–";
        }
        double low = ratios.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        double high = ratios.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        return String.format(Locale.ROOT, "%.2f (%.2f–%.2f)", median(a) / median(b), low, high);
    }

    private static String median(List<Map<String, String>> results, String key) {
        List<Double> values = values(results, key);
        return values.isEmpty() ? "–" : String.format(Locale.ROOT, "%.0f", median(values));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The values of the rounds that have one: a provider that does not support the scenario has none. */
    private static List<Double> values(List<Map<String, String>> results, String key) {
        return results.stream()
                .filter(result -> result.containsKey(key))
                .map(result -> Double.valueOf(result.get(key)))
                .toList();
    }
}
