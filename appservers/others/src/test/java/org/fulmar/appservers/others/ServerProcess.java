package org.fulmar.appservers.others;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A child process, and its own children, that do not outlive this JVM. What it says goes to a file. Used by one thread,
 * the test's.
 */
final class ServerProcess {
    private static final String LISTENING = "0A";

    private final Process process;
    private final Thread atExit;

    private ServerProcess(Process process) {
        this.process = process;
        this.atExit = new Thread(this::destroy);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** @param log what it says is appended there */
    static ServerProcess start(List<String> command, Path directory, Path log, Map<String, String> environment)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        Process started = builder.start();
        started.getOutputStream().close();
        return new ServerProcess(started);
    }

    /** Runs a command to its end. */
    static void run(List<String> command, Path directory, Path log, Map<String, String> environment)
            throws IOException, InterruptedException {
        int exit = start(command, directory, log, environment).await();
        if (exit != 0) {
            throw new IOException("exit " + exit + " of " + String.join(" ", command) + ", see " + log);
        }
    }

    private int await() throws InterruptedException {
        int exit = process.waitFor();
        Runtime.getRuntime().removeShutdownHook(atExit);
        return exit;
    }

    /** SIGTERM; false if it has not ended in that time. */
    boolean terminate(long seconds) throws InterruptedException {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
        for (ProcessHandle child : children) {
            ended &= !child.isAlive();
        }
        return ended;
    }

    /** Whether it ends by itself in that time. */
    boolean ends(long seconds) throws InterruptedException {
        return process.waitFor(seconds, TimeUnit.SECONDS);
    }

    private void destroy() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** SIGKILL, of its children as well. */
    void kill() throws InterruptedException {
        List<ProcessHandle> children = process.descendants().toList();
        destroy();
        process.waitFor();
        for (ProcessHandle child : children) {
            child.onExit().join();
        }
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    /** The addresses it listens on, in the form of /proc/net. */
    List<String> listening() throws IOException {
        Set<String> sockets = new HashSet<>(sockets(process.toHandle()));
        for (ProcessHandle child : process.descendants().toList()) {
            sockets.addAll(sockets(child));
        }
        List<String> addresses = new ArrayList<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                String[] columns = line.strip().split(" +");
                if (columns[3].equals(LISTENING) && sockets.contains(columns[9])) {
                    addresses.add(columns[1]);
                }
            }
        }
        return addresses;
    }

    private static Set<String> sockets(ProcessHandle of) throws IOException {
        Set<String> inodes = new HashSet<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + of.pid() + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                if (Files.isSymbolicLink(descriptor)) {
                    String to = Files.readSymbolicLink(descriptor).toString();
                    if (to.startsWith("socket:[")) {
                        inodes.add(to.substring(8, to.length() - 1));
                    }
                }
            }
        }
        return inodes;
    }

    /** Whether it is 127.0.0.1, ::1, or 127.0.0.1 mapped into IPv6, each in words of the machine's order, that is little-endian. */
    static boolean isLoopback(String address) {
        return address.startsWith("0100007F:")
                || address.startsWith("00000000000000000000000001000000:")
                || address.startsWith("0000000000000000FFFF00000100007F:");
    }
}
