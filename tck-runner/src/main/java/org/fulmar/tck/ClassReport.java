package org.fulmar.tck;

import java.util.List;

/** What became of a class of tests. Immutable. */
record ClassReport(String className, List<TestResult> results, long millis) {
    ClassReport {
        results = List.copyOf(results);
    }

    long count(Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }
}
