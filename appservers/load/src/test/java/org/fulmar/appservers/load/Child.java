package org.fulmar.appservers.load;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Java program in a process of its own, which does not outlive this one. Used by one thread. */
final class Child {
    private static final long STOP_SECONDS = 60;

    private final Process process;
    private final Thread atExit;

    private Child(Process process) {
        this.process = process;
        this.atExit = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * @param arguments of java
     * @param log what it says is appended there
     */
    static Child java(List<String> arguments, Path directory, Path log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.command().addAll(arguments);
        return new Child(builder.start());
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    /** SIGTERM; false if it has to be killed. */
    boolean stop() throws InterruptedException {
        process.destroy();
        boolean ended = process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        kill();
        return ended;
    }
}
