package org.fulmar.ra.inbound;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.ra.container.Ports;

/** A real broker behind a port of its own, which can be away for a while. Used by the test's thread. */
final class TestBroker implements AutoCloseable {
    private final Path directory;
    private final Map<String, String> options;
    private final int port;
    private Broker broker;

    private TestBroker(int port, Path directory, Map<String, String> options) {
        this.port = port;
        this.directory = directory;
        this.options = options;
    }

    static TestBroker start(Path directory, Map<String, String> options) throws IOException, InterruptedException {
        TestBroker made = new TestBroker(Ports.lasting(), directory, options);
        made.start();
        return made;
    }

    /** Another one, in the place of this, which is stopped. */
    TestBroker instead(Path otherDirectory, Map<String, String> otherOptions) throws IOException, InterruptedException {
        TestBroker made = new TestBroker(port, otherDirectory, otherOptions);
        made.start();
        return made;
    }

    static TestBroker start(Path directory) throws IOException, InterruptedException {
        return start(directory, Map.of());
    }

    void start() throws IOException, InterruptedException {
        Map<String, String> all = new TreeMap<>(options);
        all.put("listenPort", Integer.toString(port));
        all.put("storePathRootDir", directory.toString());
        all.put("mappedFileSizeCommitLog", Integer.toString(32 << 20));
        broker = new Broker(BrokerConfig.of(all), new NioDisk(), System::currentTimeMillis, false).start();
    }

    boolean isRunning() {
        return broker != null;
    }

    void stop() throws IOException, InterruptedException {
        Broker running = broker;
        broker = null;
        if (running != null) {
            running.close();
        }
    }

    int port() {
        return port;
    }

    String url() {
        return Ports.url(port);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        stop();
    }
}
