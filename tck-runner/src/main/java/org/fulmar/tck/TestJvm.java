package org.fulmar.tck;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How the JVMs of test classes are started. Immutable.
 *
 * @param tests the jar or directory of the tests
 * @param jmsTimeoutMillis how long tests wait for a message
 */
record TestJvm(Path tests, long jmsTimeoutMillis) {
    /** Those for speed are for JVMs that live for seconds only. */
    private static final List<String> OPTIONS =
            List.of("-Xmx512m", "-ea", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    /** The TCK's tests throw exceptions without a cause; the cause is in what they log as their finest detail. */
    private static final String LOGGING = """
            handlers=java.util.logging.ConsoleHandler
            java.util.logging.ConsoleHandler.level=ALL
            java.util.logging.SimpleFormatter.format=%1$tT.%1$tL %4$s %5$s%6$s%n
            .level=INFO
            com.sun.ts.level=ALL
            """;

    /** Files that tests leave go to {@code temporary}; {@code names} is a directory with the naming properties. */
    ChildJvm run(Path log, Path temporary, Path names, Path events, String className, Path skip) throws IOException {
        List<String> options = new ArrayList<>(OPTIONS);
        Path logging = Files.writeString(temporary.resolve("logging.properties"), LOGGING);
        options.add("-Djava.util.logging.config.file=" + logging);
        options.add("-Djava.io.tmpdir=" + temporary);
        options.add("-Duser=" + Target.USER);
        options.add("-Dpassword=" + Target.PASSWORD);
        options.add("-Djms_timeout=" + jmsTimeoutMillis);
        options.add("-Dplatform.mode=standalone");
        options.add("-Dvehicle=standalone");
        return ChildJvm.start(
                log,
                options,
                names + File.pathSeparator + classPath(),
                TestClassMain.class,
                List.of("run", events.toString(), className, skip.toString()));
    }

    ChildJvm list(Path log, Path events, String pattern) throws IOException {
        return ChildJvm.start(
                log,
                OPTIONS,
                classPath(),
                TestClassMain.class,
                List.of("list", events.toString(), tests.toString(), pattern));
    }

    private String classPath() {
        return tests + File.pathSeparator + System.getProperty("java.class.path");
    }
}
