package org.fulmar.bench;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;

/**
 * Apache ActiveMQ Artemis, from a class path that shares nothing with Fulmar's but this benchmark, HdrHistogram and
 * picocli: {@code bench/artemis} must have been built. Immutable.
 */
final class ArtemisBroker implements BenchedBroker {

    /** Without it the client answers a CompletionListener itself, before the broker has the message. */
    private static final String CONFIRM_COMPLETIONS = "confirmationWindowSize=10485760";

    /** How long the journal collects writes: the best for one and for 16 senders, of 0 to 300 µs tried. */
    private static final int BUFFER_NANOS = 100_000;

    /** Where a write costs no force, collecting only costs latency. */
    private static final int UNFORCED_BUFFER_NANOS = 0;

    private final Path home;
    private final String clientParameters;

    /** Takes the folder of its Maven project and the parameters of the client's URL. */
    ArtemisBroker(Path home, String clientParameters) {
        this.home = home;
        this.clientParameters = clientParameters;
        if (!Files.isDirectory(home.resolve("target/lib"))) {
            throw new IllegalArgumentException(home + " is not built: mvn -f " + home.resolve("pom.xml") + " package");
        }
    }

    @Override
    public String name() {
        return "artemis";
    }

    @Override
    public List<String> server(int port, Path directory, Durability durability) {
        return List.of(
                "org.fulmar.bench.artemis.ArtemisPeer",
                "--port=" + port,
                "--dir=" + directory,
                "--sync=" + (durability != Durability.NO_FORCE),
                "--datasync=" + (durability == Durability.FORCED),
                "--buffer-timeout=" + (durability == Durability.WRITTEN ? UNFORCED_BUFFER_NANOS : BUFFER_NANOS));
    }

    @Override
    public String serverClassPath() {
        return clientClassPath() + File.pathSeparator + home.resolve("target/classes");
    }

    @Override
    public String clientClassPath() {
        return String.join(
                File.pathSeparator,
                BenchedBroker.origin(JmsBench.class).toString(),
                BenchedBroker.origin(CommandLine.class).toString(),
                BenchedBroker.origin(Histogram.class).toString(),
                home.resolve("target/lib") + File.separator + "*");
    }

    @Override
    public String factory() {
        return "org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory";
    }

    @Override
    public String url(int port, List<String> arguments) {
        boolean async = arguments.contains("--async") || arguments.contains("async-send");
        return "tcp://127.0.0.1:" + port + "?" + clientParameters + (async ? "&" + CONFIRM_COMPLETIONS : "");
    }
}
