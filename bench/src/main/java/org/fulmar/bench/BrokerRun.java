package org.fulmar.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One or several runs of {@link JmsBench} against a broker that is started for them and ended after them, each in a JVM
 * of its own, on a free port and an empty directory. Stateless; when {@link #run} returns, both processes and the directory are gone.
 */
final class BrokerRun {

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration BEYOND_MEASURING = Duration.ofSeconds(150);

    private final BrokerOptions options;

    BrokerRun(BrokerOptions options) {
        this.options = options;
    }

    /**
     * Runs JmsBench with each of the argument lists, in one JVM and one after the other, and returns for each what its
     * RESULT line says, and as {@code load_before} the machine's load average when the first began: where others work on
     * the machine, it tells which rounds to distrust. A run that failed has an empty map; what the client and the
     * broker printed goes to standard output then. Throws when no run was made.
     */
    List<Map<String, String>> run(
            BenchedBroker broker, Durability durability, Duration load, List<List<String>> arguments)
            throws IOException, InterruptedException {
        String machineLoad =
                RunResult.rounded(ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
        Path directory = Cleanup.newDirectory(options.directory);
        try {
            int port = freePort();
            try (ChildProcess server = ChildProcess.java(
                    broker.name(),
                    options.jvmOptions,
                    broker.serverClassPath(),
                    broker.server(port, directory, durability))) {
                server.awaitWord(BenchedBroker.READY, START);
                List<Map<String, String>> results = measure(broker, port, load, arguments, server);
                results.stream()
                        .filter(result -> !result.isEmpty())
                        .forEach(result -> result.put("load_before", machineLoad));
                return results;
            }
        } finally {
            Cleanup.delete(directory);
        }
    }

    private List<Map<String, String>> measure(
            BenchedBroker broker, int port, Duration load, List<List<String>> arguments, ChildProcess server)
            throws IOException, InterruptedException {
        try (ChildProcess client = ChildProcess.java(
                "JmsBench", options.jvmOptions, broker.clientClassPath(), command(broker, port, arguments))) {
            int status = client.awaitExit(load.plus(load).plus(BEYOND_MEASURING));
            List<Map<String, String>> results = new ArrayList<>();
            arguments.forEach(run -> results.add(new TreeMap<>()));
            for (String line : client.output()) {
                if (line.startsWith(JmsBench.RESULT + " ")) {
                    Map<String, String> result = keyValues(line);
                    results.set(Integer.parseInt(result.getOrDefault("part", "0")), result);
                }
            }
            if (results.contains(Map.of())) {
                System.out.println("JmsBench against " + broker.name() + " ended with " + status + ":\n"
                        + String.join("\n", client.output()) + "\nThe broker printed:\n"
                        + String.join("\n", server.output()));
            }
            return results;
        }
    }

    private static List<String> command(BenchedBroker broker, int port, List<List<String>> arguments) {
        List<String> command = new ArrayList<>(List.of(JmsBench.class.getName()));
        for (List<String> run : arguments) {
            if (command.size() > 1) {
                command.add(JmsBench.THEN);
            }
            command.addAll(List.of("--factory=" + broker.factory(run), "--url=" + broker.url(port, run)));
            command.addAll(run);
        }
        return command;
    }

    private static Map<String, String> keyValues(String line) {
        Map<String, String> values = new TreeMap<>();
        for (String word : line.split(" ")) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                values.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return values;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
