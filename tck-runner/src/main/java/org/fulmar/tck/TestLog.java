package org.fulmar.tck;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/** What the tests of a class have printed, with a line at the beginning of each test. */
final class TestLog {
    static final String BEGIN = ">>>> ";

    private TestLog() {}

    /** The first line after the beginning of each test that is such a one, by the test's {@code class#method}. */
    static Map<String, String> firstLines(Path log, Predicate<String> such) throws IOException {
        Map<String, String> first = new HashMap<>();
        String test = "";
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(Files.newInputStream(log), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith(BEGIN)) {
                    test = line.substring(BEGIN.length());
                } else if (such.test(line)) {
                    first.putIfAbsent(test, line);
                }
            }
        }
        return first;
    }
}
