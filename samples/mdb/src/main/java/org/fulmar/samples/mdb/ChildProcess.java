package org.fulmar.samples.mdb;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A Java program in a process of its own, which ends with this one. For one thread. */
final class ChildProcess implements AutoCloseable {
    private static final int SECONDS = 300;

    private final Process process;
    private final BufferedReader out;
    private final Path log;

    private ChildProcess(Process process, Path log) {
        this.process = process;
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.log = log;
    }

    /** It is killed if it has not ended after five minutes. */
    static ChildProcess start(Path log, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        Thread end = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(end);
        process.onExit().thenRun(() -> forget(end));
        CompletableFuture.delayedExecutor(SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
        return new ChildProcess(process, log);
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // this process ends just now
        }
    }

    long pid() {
        return process.pid();
    }

    /** Reads on until a line has this. */
    void await(String part) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.contains(part)) {
                return;
            }
        }
        throw new IOException("process " + pid() + " has ended without " + part + ", see " + log);
    }

    /** From now on nobody is interested in what it says; it must not wait for that. */
    void drain() {
        Thread drain = new Thread(() -> out.lines().forEach(line -> {}), "drain-" + pid());
        drain.setDaemon(true);
        drain.start();
    }

    /** SIGKILL: the process has no chance to tidy up. */
    void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        process.waitFor();
    }

    /** SIGTERM, and waits for its end. */
    void stop() throws InterruptedException {
        // by its handle: the process itself would close its output under the thread that reads it
        process.toHandle().destroy();
        process.waitFor();
    }

    /** Kills it if it still runs, and returns when it is gone: until then it writes its files. */
    @Override
    public void close() {
        process.toHandle().destroyForcibly();
        process.onExit().join();
    }
}
