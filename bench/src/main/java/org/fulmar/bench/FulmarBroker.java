package org.fulmar.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Fulmar's broker and client, from this JVM's own class path. Immutable. */
final class FulmarBroker implements BenchedBroker {

    private final List<String> settings;
    private final int prefetch;

    /** Takes more lines for the broker's configuration file and the client's prefetch, 0 for the default. */
    FulmarBroker(List<String> settings, int prefetch) {
        this.settings = List.copyOf(settings);
        this.prefetch = prefetch;
    }

    @Override
    public String name() {
        return "fulmar";
    }

    @Override
    public List<String> server(int port, Path directory, Durability durability) throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                "listenPort=" + port,
                "bindAddress=127.0.0.1",
                "brokerIP1=127.0.0.1",
                "storePathRootDir=" + directory.resolve("store"),
                "flushDiskType=" + (durability == Durability.FORCED ? "SYNC_FLUSH" : "ASYNC_FLUSH")));
        lines.addAll(settings);
        Path file = Files.write(directory.resolve("broker.properties"), lines);
        return List.of("org.fulmar.broker.BrokerMain", "-c", file.toString());
    }

    @Override
    public String serverClassPath() {
        return System.getProperty("java.class.path");
    }

    @Override
    public String clientClassPath() {
        return System.getProperty("java.class.path");
    }

    @Override
    public String factory(List<String> arguments) {
        return "org.fulmar.jms.FulmarConnectionFactory";
    }

    @Override
    public String url(int port, List<String> arguments) {
        return "fulmar://127.0.0.1:" + port + (prefetch > 0 ? "?prefetch=" + prefetch : "");
    }

    @Override
    public String caveat(String scenario, Durability durability) {
        return "";
    }
}
