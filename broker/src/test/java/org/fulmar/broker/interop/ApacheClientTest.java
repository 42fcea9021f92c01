package org.fulmar.broker.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.fulmar.broker.interop.probe.Scenario;
import org.fulmar.broker.interop.probe.Scenario.Phase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Unmodified Apache clients against our name server and broker, all in JVMs of their own.
 *
 * <p>The clients have a Netty of their own, so their class paths are folders that the build fills and the tests of
 * {@link Scenario} run there. Everything runs once, before the assertions: each client's first phase, a restart of the
 * broker, each client's second phase, and the same with a SIGKILL.
 */
class ApacheClientTest {
    private static final String PROBE = "org.fulmar.broker.interop.probe.ApacheProbe";
    private static final int STOP_SECONDS = 90;
    private static final int PROBE_SECONDS = 300;

    /** A kind of client: the version whose libraries it has, and the options of its JVM. */
    private record Client(String name, String version, List<String> options) {}

    private static final List<Client> CLIENTS = List.of(
            new Client("json5", "5.4.0", List.of()),
            new Client("binary5", "5.4.0", List.of("-Drocketmq.serialize.type=ROCKETMQ")),
            new Client("json4", "4.9.8", List.of()));

    /** What each client's probe said, both phases. */
    private static final Map<String, List<String>> OUTPUT = new LinkedHashMap<>();

    @TempDir
    static Path directory;

    private static ChildProcesses children;
    private static String nameServer;
    private static int brokerPort;

    @BeforeAll
    @Timeout(1200)
    static void runAllClients() throws IOException, InterruptedException, URISyntaxException {
        children = new ChildProcesses(directory);
        nameServer = children.startNameServer();
        brokerPort = ChildProcesses.freePort();

        ChildProcess broker = startBroker(true);
        probe(Phase.FIRST);
        assertThat(broker.stop(STOP_SECONDS)).as("exit code of the broker").isZero();
        ChildProcess restarted = startBroker(false);
        probe(Phase.RESTARTED);
        restarted.close();
        startBroker(false);
        probe(Phase.KILLED);
    }

    @AfterAll
    static void endChildren() throws Exception {
        children.close();
    }

    private static ChildProcess startBroker(boolean autoCreate) throws IOException, InterruptedException {
        return children.startBroker(List.of(
                "namesrvAddr=" + nameServer,
                "listenPort=" + brokerPort,
                "bindAddress=127.0.0.1",
                "brokerIP1=127.0.0.1",
                "brokerName=broker-a",
                "brokerClusterName=DefaultCluster",
                "storePathRootDir=" + directory.resolve("store"),
                "mappedFileSizeCommitLog=67108864",
                // two levels that tests wait for; on the others a message is tried 16 times in two seconds
                "messageDelayLevel=1s 5s" + " 100ms".repeat(16),
                "transactionTimeOut=1000",
                "transactionCheckInterval=2500",
                "transactionCheckMax=3",
                "autoCreateTopicEnable=" + autoCreate));
    }

    /** Runs one phase of all clients, one after the other: together they starve each other on a small machine. */
    private static void probe(Phase phase) throws IOException, InterruptedException, URISyntaxException {
        for (Client client : CLIENTS) {
            ChildProcess probe = children.startProbe(
                    List.of("apache-client-" + client.version()),
                    client.options(),
                    PROBE,
                    nameServer,
                    phase.name(),
                    client.name(),
                    client.version());
            OUTPUT.computeIfAbsent(client.name(), name -> new ArrayList<>()).addAll(probe.awaitEnd(PROBE_SECONDS));
        }
    }

    static Stream<Arguments> scenarios() {
        return CLIENTS.stream()
                .flatMap(client -> Stream.of(Scenario.values())
                        .filter(scenario -> scenario.isFor(client.version()))
                        .map(scenario -> Arguments.of(client.name(), scenario)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("scenarios")
    void anApacheClientFinds(String client, Scenario scenario) {
        List<String> lines = OUTPUT.getOrDefault(client, List.of());
        List<String> verdicts = lines.stream()
                .filter(line -> line.equals("PASS " + scenario) || line.startsWith("FAIL " + scenario + ":"))
                .toList();
        assertThat(verdicts)
                .as(() -> "what the client said of this scenario; all that it said:\n" + String.join("\n", lines))
                .containsExactly("PASS " + scenario);
    }
}
