package org.fulmar.ra.container;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;

/** A broker of this process that listens on a real port. Used by one thread, the test's. */
public final class RealBroker implements AutoCloseable {
    private final Map<String, String> options;
    private final int port = Ports.lasting();
    private Broker broker;

    private RealBroker(Map<String, String> options) {
        this.options = options;
    }

    /** Starts on a free port, with options {@code key=value} besides the directory. */
    public static RealBroker start(Path directory, String... options) throws IOException, InterruptedException {
        Map<String, String> given = new TreeMap<>(Map.of(
                "storePathRootDir", directory.toString(), "mappedFileSizeCommitLog", Integer.toString(32 << 20)));
        for (String option : options) {
            int equals = option.indexOf('=');
            given.put(option.substring(0, equals), option.substring(equals + 1));
        }
        RealBroker made = new RealBroker(given);
        made.start();
        return made;
    }

    /** Starts again after {@link #stop}, on the same port. */
    public void start() throws IOException, InterruptedException {
        Map<String, String> all = new TreeMap<>(options);
        all.put("listenPort", Integer.toString(port));
        broker = new Broker(BrokerConfig.of(all), new NioDisk(), System::currentTimeMillis, false).start();
    }

    public void stop() throws IOException, InterruptedException {
        Broker running = broker;
        broker = null;
        if (running != null) {
            running.close();
        }
    }

    /** The URL that leads to it. */
    public String url() {
        return Ports.url(port);
    }

    public int port() {
        return port;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        stop();
    }
}
