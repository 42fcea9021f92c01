package org.fulmar.tck;

import java.util.List;
import java.util.Map;

/**
 * What became of a run. Immutable.
 *
 * @param title what was run, against what
 * @param started when, as a text
 * @param pending what is known to be the cause of failures, by {@code class#method}: they are failures all the same
 * @param incidents what went wrong besides
 */
record RunReport(
        String title,
        String started,
        List<ClassReport> classes,
        Map<String, String> pending,
        List<String> incidents,
        long millis) {
    RunReport {
        classes = List.copyOf(classes);
        pending = Map.copyOf(pending);
        incidents = List.copyOf(incidents);
    }

    long count(Verdict verdict) {
        return classes.stream().mapToLong(each -> each.count(verdict)).sum();
    }

    List<TestResult> of(Verdict verdict) {
        return classes.stream()
                .flatMap(each -> each.results().stream())
                .filter(result -> result.verdict() == verdict)
                .toList();
    }

    boolean isPending(TestResult result) {
        return pending.containsKey(result.name().toString());
    }

    List<TestResult> failed(boolean isPending) {
        return of(Verdict.FAILED).stream()
                .filter(result -> isPending(result) == isPending)
                .toList();
    }

    /** Whether tests ran, and none of them failed. */
    boolean passed() {
        return count(Verdict.PASSED) > 0 && count(Verdict.FAILED) == 0 && incidents.isEmpty();
    }

    /** {@code N passed, N failed, N skipped}. */
    String summary() {
        return count(Verdict.PASSED) + " passed, " + count(Verdict.FAILED) + " failed, " + count(Verdict.SKIPPED)
                + " skipped";
    }
}
