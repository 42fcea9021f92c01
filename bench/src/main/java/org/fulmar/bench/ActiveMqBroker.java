package org.fulmar.bench;

import java.nio.file.Path;
import java.util.List;

/** Apache ActiveMQ Classic with KahaDB; {@code bench/activemq} must have been built. Immutable. */
final class ActiveMqBroker implements BenchedBroker {

    private final PeerHome home;
    private final String preallocation;
    private final int prefetch;

    /** Takes the folder of its Maven project, KahaDB's preallocationStrategy and the prefetch, 0 for the default. */
    ActiveMqBroker(Path home, String preallocation, int prefetch) {
        this.home = new PeerHome(home);
        this.preallocation = preallocation;
        this.prefetch = prefetch;
    }

    @Override
    public String name() {
        return "activemq";
    }

    /** WRITTEN is run as NO_FORCE: KahaDB either forces before it answers or does not even wait for its write. */
    @Override
    public List<String> server(int port, Path directory, Durability durability) {
        return List.of(
                "org.fulmar.bench.activemq.ActiveMqPeer",
                Integer.toString(port),
                directory.toString(),
                durability == Durability.FORCED ? "always" : "never",
                preallocation);
    }

    @Override
    public String serverClassPath() {
        return home.serverClassPath();
    }

    @Override
    public String clientClassPath() {
        return home.clientClassPath();
    }

    /** Its XA factory makes no sessions for anything else, so each has its own use. */
    @Override
    public String factory(List<String> arguments) {
        return arguments.stream().anyMatch(Scenario::isXa)
                ? "org.apache.activemq.ActiveMQXAConnectionFactory"
                : "org.apache.activemq.ActiveMQConnectionFactory";
    }

    @Override
    public String url(int port, List<String> arguments) {
        return "tcp://127.0.0.1:" + port + (prefetch > 0 ? "?jms.prefetchPolicy.all=" + prefetch : "");
    }

    @Override
    public String caveat(String scenario, Durability durability) {
        if (durability == Durability.FORCED) {
            return "";
        }
        return "answers before it writes" + (Scenario.isXa(scenario) ? ", but forces each prepare" : "");
    }
}
