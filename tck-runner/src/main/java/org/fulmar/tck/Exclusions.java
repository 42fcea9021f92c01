package org.fulmar.tck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tests that are not run: a file with {@code class#method reason} in each line. Immutable.
 *
 * @param reasons by {@code class#method}, none of them empty
 */
record Exclusions(Map<String, String> reasons) {
    Exclusions {
        reasons = Map.copyOf(reasons);
    }

    /**
     * @throws IllegalArgumentException if a line gives no reason, or a test comes twice
     */
    static Exclusions read(Path file) throws IOException {
        Map<String, String> reasons = new LinkedHashMap<>();
        for (String line : Files.readAllLines(file)) {
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            String[] parts = text.split("\\s+", 2);
            if (parts.length < 2) {
                throw new IllegalArgumentException(file + ": " + parts[0] + " is excluded without a reason; add one");
            }
            if (reasons.put(parts[0], parts[1]) != null) {
                throw new IllegalArgumentException(file + ": " + parts[0] + " is excluded twice");
            }
        }
        return new Exclusions(reasons);
    }

    /** Those of these tests that are excluded, with reasons. */
    Map<TestName, String> of(Collection<TestName> tests) {
        Map<TestName, String> excluded = new LinkedHashMap<>();
        for (TestName test : tests) {
            String reason = reasons.get(test.toString());
            if (reason != null) {
                excluded.put(test, reason);
            }
        }
        return excluded;
    }
}
