package org.fulmar.jms.kill;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A broker in a JVM of its own that can be killed and started again on the same port and store.
 *
 * <p>Used by one thread, the test's; a daemon thread per start copies the broker's output to {@code broker.log}. No
 * broker outlives this JVM, as long as this JVM is not killed itself.
 */
public final class BrokerProcess implements AutoCloseable {

    private static final long READY_SECONDS = 90;
    private static final long STOP_SECONDS = 60;

    private final String mainClass;
    private final Path directory;
    private final Path config;
    private final Path log;
    private final int port;
    private final Thread atExit = new Thread(this::destroy);
    private volatile Process process;
    private volatile Thread output;

    /**
     * @param options {@code key=value}, besides those that every broker here gets
     */
    public BrokerProcess(String mainClass, Path directory, String... options) throws IOException {
        this.mainClass = mainClass;
        this.directory = directory;
        this.config = directory.resolve("broker.conf");
        this.log = directory.resolve("broker.log");
        this.port = freePort();
        List<String> lines = new ArrayList<>(List.of(
                "brokerName=kill",
                "listenPort=" + port,
                "bindAddress=127.0.0.1",
                "brokerIP1=127.0.0.1",
                "storePathRootDir=" + directory.resolve("store"),
                "mappedFileSizeCommitLog=" + 64 * 1024 * 1024));
        lines.addAll(List.of(options));
        Files.write(config, lines);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    public int port() {
        return port;
    }

    /** The process that runs now. */
    public long pid() {
        return process.pid();
    }

    /** Returns when the broker has said that it is ready. */
    public void start() throws IOException, InterruptedException {
        process = ChildJvm.start(directory, List.of("-Xmx256m"), mainClass, "-c", config.toString());
        CompletableFuture<Void> ready = new CompletableFuture<>();
        Process started = process;
        Thread drain = new Thread(() -> drain(started, ready), "broker-output");
        drain.setDaemon(true);
        drain.start();
        output = drain;
        try {
            ready.get(READY_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            destroy();
            throw new IOException(mainClass + " did not become ready; its output ends:\n" + tail(), e);
        }
    }

    private void drain(Process from, CompletableFuture<Void> ready) {
        try (BufferedReader in = from.inputReader();
                Writer out = Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.write(line + "\n");
                out.flush();
                if (line.contains("READY")) {
                    ready.complete(null);
                }
            }
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
        ready.completeExceptionally(new IOException("the process ended"));
    }

    /** SIGKILL. Returns when the process is gone, with its exit code: 137 if the signal did it. */
    public int kill() throws InterruptedException {
        return process.destroyForcibly().waitFor();
    }

    /** SIGSTOP: it does nothing more, though the system still accepts what is sent to it. Only {@link #kill} follows. */
    public void freeze() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-STOP", Long.toString(process.pid()))
                .start()
                .waitFor();
        // the signal is only on its way yet: each thread stops by itself
        Awaitility.await()
                .atMost(Duration.ofSeconds(READY_SECONDS))
                .pollInterval(Duration.ofMillis(2))
                .until(this::everyThreadIsStopped);
    }

    private boolean everyThreadIsStopped() {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            for (Path thread : threads.toList()) {
                String state = Files.readString(thread.resolve("stat"));
                if (state.charAt(state.lastIndexOf(')') + 2) != 'T') {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            // one of them has just ended, and its files with it
            return false;
        }
    }

    /** SIGTERM, and SIGKILL for one that does not heed it. Returns the exit code. */
    public int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            return kill();
        }
        return process.exitValue();
    }

    /** The last lines of the broker's output. */
    public String tail() {
        try {
            List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns when the process is gone and its output is written: nothing touches the directory any more. */
    @Override
    public void close() {
        destroy();
        Process ended = process;
        Thread drain = output;
        if (ended != null && drain != null) {
            ended.onExit().orTimeout(STOP_SECONDS, TimeUnit.SECONDS).join();
            try {
                drain.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    private void destroy() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
    }

    /**
     * A port below the range that outgoing connections are given: a client that keeps calling a dead broker would
     * else at some time be connected to itself, and hold the port. The neighbours are free too, for a broker that
     * opens more.
     */
    public static int freePort() throws IOException {
        Random random = new Random();
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = 15_000 + random.nextInt(16_000);
            if (isFree(port - 2) && isFree(port) && isFree(port + 1)) {
                return port;
            }
        }
        throw new IOException("no free port");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
