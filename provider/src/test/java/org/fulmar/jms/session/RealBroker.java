package org.fulmar.jms.session;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;

/** A broker of this process that listens on a real port. Used by one thread, the test's. */
final class RealBroker implements AutoCloseable {
    private static final int SMALL_SEGMENT = 32 << 20;

    private final Broker broker;
    private boolean closed;

    private RealBroker(Broker broker) {
        this.broker = broker;
    }

    /** Starts on a free port, with options {@code key=value} besides the directory. */
    static RealBroker start(Path directory, String... options) throws IOException, InterruptedException {
        Map<String, String> given = new TreeMap<>(Map.of(
                "listenPort", "0",
                "storePathRootDir", directory.resolve("store").toString(),
                "mappedFileSizeCommitLog", Integer.toString(SMALL_SEGMENT)));
        for (String option : options) {
            int equals = option.indexOf('=');
            given.put(option.substring(0, equals), option.substring(equals + 1));
        }
        return new RealBroker(
                new Broker(BrokerConfig.of(given), new NioDisk(), System::currentTimeMillis, false).start());
    }

    int port() {
        return broker.address().getPort();
    }

    /** The URL that leads to it. */
    String url() {
        return "fulmar://127.0.0.1:" + port();
    }

    /** Once. */
    @Override
    public void close() throws IOException, InterruptedException {
        if (!closed) {
            closed = true;
            broker.close();
        }
    }
}
