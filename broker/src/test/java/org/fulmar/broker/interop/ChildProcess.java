package org.fulmar.broker.interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A JVM with a class path of its own, started by and for a test. Used by the test's thread; a daemon thread keeps its
 * output. It does not outlive this JVM, as long as this JVM is not killed itself.
 */
public final class ChildProcess implements AutoCloseable {
    private final String mainClass;
    private final Process process;
    private final List<String> lines = new ArrayList<>();
    private final CompletableFuture<String> ready = new CompletableFuture<>();
    private final Thread output = new Thread(this::keepOutput, "child-output");
    private final Thread atExit;

    /** @param home where it runs, and what it takes for the user's home */
    public ChildProcess(Path home, String classPath, List<String> options, String mainClass, String... arguments)
            throws IOException {
        this.mainClass = mainClass;
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-Duser.home=" + home));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, mainClass));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .start();
        atExit = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(atExit);
        output.setDaemon(true);
        output.start();
    }

    private void keepOutput() {
        try (BufferedReader in = process.inputReader()) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                synchronized (lines) {
                    lines.add(line);
                }
                if (line.contains("READY")) {
                    ready.complete(line);
                }
            }
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
        ready.completeExceptionally(new IOException("the process ended"));
    }

    /** The line with which it says that it is ready. */
    public String awaitReady(int seconds) throws IOException, InterruptedException {
        try {
            return ready.get(seconds, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(mainClass + " did not become ready; it says:\n" + text(), e);
        }
    }

    /** All its output, when it has ended by itself. */
    List<String> awaitEnd(int seconds) throws IOException, InterruptedException {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            throw new IOException(mainClass + " did not end in " + seconds + " s; it says:\n" + text());
        }
        output.join(TimeUnit.SECONDS.toMillis(10));
        return lines();
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGTERM, and the exit code. */
    int stop(int seconds) throws IOException, InterruptedException {
        process.destroy();
        awaitEnd(seconds);
        return process.exitValue();
    }

    String text() {
        return String.join("\n", lines());
    }

    /** What it has written so far, both outputs. */
    public List<String> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /** Returns when the process is gone. */
    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
