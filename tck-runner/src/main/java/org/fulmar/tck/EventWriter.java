package org.fulmar.tck;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * In the JVM of a test class: writes what the tests do, each event at once, since nobody knows how this JVM will end.
 *
 * <p>Used by the one thread that runs the tests.
 */
final class EventWriter implements TestExecutionListener, AutoCloseable {
    private final OutputStream out;
    private final String className;
    private final Map<TestName, Long> started = new HashMap<>();
    private final Set<TestName> over = new HashSet<>();
    private @Nullable TestPlan plan;

    EventWriter(Path file, String className) throws IOException {
        this.out = Files.newOutputStream(file);
        this.className = className;
    }

    void found(TestIdentifier test) {
        write(TestEvent.Kind.FOUND, TestName.of(test, className), 0, "");
    }

    @Override
    public void testPlanExecutionStarted(TestPlan testPlan) {
        plan = testPlan;
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        if (test.isTest()) {
            TestName name = TestName.of(test, className);
            started.put(name, System.nanoTime());
            System.out.println(TestLog.BEGIN + name);
            write(TestEvent.Kind.STARTED, name, 0, "");
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        each(test, TestEvent.Kind.SKIPPED, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        String reason = result.getThrowable().map(EventWriter::reason).orElse("");
        result.getThrowable().ifPresent(thrown -> thrown.printStackTrace(System.out));
        switch (result.getStatus()) {
            case SUCCESSFUL -> {
                if (test.isTest()) {
                    each(test, TestEvent.Kind.PASSED, reason);
                }
            }
            case ABORTED -> each(test, TestEvent.Kind.SKIPPED, reason);
            case FAILED -> each(test, TestEvent.Kind.FAILED, reason);
            default -> throw new IllegalStateException("no such status: " + result.getStatus());
        }
    }

    private static String reason(Throwable thrown) {
        String message = thrown.getMessage();
        return message == null || message.isBlank()
                ? thrown.getClass().getName()
                : thrown.getClass().getSimpleName() + ": " + message.strip();
    }

    /** Of a test itself; of all tests below a class whose set-up failed, as each of them has not passed. */
    private void each(TestIdentifier of, TestEvent.Kind kind, String reason) {
        if (of.isTest()) {
            TestName name = TestName.of(of, className);
            if (over.add(name)) {
                Long begun = started.get(name);
                long millis = begun == null ? 0 : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
                write(kind, name, millis, reason);
            }
            return;
        }
        if (plan != null) {
            plan.getDescendants(of).stream().filter(TestIdentifier::isTest).forEach(test -> each(test, kind, reason));
        }
        if (kind == TestEvent.Kind.FAILED) {
            // even if all of its tests have passed before: the class has not
            write(kind, new TestName(className, of.getDisplayName()), 0, reason);
        }
    }

    void ended() {
        write(TestEvent.Kind.ENDED, new TestName(className, ""), 0, "");
    }

    private void write(TestEvent.Kind kind, TestName name, long millis, String reason) {
        TestEvent event = new TestEvent(kind, name.className(), name.method(), millis, reason);
        try {
            out.write(event.line().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
