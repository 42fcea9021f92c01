package org.fulmar.broker.embedded;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.embedded.EmbeddedBroker;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts brokers inside this process, on in-VM addresses: the real store, codec and engine. One broker per directory;
 * those who name the same one share it. A broker stops with its last use, or with the process; its directory goes with
 * it if it was a temporary one. Any thread may call it.
 */
public final class EmbeddedBrokers implements EmbeddedBroker {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBrokers.class);
    private static final String DIRECTORY = "dir";
    private static final int SMALL_SEGMENT = 64 << 20;
    private static final Map<Path, Shared> RUNNING = new HashMap<>();
    private static int lastNumber;
    private static boolean hooked;

    private record Shared(Broker broker, SocketAddress address, Path directory, boolean temporary, int[] uses) {}

    @Override
    public Running start(Map<String, String> options) throws IOException {
        synchronized (RUNNING) {
            String named = options.get(DIRECTORY);
            Path directory = named == null
                    ? Files.createTempDirectory("fulmar-embedded")
                    : Path.of(named).toAbsolutePath().normalize();
            Shared shared = RUNNING.get(directory);
            if (shared == null) {
                shared = openOrLeaveNothing(directory, named == null, options);
                RUNNING.put(directory, shared);
            }
            shared.uses[0]++;
            return new Use(shared);
        }
    }

    /** A temporary directory goes again if the broker is refused or can't start. */
    private static Shared openOrLeaveNothing(Path directory, boolean temporary, Map<String, String> options)
            throws IOException {
        try {
            return open(directory, temporary, options);
        } catch (IOException | RuntimeException e) {
            if (temporary) {
                new NioDisk().delete(directory);
            }
            throw e;
        }
    }

    private static Shared open(Path directory, boolean temporary, Map<String, String> options) throws IOException {
        Map<String, String> given = new TreeMap<>(options);
        given.remove(DIRECTORY);
        if (given.containsKey("storePathRootDir")) {
            throw new ConfigurationException("an embedded broker's directory is named by dir, not storePathRootDir");
        }
        given.put("storePathRootDir", directory.toString());
        if (temporary) {
            given.putIfAbsent("mappedFileSizeCommitLog", Integer.toString(SMALL_SEGMENT));
            // what lies there is not to be kept, and a machine for tests may have a full disk
            given.putIfAbsent("diskSpaceWarningLevelRatio", "100");
        }
        Broker broker = new Broker(BrokerConfig.of(given), new NioDisk(), System::currentTimeMillis, true);
        hook();
        return new Shared(
                broker, broker.startLocal("fulmar-embedded-" + ++lastNumber), directory, temporary, new int[1]);
    }

    private static void hook() {
        if (!hooked) {
            hooked = true;
            Runtime.getRuntime().addShutdownHook(new Thread(EmbeddedBrokers::stopAll, "fulmar-embedded-end"));
        }
    }

    private static void stopAll() {
        synchronized (RUNNING) {
            RUNNING.values().forEach(EmbeddedBrokers::stop);
            RUNNING.clear();
        }
    }

    private static void stop(Shared shared) {
        try {
            shared.broker.close();
            if (shared.temporary) {
                new NioDisk().delete(shared.directory);
            }
        } catch (IOException e) {
            LOG.error("the embedded broker on {} was not closed in good order", shared.directory, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Use implements Running {
        private @Nullable Shared shared;

        Use(Shared shared) {
            this.shared = shared;
        }

        @Override
        public SocketAddress address() {
            Shared used = shared;
            if (used == null) {
                throw new IllegalStateException("the embedded broker is not used any more");
            }
            return used.address;
        }

        @Override
        public void close() {
            synchronized (RUNNING) {
                Shared used = shared;
                shared = null;
                if (used != null && --used.uses[0] == 0 && RUNNING.remove(used.directory, used)) {
                    stop(used);
                }
            }
        }
    }
}
