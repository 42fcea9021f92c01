package org.fulmar.nameserver;

import java.util.Arrays;
import java.util.Locale;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.config.Options;

/** The options of a name server: the one place that says their names, units, ranges, defaults and meanings. */
public enum NameServerOption {
    LISTEN_PORT("listenPort", "port", 9876, 0, 65_535, "the port to listen on; 0 takes a free one"),
    BIND_ADDRESS(
            "bindAddress", "host", "127.0.0.1", "the address to listen on; 0.0.0.0 for all, which anyone can reach"),
    SCAN_NOT_ACTIVE_BROKER_INTERVAL(
            "scanNotActiveBrokerInterval",
            "ms",
            10_000,
            10,
            3_600_000,
            "time between two searches for brokers that gave no sign of life"),
    BROKER_EXPIRY_MILLIS(
            "brokerExpiryMillis",
            "ms",
            120_000,
            100,
            RouteLimits.MAX_EXPIRY_MILLIS,
            "how long a broker stays registered without a sign of life, if it names no time itself"),
    SERVER_WORKER_THREADS("serverWorkerThreads", "threads", 4, 1, 256, "threads that read, answer and write requests"),
    MAX_CONNECTIONS(
            "maxConnections", "connections", 20_000, 1, 1_000_000, "open connections above which new ones are refused"),
    CONNECTION_IDLE_SECONDS(
            "connectionIdleSeconds", "s", 120, 0, 86_400, "silence after which a connection is closed; 0 = never"),
    MAX_BROKERS("maxBrokers", "brokers", 4096, 1, 100_000, "brokers above which new ones are refused"),
    MAX_TOPICS(
            "maxTopics", "topics", 200_000, 1, 10_000_000, "topics above which registrations of new ones are refused"),
    MAX_ROUTES(
            "maxRoutes",
            "routes",
            2_000_000,
            1,
            100_000_000,
            "pairs of topic and broker name above which registrations are refused"),
    KV_CONFIG_DIRECTORY(
            "kvConfigDirectory", "path", "", "where kvConfig.json is kept; empty = KV configuration only in memory"),
    ORDER_MESSAGE_ENABLE(
            "orderMessageEnable", "bool", "false", "whether routes tell a topic's entry in ORDER_TOPIC_CONFIG");

    private final String key;
    private final String unit;
    private final String otherwise;
    private final long min;
    private final long max;
    private final String doc;

    NameServerOption(String key, String unit, long otherwise, long min, long max, String doc) {
        this.key = key;
        this.unit = unit;
        this.otherwise = Long.toString(otherwise);
        this.min = min;
        this.max = max;
        this.doc = doc;
    }

    NameServerOption(String key, String unit, String otherwise, String doc) {
        this.key = key;
        this.unit = unit;
        this.otherwise = otherwise;
        this.min = 0;
        this.max = -1;
        this.doc = doc;
    }

    /** The name in a properties file. */
    public String key() {
        return key;
    }

    /** The default, as it would stand in a properties file. */
    public String defaultValue() {
        return otherwise;
    }

    /**
     * @throws ConfigurationException if there is no such option; it names the nearest one
     */
    static NameServerOption of(String key) {
        for (NameServerOption option : values()) {
            if (option.key.equals(key)) {
                return option;
            }
        }
        String near = Options.nearest(
                Arrays.stream(values()).map(NameServerOption::key).toList(), key);
        String hint = near == null ? "--help-config lists the options" : "did you mean " + near + "?";
        throw new ConfigurationException("unknown option " + key + ": " + hint);
    }

    long number(String text) {
        try {
            return checked(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new ConfigurationException(key + " must be " + range() + ", not \"" + text + "\"", e);
        }
    }

    /** Returns the value if it is in the range, for values that come from code as well. */
    long checked(long value) {
        if (value < min || value > max) {
            throw new ConfigurationException(key + " must be " + range() + ", not " + value);
        }
        return value;
    }

    boolean bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new ConfigurationException(key + " must be true or false, not \"" + text + "\"");
        };
    }

    private String range() {
        return "a number from " + min + " to " + max + " (" + unit + ")";
    }

    /** A table of all options, for people. */
    public static String help() {
        StringBuilder out = new StringBuilder();
        for (NameServerOption option : values()) {
            String shown = option.otherwise.isEmpty() ? "(empty)" : option.otherwise;
            String limits = option.min <= option.max ? option.min + ".." + option.max : "";
            out.append(String.format(
                    Locale.ROOT, "%-29s %-12s %-10s %-18s %s%n", option.key, option.unit, shown, limits, option.doc));
        }
        return String.format(
                        Locale.ROOT, "%-29s %-12s %-10s %-18s %s%n", "OPTION", "UNIT", "DEFAULT", "RANGE", "MEANING")
                + out;
    }
}
