package org.fulmar.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * The results of one scenario at one durability, round by round, and what follows from them: medians, and the ratio of
 * ours to a peer's with its smallest and largest value of a round.
 *
 * <p>Filled and read by one thread.
 */
final class Rounds {

    /** Head of the table whose rows {@link #rows} makes. */
    static final List<String> TABLE_HEAD = List.of(
            "| scenario | durability | peer | ours, messages/s | peer, messages/s | ratio (min–max) "
                    + "| ours p50 / p99, µs | peer p50 / p99, µs | ratio p50 (min–max) | ratio p99 (min–max) |",
            "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");

    private static final String NONE = "–";
    private static final String RATE = "messages_per_s";
    private static final String P50 = "p50_us";
    private static final String P99 = "p99_us";

    private final String title;
    private final Durability durability;
    private final List<String> peers;
    /** Ours, then each peer's, each with a map for every round: an empty one where it failed. */
    private final List<List<Map<String, String>>> results = new ArrayList<>();

    /** Takes the names of the peers, of which there may be none. */
    Rounds(String title, Durability durability, List<String> peers) {
        this.title = title;
        this.durability = durability;
        this.peers = List.copyOf(peers);
        for (int i = 0; i <= peers.size(); i++) {
            results.add(new ArrayList<>());
        }
    }

    /** Adds a round's result: of ours where {@code broker} is 0, else of the peer of that number, counted from 1. */
    void add(int broker, Map<String, String> result) {
        results.get(broker).add(result);
    }

    String title() {
        return title;
    }

    /** A line that says what a broker promised otherwise here than the durability's name says; empty if nothing. */
    String caveat(BenchedBroker broker) {
        String scenario = title.trim().split("\\s+")[0];
        String caveat = broker.caveat(scenario, durability);
        return caveat.isEmpty()
                ? ""
                : "NOT EQUAL: " + scenario + ", " + durability + ": " + broker.name() + " " + caveat;
    }

    /** Rows of the Markdown table, one for each peer. */
    List<String> rows() {
        return lines((name, peer) -> String.join(
                " | ",
                "| " + title,
                durability.toString(),
                name,
                median(ours(), RATE),
                median(peer, RATE),
                ratio(peer, RATE),
                median(ours(), P50) + " / " + median(ours(), P99),
                median(peer, P50) + " / " + median(peer, P99),
                ratio(peer, P50),
                ratio(peer, P99) + " |"));
    }

    /** The same for programs. */
    List<String> keyValues() {
        return lines((name, peer) -> String.format(
                Locale.ROOT,
                "COMPARE scenario=\"%s\" durability=%s rounds=%d peer_name=%s ours=%s peer=%s ratio=\"%s\" "
                        + "ours_p50_us=%s peer_p50_us=%s ratio_p50=\"%s\" ours_p99_us=%s peer_p99_us=%s "
                        + "ratio_p99=\"%s\"",
                title,
                durability,
                ours().size(),
                name,
                median(ours(), RATE),
                median(peer, RATE),
                ratio(peer, RATE),
                median(ours(), P50),
                median(peer, P50),
                ratio(peer, P50),
                median(ours(), P99),
                median(peer, P99),
                ratio(peer, P99)));
    }

    private List<String> lines(BiFunction<String, List<Map<String, String>>, String> line) {
        if (peers.isEmpty()) {
            return List.of(line.apply(NONE, List.of()));
        }
        return IntStream.range(0, peers.size())
                .mapToObj(i -> line.apply(peers.get(i), results.get(i + 1)))
                .toList();
    }

    private List<Map<String, String>> ours() {
        return results.get(0);
    }

    private String ratio(List<Map<String, String>> peer, String key) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < Math.min(ours().size(), peer.size()); i++) {
            String a = ours().get(i).get(key);
            String b = peer.get(i).get(key);
            if (a != null && b != null) {
                ratios.add(Double.parseDouble(a) / Double.parseDouble(b));
            }
        }
        if (ratios.isEmpty()) {
            return NONE;
        }
        double low = ratios.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        double high = ratios.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        double medians = median(values(ours(), key)) / median(values(peer, key));
        return String.format(Locale.ROOT, "%.2f (%.2f–%.2f)", medians, low, high);
    }

    private static String median(List<Map<String, String>> results, String key) {
        List<Double> values = values(results, key);
        return values.isEmpty() ? NONE : String.format(Locale.ROOT, "%.0f", median(values));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The values of the rounds that have one: a run that failed, or that a provider does not support, has none. */
    private static List<Double> values(List<Map<String, String>> results, String key) {
        return results.stream()
                .filter(result -> result.containsKey(key))
                .map(result -> Double.valueOf(result.get(key)))
                .toList();
    }
}
