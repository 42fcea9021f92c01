package org.fulmar.tck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM that this one has started. All it prints goes to a log file. It does not outlive this JVM, as long as this one is
 * not killed itself. Used by one thread.
 */
final class ChildJvm implements AutoCloseable {
    private static final long DUMP_SECONDS = 30;

    private final Path log;
    private final Process process;
    private final Thread atExit;

    private ChildJvm(Path log, Process process) {
        this.log = log;
        this.process = process;
        this.atExit = new Thread(process::destroyForcibly, "child-end");
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Options come before the main class; what is printed is added to the log. */
    static ChildJvm start(Path log, List<String> options, String classPath, Class<?> main, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(tool("java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        process.getOutputStream().close();
        return new ChildJvm(log, process);
    }

    private static Path tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name);
    }

    /** Whether it has ended, at the latest after so many milliseconds. */
    boolean hasEnded(long waitMillis) throws InterruptedException {
        return process.waitFor(waitMillis, TimeUnit.MILLISECONDS);
    }

    /** Once it {@link #hasEnded}. */
    int exitCode() {
        return process.exitValue();
    }

    /** Adds to the log what its threads are at, if the JDK's tool for this can be had. */
    void logStacks() throws IOException, InterruptedException {
        if (!Files.isExecutable(tool("jcmd"))) {
            return;
        }
        Process dump = new ProcessBuilder(tool("jcmd").toString(), Long.toString(process.pid()), "Thread.print")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        try {
            dump.waitFor(DUMP_SECONDS, TimeUnit.SECONDS);
        } finally {
            dump.destroyForcibly();
        }
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM, and SIGKILL for one that has not ended after so many seconds. */
    void stop(long seconds) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            kill();
        }
    }

    /** Kills it if it still runs. */
    @Override
    public void close() throws InterruptedException {
        kill();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
