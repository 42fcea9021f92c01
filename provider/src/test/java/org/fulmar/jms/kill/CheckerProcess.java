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
        return run(checker.getName(), histories, histories.toString(), Integer.toString(expectedKills));
    }

    /** Runs {@link HistoryChecker} with another time for which one call may overtake the news of its connection's death. */
    static Result run(Path histories, int expectedKills, long overtakingMillis)
            throws IOException, InterruptedException {
        return run(
                HistoryChecker.class.getName(),
                histories,
                histories.toString(),
                Integer.toString(expectedKills),
                Long.toString(overtakingMillis));
    }

    private static Result run(String checker, Path histories, String... arguments)
            throws IOException, InterruptedException {
        Process process = ChildJvm.start(histories, List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"), checker, arguments);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor() == 0, output);
    }
}
