package org.fulmar.appservers.others;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An application server: a distribution that is only read, a directory of its own for all it writes, and a process while
 * it runs. Used by one thread, the test's.
 */
abstract class Server implements AutoCloseable {
    private static final long STOP_SECONDS = 60;

    /** The distribution. */
    final Path home;
    /** What it writes is below. */
    final Path work;
    /** Of the broker. */
    final String url;
    /** What it and its tools say. */
    final Path log;

    private @Nullable ServerProcess process;

    Server(String distribution, Path work, String url) {
        this.home = Path.of(System.getProperty("appservers.directory")).resolve(distribution);
        this.work = work;
        this.url = url;
        this.log = work.resolve("output.log");
    }

    /** Configures it, with the adapter and the application, or what can be done before it runs. */
    abstract void install() throws IOException, InterruptedException;

    /** What the process is started with. */
    abstract List<String> command() throws IOException;

    Map<String, String> environment() {
        return Map.of();
    }

    /** Takes the application away while the server runs. Returns when its beans get no messages any more. */
    abstract void undeploy() throws IOException, InterruptedException;

    /** The reverse of {@link #undeploy}; may return before it has an effect. */
    abstract void deploy() throws IOException, InterruptedException;

    /** After the first start; it may still be starting. */
    void started() throws IOException, InterruptedException {}

    final void start() throws IOException {
        process = ServerProcess.start(command(), work, log, environment());
    }

    final ServerProcess process() {
        ServerProcess running = process;
        if (running == null) {
            throw new IllegalStateException("it does not run");
        }
        return running;
    }

    /** SIGKILL. */
    final void kill() throws InterruptedException {
        process().kill();
        process = null;
    }

    /** The way an administrator stops it; false if it has not ended after a minute. */
    boolean stop() throws IOException, InterruptedException {
        return process().terminate(STOP_SECONDS);
    }

    final void run(String... command) throws IOException, InterruptedException {
        ServerProcess.run(List.of(command), work, log, environment());
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static List<String> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        List<String> ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            sockets.add(socket);
            ports.add(Integer.toString(socket.getLocalPort()));
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }

    static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.REPLACE_EXISTING);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Ends it by whatever means. */
    @Override
    public void close() throws InterruptedException {
        if (process != null) {
            kill();
        }
    }
}
