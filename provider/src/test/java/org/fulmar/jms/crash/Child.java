package org.fulmar.jms.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.fulmar.jms.kill.ChildJvm;

/**
 * A process of the matrix, seen from the test: it is told commands and answers, see {@link Told}.
 *
 * <p>Used by one thread, the test's; a daemon thread copies all output to a file and sorts out the answers. It ends with
 * the test's JVM.
 */
final class Child implements AutoCloseable {
    /** What a receipt's line begins with: such lines are no answers, but news. */
    static final String NEWS = "GOT ";

    private static final long PATIENCE_SECONDS = 90;
    private static final String ENDED = "ENDED-PROCESS";
    private static final List<String> SMALL =
            List.of("-Xmx160m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData");

    private final String name;
    private final Path log;
    private final Process process;
    private final Writer commands;
    private final Thread reader;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private volatile Consumer<String> news = line -> {};

    private Child(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
        this.commands = process.outputWriter(StandardCharsets.UTF_8);
        this.reader = new Thread(this::read, name + "-output");
    }

    /** Starts one and does not wait for it. */
    static Child start(String name, Path directory, Class<?> main, String... arguments) throws IOException {
        Process process = ChildJvm.talking(directory, SMALL, main.getName(), arguments);
        Child child = new Child(name, directory.resolve(name + ".log"), process);
        child.reader.setDaemon(true);
        child.reader.start();
        return child;
    }

    private void read() {
        try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8);
                Writer out = Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.write(line + "\n");
                out.flush();
                if (line.startsWith(Told.MARK + NEWS)) {
                    news.accept(line.substring(Told.MARK.length() + NEWS.length()));
                } else if (line.startsWith(Told.MARK)) {
                    answers.add(line.substring(Told.MARK.length()));
                }
            }
        } catch (IOException e) {
            answers.add("UNREADABLE " + e);
        }
        answers.add(ENDED);
    }

    /** Who is told of receipts, on another thread than the test's. */
    void news(Consumer<String> consumer) {
        news = consumer;
    }

    void say(String command) throws IOException {
        commands.write(command + "\n");
        commands.flush();
    }

    /** The words of the next answer, behind the given ones, which it must begin with. */
    String[] await(String... expected) throws IOException, InterruptedException {
        String start = String.join(" ", expected);
        String answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (answer == null || !(answer + " ").startsWith(start + " ")) {
            throw new IOException(name + " was to answer " + start + ", but "
                    + (answer == null ? "answers nothing" : "says " + answer) + "; its output ends:\n" + tail());
        }
        String rest = answer.substring(start.length()).trim();
        return rest.isEmpty() ? new String[0] : rest.split(" ");
    }

    /** SIGKILL. Returns when the process is gone and all that it said is read. */
    void kill() throws InterruptedException {
        // by its handle: the process itself would close its output with what is not read yet
        process.toHandle().destroyForcibly();
        process.waitFor();
        reader.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String tail() {
        try {
            List<String> lines = Files.exists(log) ? new ArrayList<>(Files.readAllLines(log)) : List.of();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns when it is gone, and touches its directory no more. */
    @Override
    public void close() {
        process.destroyForcibly()
                .onExit()
                .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join();
        try {
            reader.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
