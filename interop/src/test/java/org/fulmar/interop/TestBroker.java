package org.fulmar.interop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
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

    /** The broker may stand still for a while. */
    private static final String CONNECTING = "connectTimeout=60000";

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
                    directory,
                    null,
                    "fulmar:embedded?dir=" + directory + "&mappedFileSizeCommitLog=" + SEGMENT_BYTES + "&"
                            + CONNECTING);
        }
        Broker started = listen(directory, lastingPort());
        return new TestBroker(
                directory, started, "fulmar://127.0.0.1:" + started.address().getPort() + "?" + CONNECTING);
    }

    private static Broker listen(Path directory, int port) throws IOException, InterruptedException {
        Map<String, String> options = Map.of(
                "listenPort", Integer.toString(port),
                "storePathRootDir", directory.toString(),
                "mappedFileSizeCommitLog", SEGMENT_BYTES);
        return new Broker(BrokerConfig.of(options), new NioDisk(), System::currentTimeMillis, false).start();
    }

    /**
     * One that is free, and stays so while its broker is away: connections that look for the broker meanwhile, and those of
     * others, get theirs from above 32768.
     */
    private static int lastingPort() {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(15_000, 31_000);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (IOException e) {
                // somebody has it
            }
        }
        throw new IllegalStateException("no free port");
    }

    FulmarConnectionFactory factory() {
        return factory;
    }

    /** Another factory that leads to it, with an option {@code key=value} of the client. The caller closes it. */
    FulmarConnectionFactory factory(String option) {
        return new FulmarConnectionFactory(url + "&" + option);
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
