package org.fulmar.tck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs one class of tests in a JVM of its own, and in further ones what remains when a JVM crashes or is killed. Each
 * test that was found gets a result, whatever becomes of the JVM. Used by one thread.
 */
final class ClassRun {
    private static final long POLL_MILLIS = 20;
    private static final long EXIT_SECONDS = 20;
    /** For the start of a JVM, besides the limit of a test: on a busy machine it takes its time. */
    private static final long START_SECONDS = 60;

    private final String className;
    private final Path directory;
    private final Path log;
    private final Limits limits;
    private final TestJvm jvm;
    private final Map<TestName, TestResult> results = new LinkedHashMap<>();
    private final long begin = System.nanoTime();
    private @Nullable TestName current;
    private long since;
    /** Whether the JVM has told anything yet. */
    private boolean begun;

    private boolean ended;
    private int attempts;

    /**
     * @param directory with the naming properties; for files that do not stay
     */
    ClassRun(String className, Path directory, Path log, Limits limits, TestJvm jvm) {
        this.className = className;
        this.directory = directory;
        this.log = log;
        this.limits = limits;
        this.jvm = jvm;
    }

    /**
     * @param excluded those of the class that are not run, with reasons
     */
    List<TestResult> run(List<TestName> tests, Map<TestName, String> excluded)
            throws IOException, InterruptedException {
        excluded.forEach((name, reason) -> put(name, Verdict.SKIPPED, 0, "excluded: " + reason));
        boolean more = !results.keySet().containsAll(tests);
        while (more) {
            int before = results.size();
            String end = oneJvm();
            if (current != null) {
                put(current, Verdict.FAILED, millisSince(), end + " while the test ran");
            } else if (!end.isEmpty()) {
                put(new TestName(className, "(outside its tests " + attempts + ")"), Verdict.FAILED, 0, end);
                ended |= results.size() == before + 1;
            }
            boolean over = seconds(begin) >= limits.classSeconds();
            more = !ended && !over && !results.keySet().containsAll(tests);
            if (!more) {
                String why = over
                        ? "not run: the limit of " + limits.classSeconds() + " s for the class was over"
                        : "not run: " + (end.isEmpty() ? "the class ended without it" : end + " before it");
                tests.forEach(name -> results.putIfAbsent(name, new TestResult(name, Verdict.FAILED, 0, why)));
            }
        }
        return List.copyOf(results.values());
    }

    /** Runs what has no result yet. Returns how the JVM came to a wrong end; empty if it did not. */
    private String oneJvm() throws IOException, InterruptedException {
        attempts++;
        begun = false;
        ended = false;
        current = null;
        since = System.nanoTime();
        Path skip = Files.write(
                directory.resolve("skip-" + attempts),
                results.keySet().stream().map(TestName::method).toList());
        Path file = directory.resolve("events-" + attempts);
        EventFile events = new EventFile(file);
        try (ChildJvm child = jvm.run(log, directory, directory, file, className, skip)) {
            String killed = "";
            while (!child.hasEnded(POLL_MILLIS)) {
                events.next().forEach(this::take);
                String late = late();
                if (!late.isEmpty()) {
                    child.logStacks();
                    child.kill();
                    killed = late;
                }
            }
            TestName suspect = current;
            events.next().forEach(this::take);
            if (!killed.isEmpty()) {
                // a test that has ended in the last moment is not to blame
                return suspect == null || suspect.equals(current) ? killed : killed + " (just after " + suspect + ")";
            }
            return ended && child.exitCode() == 0 ? "" : "the JVM ended with exit code " + child.exitCode();
        }
    }

    /** Which limit is over; empty if none is. */
    private String late() {
        if (seconds(begin) >= limits.classSeconds()) {
            return "the limit of " + limits.classSeconds() + " s for the class was over, and its JVM was killed";
        }
        if (ended) {
            return seconds(since) < EXIT_SECONDS
                    ? ""
                    : "the JVM did not end within " + EXIT_SECONDS + " s after its last test, and was killed";
        }
        long limit = limits.testSeconds() + (begun ? 0 : START_SECONDS);
        return seconds(since) < limit
                ? ""
                : "no end within " + limit + " s, and the JVM was killed (its stacks are in the log)";
    }

    private void take(TestEvent event) {
        since = System.nanoTime();
        begun = true;
        switch (event.kind()) {
            case STARTED -> current = event.name();
            case PASSED, FAILED, SKIPPED -> {
                put(event.name(), Verdict.valueOf(event.kind().name()), event.millis(), event.text());
                current = null;
            }
            case ENDED -> ended = true;
            case FOUND -> throw new IllegalStateException("a run finds no tests: " + event);
        }
    }

    private void put(TestName name, Verdict verdict, long millis, String reason) {
        results.put(name, new TestResult(name, verdict, millis, reason));
    }

    private long millisSince() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
    }

    private static long seconds(long since) {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since);
    }
}
