package org.fulmar.samples.quickstart;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A broker in a process of its own, on a free port of this machine. Used by one thread; dies with this process. */
final class BrokerProcess {
    private final Path directory;
    private final int port;
    private @Nullable Process process;

    BrokerProcess(Path directory) throws IOException {
        this.directory = directory;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.port = free.getLocalPort();
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
    }

    String url() {
        return "fulmar://127.0.0.1:" + port;
    }

    long pid() {
        return running().pid();
    }

    private Process running() {
        Process there = process;
        if (there == null) {
            throw new IllegalStateException("the broker was not started");
        }
        return there;
    }

    /** Returns when the broker serves. */
    void start() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process started = new ProcessBuilder(List.of(
                        java,
                        "-Xmx512m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.fulmar.broker.BrokerMain",
                        "-o",
                        "listenPort=" + port,
                        "-o",
                        "storePathRootDir=" + directory.resolve("store")))
                .redirectError(ProcessBuilder.Redirect.appendTo(new File(directory.toFile(), "broker.log")))
                .start();
        process = started;
        BufferedReader out =
                new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        while (line != null && !line.contains("READY")) {
            line = out.readLine();
        }
        if (line == null) {
            throw new IOException("the broker did not start, see " + directory.resolve("broker.log"));
        }
    }

    /** SIGKILL: the process has no chance to tidy up. */
    void kill() throws InterruptedException {
        running().destroyForcibly().waitFor();
    }

    /** SIGTERM, and SIGKILL if that takes too long. */
    void stop() {
        Process there = process;
        if (there == null) {
            return;
        }
        there.destroy();
        try {
            if (!there.waitFor(20, TimeUnit.SECONDS)) {
                there.destroyForcibly();
            }
        } catch (InterruptedException e) {
            there.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
