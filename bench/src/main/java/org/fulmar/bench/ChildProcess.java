package org.fulmar.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A JVM started by {@link Compare}, with what it printed (standard output and error together, the last lines of it).
 *
 * <p>Used by one thread, beside a daemon thread that reads the output. When {@link #close} returns, the process is
 * gone: SIGTERM first, SIGKILL if that does not end it. Its standard input stays open until then.
 */
final class ChildProcess implements AutoCloseable {

    private static final int KEPT_LINES = 2_000;
    private static final long TERM_SECONDS = 15;

    private final String name;
    private final Process process;
    private final Thread pump;
    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    private ChildProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        this.pump = new Thread(this::readOutput, name + "-output");
        pump.setDaemon(true);
    }

    /** Starts a main class in a JVM with the given class path; options such as the heap come before it. */
    static ChildProcess java(String name, List<String> jvmOptions, String classPath, List<String> mainAndArguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath, Guarded.class.getName()));
        command.addAll(mainAndArguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Cleanup.add(process);
        ChildProcess child = new ChildProcess(name, process);
        child.pump.start();
        return child;
    }

    /** Waits for a line that contains the word; throws when the process ends or the time is over before. */
    synchronized void awaitWord(String word, Duration patience) throws IOException, InterruptedException {
        Predicate<String> contained =
                Pattern.compile("\\b" + Pattern.quote(word) + "\\b").asPredicate();
        long end = System.nanoTime() + patience.toNanos();
        while (lines.stream().noneMatch(contained)) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (ended || left <= 0) {
                throw new IOException(name + " did not print " + word + ":\n" + String.join("\n", lines));
            }
            wait(left);
        }
    }

    /** Waits for the process to end by itself and returns its exit status; throws when it takes longer. */
    int awaitExit(Duration patience) throws IOException, InterruptedException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IOException(
                    name + " still runs after " + patience.toSeconds() + " s:\n" + String.join("\n", output()));
        }
        pump.join(TimeUnit.SECONDS.toMillis(TERM_SECONDS));
        return process.exitValue();
    }

    synchronized List<String> output() {
        return List.copyOf(lines);
    }

    @Override
    public void close() throws InterruptedException {
        try {
            // Not Process.destroy: that would close its standard input too, and a Guarded halts on that.
            process.toHandle().destroy();
            process.waitFor(TERM_SECONDS, TimeUnit.SECONDS);
        } finally {
            process.destroyForcibly();
            process.waitFor();
            Cleanup.remove(process);
        }
    }

    private void readOutput() {
        try (BufferedReader reader = process.inputReader(Charset.defaultCharset())) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                keep(line);
            }
        } catch (IOException e) {
            keep("output lost: " + e);
        } finally {
            end();
        }
    }

    private synchronized void keep(String line) {
        if (lines.size() == KEPT_LINES) {
            lines.remove(KEPT_LINES / 2);
        }
        lines.add(line);
        notifyAll();
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }
}
