package org.fulmar.nameserver;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.config.Options;
import org.jspecify.annotations.Nullable;

/**
 * The options of a name server, checked; see {@link NameServerOption} for what each means. Immutable.
 *
 * @param listenPort 0 to 65535; 0 takes a free port
 * @param scanNotActiveBrokerInterval milliseconds
 * @param brokerExpiryMillis milliseconds
 * @param connectionIdleSeconds seconds; 0 = never
 * @param kvConfigDirectory null = only in memory
 */
public record NameServerConfig(
        int listenPort,
        String bindAddress,
        long scanNotActiveBrokerInterval,
        long brokerExpiryMillis,
        int serverWorkerThreads,
        int maxConnections,
        int connectionIdleSeconds,
        int maxBrokers,
        int maxTopics,
        int maxRoutes,
        @Nullable Path kvConfigDirectory,
        boolean orderMessageEnable) {
    /**
     * @throws ConfigurationException if a value is out of its range
     */
    public NameServerConfig {
        NameServerOption.LISTEN_PORT.checked(listenPort);
        NameServerOption.SCAN_NOT_ACTIVE_BROKER_INTERVAL.checked(scanNotActiveBrokerInterval);
        NameServerOption.BROKER_EXPIRY_MILLIS.checked(brokerExpiryMillis);
        NameServerOption.SERVER_WORKER_THREADS.checked(serverWorkerThreads);
        NameServerOption.MAX_CONNECTIONS.checked(maxConnections);
        NameServerOption.CONNECTION_IDLE_SECONDS.checked(connectionIdleSeconds);
        NameServerOption.MAX_BROKERS.checked(maxBrokers);
        NameServerOption.MAX_TOPICS.checked(maxTopics);
        NameServerOption.MAX_ROUTES.checked(maxRoutes);
        if (bindAddress.isBlank()) {
            throw new ConfigurationException("bindAddress must be a host name or an IP address, not empty");
        }
    }

    public static NameServerConfig defaults() {
        return of(Map.of());
    }

    /**
     * The defaults, but for what {@code settings} say.
     *
     * @param settings values by {@link NameServerOption#key}
     * @throws ConfigurationException if a key is unknown or a value is not in its range
     */
    public static NameServerConfig of(Map<String, String> settings) {
        Map<NameServerOption, String> given = new EnumMap<>(NameServerOption.class);
        new TreeMap<>(settings).forEach((key, value) -> given.put(NameServerOption.of(key), value.strip()));
        return new NameServerConfig(
                number(given, NameServerOption.LISTEN_PORT),
                text(given, NameServerOption.BIND_ADDRESS),
                number(given, NameServerOption.SCAN_NOT_ACTIVE_BROKER_INTERVAL),
                number(given, NameServerOption.BROKER_EXPIRY_MILLIS),
                number(given, NameServerOption.SERVER_WORKER_THREADS),
                number(given, NameServerOption.MAX_CONNECTIONS),
                number(given, NameServerOption.CONNECTION_IDLE_SECONDS),
                number(given, NameServerOption.MAX_BROKERS),
                number(given, NameServerOption.MAX_TOPICS),
                number(given, NameServerOption.MAX_ROUTES),
                path(given, NameServerOption.KV_CONFIG_DIRECTORY),
                NameServerOption.ORDER_MESSAGE_ENABLE.bool(text(given, NameServerOption.ORDER_MESSAGE_ENABLE)));
    }

    /**
     * Reads a properties file in UTF-8.
     *
     * @throws ConfigurationException if a key is unknown, a value is not in its range, or the file is malformed
     * @throws IOException if the file can't be read
     */
    public static NameServerConfig load(Path file) throws IOException {
        Map<String, String> settings = Options.read(file);
        try {
            return of(settings);
        } catch (ConfigurationException e) {
            throw new ConfigurationException(file + ": " + e.getMessage(), e);
        }
    }

    /** The values of all options, by name, as they would stand in a properties file. */
    public Map<String, String> values() {
        Map<String, String> values = new TreeMap<>();
        values.put(NameServerOption.LISTEN_PORT.key(), Integer.toString(listenPort));
        values.put(NameServerOption.BIND_ADDRESS.key(), bindAddress);
        values.put(NameServerOption.SCAN_NOT_ACTIVE_BROKER_INTERVAL.key(), Long.toString(scanNotActiveBrokerInterval));
        values.put(NameServerOption.BROKER_EXPIRY_MILLIS.key(), Long.toString(brokerExpiryMillis));
        values.put(NameServerOption.SERVER_WORKER_THREADS.key(), Integer.toString(serverWorkerThreads));
        values.put(NameServerOption.MAX_CONNECTIONS.key(), Integer.toString(maxConnections));
        values.put(NameServerOption.CONNECTION_IDLE_SECONDS.key(), Integer.toString(connectionIdleSeconds));
        values.put(NameServerOption.MAX_BROKERS.key(), Integer.toString(maxBrokers));
        values.put(NameServerOption.MAX_TOPICS.key(), Integer.toString(maxTopics));
        values.put(NameServerOption.MAX_ROUTES.key(), Integer.toString(maxRoutes));
        Path directory = kvConfigDirectory;
        values.put(NameServerOption.KV_CONFIG_DIRECTORY.key(), directory == null ? "" : directory.toString());
        values.put(NameServerOption.ORDER_MESSAGE_ENABLE.key(), Boolean.toString(orderMessageEnable));
        return values;
    }

    /** This configuration with another port; 0 takes a free one. */
    public NameServerConfig withListenPort(int port) {
        return new NameServerConfig(
                port,
                bindAddress,
                scanNotActiveBrokerInterval,
                brokerExpiryMillis,
                serverWorkerThreads,
                maxConnections,
                connectionIdleSeconds,
                maxBrokers,
                maxTopics,
                maxRoutes,
                kvConfigDirectory,
                orderMessageEnable);
    }

    private static String text(Map<NameServerOption, String> given, NameServerOption option) {
        String value = given.get(option);
        return value == null ? option.defaultValue() : value;
    }

    private static int number(Map<NameServerOption, String> given, NameServerOption option) {
        return Math.toIntExact(option.number(text(given, option)));
    }

    private static @Nullable Path path(Map<NameServerOption, String> given, NameServerOption option) {
        String value = text(given, option);
        try {
            return value.isEmpty() ? null : Path.of(value);
        } catch (InvalidPathException e) {
            throw new ConfigurationException(option.key() + " must be a path: " + e.getMessage(), e);
        }
    }
}
