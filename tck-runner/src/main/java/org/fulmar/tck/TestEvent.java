package org.fulmar.tck;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the JVM of a test class tells its parent: a line of a file, with tabs between its fields. Immutable.
 *
 * @param method the test; empty where the event is of no test
 * @param text why; in one line of at most {@value #MAX_TEXT} characters, and empty where there is no reason
 */
record TestEvent(Kind kind, String className, String method, long millis, String text) {
    static final int MAX_TEXT = 500;

    /** In the order in which they come. */
    enum Kind {
        /** There is such a test. */
        FOUND,
        STARTED,
        PASSED,
        FAILED,
        SKIPPED,
        /** All tests are through. */
        ENDED
    }

    TestEvent {
        text = oneLine(text);
    }

    /** The first line that says something, without what a terminal or a file of lines would stumble over. */
    private static String oneLine(String text) {
        String first = text.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
        String plain = first.replaceAll("\\p{Cntrl}", " ").strip();
        return plain.length() <= MAX_TEXT ? plain : plain.substring(0, MAX_TEXT - 1) + "…";
    }

    String line() {
        return String.join("\t", kind.name(), className, method, Long.toString(millis), text) + "\n";
    }

    /** The event of a line; null of a line that is none, such as one that the end of the JVM cut. */
    static @Nullable TestEvent of(String line) {
        String[] fields = line.split("\t", -1);
        boolean known =
                Arrays.stream(Kind.values()).anyMatch(kind -> kind.name().equals(fields[0]));
        if (fields.length != 5 || !known || !fields[3].matches("\\d{1,18}")) {
            return null;
        }
        return new TestEvent(Kind.valueOf(fields[0]), fields[1], fields[2], Long.parseLong(fields[3]), fields[4]);
    }

    TestName name() {
        return new TestName(className, method);
    }
}
