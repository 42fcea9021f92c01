package org.fulmar.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
            description = "fulmar, or artemis to compare it with itself (${DEFAULT-VALUE})")
    String ours = "";

    @Option(
            names = "--peer",
            defaultValue = "artemis",
            paramLabel = "BROKER",
            description = "artemis, fulmar or none (${DEFAULT-VALUE})")
    String peer = "";

    @Option(
            names = "--artemis-home",
            defaultValue = "bench/artemis",
            paramLabel = "DIR",
            description = "the built Maven project of the peer (${DEFAULT-VALUE})")
    Path artemisHome = Path.of("");

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

    @Nullable BenchedBroker peer() {
        return peer.equals(NONE) ? null : named(peer);
    }

    private BenchedBroker named(String name) {
        return switch (name) {
            case "fulmar" -> new FulmarBroker(fulmarSettings);
            case "artemis" -> new ArtemisBroker(artemisHome, artemisClient);
            default -> throw new IllegalArgumentException("no such broker: " + name);
        };
    }
}
