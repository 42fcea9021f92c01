package org.fulmar.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/**
 * What one run measured: how many messages a second, their latencies, and what else the scenario has to tell.
 *
 * <p>Filled and printed by the scenario's thread.
 */
final class RunResult {

    private final BenchOptions options;
    private final double messagesPerSecond;
    private final Histogram latency;
    private final Map<String, Object> details = new LinkedHashMap<>();

    RunResult(BenchOptions options, double messagesPerSecond, Histogram latency) {
        this.options = options;
        this.messagesPerSecond = messagesPerSecond;
        this.latency = latency;
    }

    /** The result of transactions of {@code --batch} messages each, which the recorders counted. */
    static RunResult ofTransactions(BenchOptions options, RunWindow window, List<LatencyRecorder> recorders) {
        double rate = LatencyRecorder.ended(recorders) / window.measuredSeconds();
        return new RunResult(options, rate * options.batch, LatencyRecorder.merge(recorders))
                .with("batch", options.batch)
                .with("transactions_per_s", rounded(rate));
    }

    /** Adds a figure of this scenario to both lines. */
    RunResult with(String key, Object value) {
        details.put(key, value);
        return this;
    }

    String line() {
        return String.format(
                Locale.ROOT,
                "%s, %d threads: %.0f messages/s, p50 %.0f us, p99 %.0f us, p99.9 %.0f us, max %.0f us (%s)",
                options.scenario,
                options.threads,
                messagesPerSecond,
                micros(50),
                micros(99),
                micros(99.9),
                micros(100),
                joined(details, ", "));
    }

    String keyValues() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("scenario", options.scenario);
        all.put("threads", options.threads);
        all.put("consumers", options.consumers);
        all.put("size", options.size);
        all.put("ack", options.ack);
        all.put("messages_per_s", rounded(messagesPerSecond));
        all.put("p50_us", rounded(micros(50)));
        all.put("p99_us", rounded(micros(99)));
        all.put("p999_us", rounded(micros(99.9)));
        all.put("max_us", rounded(micros(100)));
        all.putAll(details);
        return joined(all, " ");
    }

    static String rounded(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private double micros(double percentile) {
        return latency.getValueAtPercentile(percentile) / 1e3;
    }

    private static String joined(Map<String, Object> values, String separator) {
        return values.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(separator));
    }
}
