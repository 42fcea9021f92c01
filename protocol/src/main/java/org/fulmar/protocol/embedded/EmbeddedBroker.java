package org.fulmar.protocol.embedded;

import java.io.IOException;
import java.net.SocketAddress;
import java.util.Map;

/**
 * Starts a broker inside this process. Found through {@link java.util.ServiceLoader}, so that a client which only
 * talks to remote brokers does not carry one.
 */
public interface EmbeddedBroker {
    /**
     * Starts a broker, or shares the one that runs on the same directory already.
     *
     * @param options {@code dir} (a directory; without it a temporary one that goes with the broker) and options of
     *     the broker's configuration
     * @throws IOException if it can't start
     * @throws IllegalArgumentException if an option is unknown or bad
     */
    Running start(Map<String, String> options) throws IOException;

    /** A use of a running broker; the broker stops when its last use is closed. */
    interface Running extends AutoCloseable {
        /** The in-VM address that the transport connects to. */
        SocketAddress address();

        @Override
        void close();
    }
}
