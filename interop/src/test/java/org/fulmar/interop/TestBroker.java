package org.fulmar.interop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jspecify.annotations.Nullable;

/**
 * A real broker with a store of its own, and the factory that leads to it as an application would configure it. Used by
 * one thread, the test's.
 */
final class TestBroker implements AutoCloseable {
    /** Where the broker is. */
    enum Place {
        /** Inside the connection factory, on a directory. */
        EMBEDDED,
        /** Behind a TCP port. */
        PORT
    }

    private static final String SEGMENT_BYTES = Integer.toString(32 << 20);

    private final Path directory;
    private final String url;
    private final FulmarConnectionFactory factory;
    private @Nullable Broker broker;

    private TestBroker(Path directory, @Nullable Broker broker, String url) {
        this.directory = directory;
        this.broker = broker;
        this.url = url;
        this.factory = new FulmarConnectionFactory(url);
    }

    static TestBroker start(Place place, Path directory) throws IOException, InterruptedException {
        if (place == Place.EMBEDDED) {
            return new TestBroker(
                    directory, null, "fulmar:embedded?dir=" + directory + "&mappedFileSizeCommitLog=" + SEGMENT_BYTES);
        }
        Broker started = listen(directory, 0);
        return new TestBroker(
                directory, started, "fulmar://127.0.0.1:" + started.address().getPort());
    }

    private static Broker listen(Path directory, int port) throws IOException, InterruptedException {
        Map<String, String> options = Map.of(
                "listenPort", Integer.toString(port),
                "storePathRootDir", directory.toString(),
                "mappedFileSizeCommitLog", SEGMENT_BYTES);
        return new Broker(BrokerConfig.of(options), new NioDisk(), System::currentTimeMillis, false).start();
    }

    FulmarConnectionFactory factory() {
        return factory;
    }

    /** Another factory that leads to it, with an option {@code key=value} of the client. The caller closes it. */
    FulmarConnectionFactory factory(String option) {
        return new FulmarConnectionFactory(url + (url.contains("?") ? "&" : "?") + option);
    }

    /** Stops a broker behind a port, and starts it again on the same port and store. */
    void restart() throws IOException, InterruptedException {
        Broker running = broker;
        if (running == null) {
            throw new IllegalStateException("only a broker behind a port can be started again");
        }
        int port = running.address().getPort();
        running.close();
        broker = listen(directory, port);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        factory.close();
        if (broker != null) {
            broker.close();
        }
    }
}
