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
 * One run of {@link JmsBench} against a broker that is started for it and ended after it, each in a JVM of its own, on
 * a free port and an empty directory. Stateless; when {@link #run} returns, both processes and the directory are gone.
 */
final class BrokerRun {

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration BEYOND_MEASURING = Duration.ofSeconds(150);

    private final BrokerOptions options;

    BrokerRun(BrokerOptions options) {
        this.options = options;
    }

    /**
     * Runs JmsBench with the arguments and returns what its RESULT line says, and as {@code load_before} the machine's
     * load average when it began: where others work on the machine, it tells which rounds to distrust.
     */
    Map<String, String> run(BenchedBroker broker, Durability durability, Duration load, List<String> arguments)
            throws IOException, InterruptedException {
        double machineLoad = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        Path directory = Cleanup.newDirectory(options.directory);
        try {
            int port = freePort();
            try (ChildProcess server = ChildProcess.java(
                    broker.name(),
                    options.jvmOptions,
                    broker.serverClassPath(),
                    broker.server(port, directory, durability))) {
                server.awaitWord(BenchedBroker.READY, START);
                Map<String, String> result = measure(broker, port, load, arguments, server);
                result.put("load_before", RunResult.rounded(machineLoad));
                return result;
            }
        } finally {
            Cleanup.delete(directory);
        }
    }

    private Map<String, String> measure(
            BenchedBroker broker, int port, Duration load, List<String> arguments, ChildProcess server)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                JmsBench.class.getName(), "--factory=" + broker.factory(), "--url=" + broker.url(port, arguments)));
        command.addAll(arguments);
        try (ChildProcess client =
                ChildProcess.java("JmsBench", options.jvmOptions, broker.clientClassPath(), command)) {
            int status = client.awaitExit(load.plus(load).plus(BEYOND_MEASURING));
            for (String line : client.output()) {
                if (line.startsWith(JmsBench.RESULT + " ")) {
                    return keyValues(line);
                }
            }
            throw new IOException("JmsBench against " + broker.name() + " ended with " + status + ":\n"
                    + String.join("\n", client.output()) + "\nThe broker printed:\n"
                    + String.join("\n", server.output()));
        }
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
