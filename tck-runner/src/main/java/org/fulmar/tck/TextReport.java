package org.fulmar.tck;

import java.util.List;
import java.util.Locale;

/** A report as a text. Stateless. */
final class TextReport {
    private TextReport() {}

    static String of(RunReport run) {
        StringBuilder text = new StringBuilder();
        text.append(run.title()).append('\n');
        text.append("started ")
                .append(run.started())
                .append(", took ")
                .append(seconds(run.millis()))
                .append('\n');
        text.append(run.summary()).append('\n');
        if (!run.incidents().isEmpty()) {
            text.append("\nIncidents:\n");
            run.incidents()
                    .forEach(incident -> text.append("  ").append(incident).append('\n'));
        }
        list(text, "Failed", run.failed(false));
        List<TestResult> pending = run.failed(true);
        pending.stream().map(each -> pending(run, each)).distinct().sorted().forEach(cause -> {
            List<TestResult> because = pending.stream()
                    .filter(each -> pending(run, each).equals(cause))
                    .toList();
            list(text, "Failed, pending: " + cause, because);
        });
        list(text, "Skipped", run.of(Verdict.SKIPPED));
        text.append("\nClasses (passed, failed, skipped, duration):\n");
        for (ClassReport each : run.classes()) {
            text.append(String.format(
                    Locale.ROOT,
                    "  %4d %4d %4d %9s  %s%n",
                    each.count(Verdict.PASSED),
                    each.count(Verdict.FAILED),
                    each.count(Verdict.SKIPPED),
                    seconds(each.millis()),
                    each.className()));
        }
        return text.toString();
    }

    private static String pending(RunReport run, TestResult result) {
        return run.pending().getOrDefault(result.name().toString(), "");
    }

    private static void list(StringBuilder text, String heading, List<TestResult> results) {
        if (results.isEmpty()) {
            return;
        }
        text.append("\n").append(heading).append(" (").append(results.size()).append("):\n");
        for (TestResult result : results) {
            text.append("  ")
                    .append(result.name())
                    .append(" (")
                    .append(seconds(result.millis()))
                    .append("): ")
                    .append(result.reason())
                    .append('\n');
        }
    }

    static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }
}
