package org.fulmar.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * Apache ActiveMQ Artemis; {@code bench/artemis} must have been built. Immutable.
 */
final class ArtemisBroker implements BenchedBroker {

    /** Without it the client answers a CompletionListener itself, before the broker has the message. */
    private static final String CONFIRM_COMPLETIONS = "confirmationWindowSize=10485760";

    /** How long the journal collects writes: the best for one and for 16 senders, of 0 to 300 µs tried. */
    private static final int BUFFER_NANOS = 100_000;

    /** Where a write costs no force, collecting only costs latency. */
    private static final int UNFORCED_BUFFER_NANOS = 0;

    /** A message of the default size as the client's window counts it. */
    private static final int WINDOW_BYTES_A_MESSAGE = 1280;

    private final PeerHome home;
    private final String clientParameters;
    private final int prefetch;

    /** Takes the folder of its Maven project, the parameters of the client's URL and the prefetch, 0 for the default. */
    ArtemisBroker(Path home, String clientParameters, int prefetch) {
        this.home = new PeerHome(home);
        this.clientParameters = clientParameters;
        this.prefetch = prefetch;
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
        return home.serverClassPath();
    }

    @Override
    public String clientClassPath() {
        return home.clientClassPath();
    }

    @Override
    public String factory(List<String> arguments) {
        return "org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory";
    }

    @Override
    public String url(int port, List<String> arguments) {
        boolean async = arguments.contains("--async") || arguments.contains("async-send");
        return "tcp://127.0.0.1:" + port + "?" + clientParameters + (async ? "&" + CONFIRM_COMPLETIONS : "")
                + (prefetch > 0 ? "&consumerWindowSize=" + prefetch * WINDOW_BYTES_A_MESSAGE : "");
    }

    @Override
    public String caveat(String scenario, Durability durability) {
        return durability == Durability.NO_FORCE ? "answers before it writes" : "";
    }
}
