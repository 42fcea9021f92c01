package org.fulmar.jms.kill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs {@link HistoryChecker}, or another checker, in a JVM of its own and waits for its verdict.
 *
 * <p>Stateless, for any thread.
 */
final class CheckerProcess {

    private CheckerProcess() {}

    /** What the checker printed, and whether it ended with exit code 0. */
    record Result(boolean ok, String output) {}

    static Result run(Path histories, int expectedKills) throws IOException, InterruptedException {
        return run(HistoryChecker.class, histories, expectedKills);
    }

    /** Runs another checker, with the same arguments. */
    static Result run(Class<?> checker, Path histories, int expectedKills) throws IOException, InterruptedException {
        Process process = ChildJvm.start(
                histories,
                List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"),
                checker.getName(),
                histories.toString(),
                Integer.toString(expectedKills));
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor() == 0, output);
    }
}
