package org.fulmar.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/**
 * Which brokers a {@link Compare} runs against each other and how. Written by picocli before the comparison, only read
 * afterwards.
 */
final class BrokerOptions {

    private static final String NONE = "none";

    @Option(
            names = "--ours",
            defaultValue = "fulmar",
            paramLabel = "BROKER",
            description = "fulmar, or a peer to compare it with itself (${DEFAULT-VALUE})")
    String ours = "";

    @Option(
            names = "--peer",
            split = ",",
            defaultValue = "artemis",
            paramLabel = "BROKER",
            description = "any of artemis, activemq, fulmar, each compared with ours; or none (${DEFAULT-VALUE})")
    List<String> peers = new ArrayList<>();

    @Option(
            names = "--prefetch",
            defaultValue = "0",
            paramLabel = "N",
            description = "messages sent ahead to each consumer; 0: as many as each client does by default")
    int prefetch;

    @Option(
            names = "--artemis-home",
            defaultValue = "bench/artemis",
            paramLabel = "DIR",
            description = "the built Maven project of Artemis (${DEFAULT-VALUE})")
    Path artemisHome = Path.of("");

    @Option(
            names = "--activemq-home",
            defaultValue = "bench/activemq",
            paramLabel = "DIR",
            description = "the built Maven project of ActiveMQ Classic (${DEFAULT-VALUE})")
    Path activeMqHome = Path.of("");

    @Option(
            names = "--activemq-preallocation",
            defaultValue = "sparse_file",
            paramLabel = "STRATEGY",
            description = "KahaDB's preallocationStrategy (${DEFAULT-VALUE})")
    String activeMqPreallocation = "";

    @Option(
            names = "--artemis-client",
            defaultValue = "blockOnDurableSend=true",
            paramLabel = "PARAMETERS",
            description = "URL parameters of Artemis' client (${DEFAULT-VALUE})")
    String artemisClient = "";

    @Option(
            names = "--fulmar-setting",
            paramLabel = "KEY=VALUE",
            description = "one more line of Fulmar's configuration file; may be repeated")
    List<String> fulmarSettings = new ArrayList<>();

    @Option(
            names = "--jvm-option",
            defaultValue = "-Xmx1g",
            paramLabel = "OPTION",
            description = "option of every broker's and client's JVM; may be repeated (${DEFAULT-VALUE})")
    List<String> jvmOptions = new ArrayList<>();

    @Option(
            names = "--dir",
            defaultValue = "${sys:java.io.tmpdir}",
            paramLabel = "DIR",
            description = "where the brokers keep their data, each run anew (${DEFAULT-VALUE})")
    Path directory = Path.of("");

    BenchedBroker ours() {
        return named(ours);
    }

    /** The peers in the order given; empty for none. */
    List<BenchedBroker> peers() {
        return peers.equals(List.of(NONE))
                ? List.of()
                : peers.stream().map(this::named).toList();
    }

    private BenchedBroker named(String name) {
        return switch (name) {
            case "fulmar" -> new FulmarBroker(fulmarSettings, prefetch);
            case "artemis" -> new ArtemisBroker(artemisHome, artemisClient, prefetch);
            case "activemq" -> new ActiveMqBroker(activeMqHome, activeMqPreallocation, prefetch);
            default -> throw new IllegalArgumentException("no such broker: " + name);
        };
    }
}
