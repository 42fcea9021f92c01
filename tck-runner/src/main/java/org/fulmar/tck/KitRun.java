package org.fulmar.tck;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs a kit in one mode and writes its reports. Used by one thread.
 *
 * @param pattern of the full class names
 * @param pending what a test prints that fails for a known cause, and the name of this cause
 * @param directory gets {@code report.txt}, {@code report.html} and {@code logs}; what it had of them goes
 * @param started for the report
 */
record KitRun(
        Mode mode,
        TestJvm jvm,
        String pattern,
        Exclusions exclusions,
        Map<String, String> pending,
        Limits limits,
        Path directory,
        String started,
        PrintWriter out) {
    /** For the JVM that lists the tests, besides the limit of a class: on a busy machine its start takes its time. */
    private static final long START_SECONDS = 60;

    RunReport run() throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Path logs = directory.resolve("logs");
        Path work = directory.resolve("work");
        delete(logs);
        delete(work);
        Files.createDirectories(logs);
        Files.createDirectories(work);
        try {
            Map<String, List<TestName>> tests = discover(work, logs);
            List<ClassReport> classes = new ArrayList<>();
            Map<String, String> causes = new HashMap<>();
            List<String> incidents;
            try (Target target = new Target(mode, work, logs)) {
                for (Map.Entry<String, List<TestName>> each : tests.entrySet()) {
                    classes.add(runClass(each.getKey(), each.getValue(), target, work, logs));
                    causes.putAll(causes(logs.resolve(each.getKey() + ".log"), classes.get(classes.size() - 1)));
                    target.check(each.getKey());
                }
                incidents = new ArrayList<>(target.incidents());
            }
            exclusions.reasons().keySet().stream()
                    .filter(name -> isStale(name, tests))
                    .forEach(name -> incidents.add(name + " is excluded, but there is no such test"));
            String title = jvm.tests().getFileName() + " against Fulmar, broker "
                    + (mode == Mode.PROCESS ? "in a process of its own" : "embedded");
            RunReport report = new RunReport(title, started, classes, causes, incidents, millis(begin));
            Files.writeString(directory.resolve("report.txt"), TextReport.of(report));
            Files.writeString(directory.resolve("report.html"), HtmlReport.of(report));
            return report;
        } finally {
            delete(work);
        }
    }

    /** Whether an exclusion is of no test, as far as this run, which may be of some classes only, can tell. */
    private boolean isStale(String excluded, Map<String, List<TestName>> tests) {
        String className = excluded.replaceFirst("#.*", "");
        return className.matches(pattern)
                && tests.getOrDefault(className, List.of()).stream()
                        .noneMatch(name -> name.toString().equals(excluded));
    }

    /** All tests by their classes, which are in order. */
    private Map<String, List<TestName>> discover(Path work, Path logs) throws IOException, InterruptedException {
        Path found = Files.createDirectories(work.resolve("found"));
        Path log = logs.resolve("discovery.log");
        try (ChildJvm child = jvm.list(log, found, pattern)) {
            if (!child.hasEnded(TimeUnit.SECONDS.toMillis(limits.classSeconds() + START_SECONDS))
                    || child.exitCode() != 0) {
                throw new IOException("the tests of " + jvm.tests() + " could not be listed, see " + log);
            }
        }
        Map<String, List<TestName>> tests = new TreeMap<>();
        try (Stream<Path> files = Files.list(found)) {
            for (Path file : files.toList()) {
                List<TestName> names = new EventFile(file)
                        .next().stream()
                                .filter(event -> event.kind() == TestEvent.Kind.FOUND)
                                .map(TestEvent::name)
                                .toList();
                if (!names.isEmpty()) {
                    tests.put(file.getFileName().toString(), names);
                }
            }
        }
        if (tests.isEmpty()) {
            throw new IllegalArgumentException(jvm.tests() + " has no tests in classes like " + pattern);
        }
        return tests;
    }

    private ClassReport runClass(String className, List<TestName> tests, Target target, Path work, Path logs)
            throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Path directoryOfClass = Files.createDirectories(work.resolve(className));
        target.name(directoryOfClass);
        List<TestResult> results = new ClassRun(
                        className, directoryOfClass, logs.resolve(className + ".log"), limits, jvm)
                .run(tests, exclusions.of(tests));
        delete(directoryOfClass);
        ClassReport report = new ClassReport(className, results, millis(begin));
        out.printf(
                "%d passed, %d failed, %d skipped, %s: %s%n",
                report.count(Verdict.PASSED),
                report.count(Verdict.FAILED),
                report.count(Verdict.SKIPPED),
                TextReport.seconds(report.millis()),
                className);
        out.flush();
        return report;
    }

    /** Why tests have failed, where what they have printed names a cause that is known. */
    private Map<String, String> causes(Path log, ClassReport report) throws IOException {
        Map<String, String> causes = new HashMap<>();
        if (report.count(Verdict.FAILED) == 0 || !Files.exists(log)) {
            return causes;
        }
        for (Map.Entry<String, String> known : pending.entrySet()) {
            Map<String, String> lines = TestLog.firstLines(log, line -> line.contains(known.getKey()));
            for (TestResult result : report.results()) {
                if (result.verdict() == Verdict.FAILED
                        && lines.containsKey(result.name().toString())) {
                    causes.put(result.name().toString(), known.getValue());
                }
            }
        }
        return causes;
    }

    private static long millis(long since) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> paths = Files.walk(tree)) {
            all = paths.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.deleteIfExists(path);
        }
    }
}
