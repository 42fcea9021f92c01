package org.fulmar.broker.config;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.fulmar.broker.delay.DelayLevels;
import org.fulmar.broker.delivery.Redelivery;
import org.fulmar.broker.retention.RetentionOptions;
import org.fulmar.broker.store.StoreOptions;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.config.OptionSpec;
import org.fulmar.protocol.config.Options;
import org.jspecify.annotations.Nullable;

/**
 * The broker's configuration, checked. {@link BrokerOptions} says what each option means. Any thread may read; only the
 * options of {@link BrokerOptions#CHANGEABLE} ever change, by the core.
 */
public final class BrokerConfig {
    private static final Pattern CLUSTER_NAME = Pattern.compile("[%|a-zA-Z0-9_-]{1,127}");
    /** With the machine room before an @, which RocketMQ's allocation by machine rooms goes by. */
    private static final Pattern BROKER_NAME = Pattern.compile("([%|a-zA-Z0-9_-]+@)?[%|a-zA-Z0-9_-]+");

    private static final int MAX_NAME = 127;

    private final Map<String, String> given;
    private final List<InetSocketAddress> nameServers;
    private volatile Options options;
    private final DelayLevels delayLevels;

    private BrokerConfig(Map<String, String> given) {
        this.given = Map.copyOf(given);
        this.options = Options.of(BrokerOptions.ALL, given);
        this.nameServers = addresses(options.text(BrokerOptions.NAME_SERVERS));
        this.delayLevels = DelayLevels.parse(options.text(BrokerOptions.DELAY_LEVELS));
        if (!CLUSTER_NAME.matcher(clusterName()).matches()) {
            throw new ConfigurationException(
                    "brokerClusterName takes 1 to 127 of %|a-zA-Z0-9_-, not \"" + clusterName() + "\"");
        }
        if (brokerName().length() > MAX_NAME
                || !BROKER_NAME.matcher(brokerName()).matches()) {
            throw new ConfigurationException("brokerName takes 1 to 127 of %|a-zA-Z0-9_-, and a machine room before"
                    + " it as in room@name, not \"" + brokerName() + "\"");
        }
        if (options.integer(BrokerOptions.QUEUE_FILE) % 20 != 0) {
            throw new ConfigurationException("mappedFileSizeConsumeQueue must be a multiple of 20");
        }
        if (maxMessageBytes() > options.integer(BrokerOptions.SEGMENT) / 2) {
            throw new ConfigurationException("maxMessageSize must be at most half of mappedFileSizeCommitLog");
        }
        if (options.integer(BrokerOptions.MAX_USED) > options.integer(BrokerOptions.FORCE_USED)
                || options.integer(BrokerOptions.FORCE_USED) > options.integer(BrokerOptions.REFUSE_USED)) {
            throw new ConfigurationException(
                    "diskMaxUsedSpaceRatio must be at most diskSpaceCleanForciblyRatio, and that"
                            + " at most diskSpaceWarningLevelRatio");
        }
        retention();
    }

    /**
     * @throws ConfigurationException if a key is unknown or a value is not allowed
     */
    public static BrokerConfig of(Map<String, String> given) {
        return new BrokerConfig(given);
    }

    /**
     * Takes other values from now on, in place of those that it was made with.
     *
     * @param changed all values that differ from those, by option
     * @throws ConfigurationException if an option is not of {@link BrokerOptions#CHANGEABLE}, or a value is not allowed;
     *     nothing is changed then
     */
    public void change(Map<String, String> changed) {
        for (String key : changed.keySet()) {
            if (BrokerOptions.CHANGEABLE.stream().noneMatch(spec -> spec.key().equals(key))) {
                throw new ConfigurationException("option " + key + " does not change at run time");
            }
        }
        Map<String, String> all = new TreeMap<>(given);
        all.putAll(changed);
        options = Options.of(BrokerOptions.ALL, all);
    }

    /** The value that an option was started with, as text. */
    public String startedWith(OptionSpec spec) {
        return Options.of(BrokerOptions.ALL, given).text(spec);
    }

    /** The values of all options, by name, in the order in which people read them. */
    public Map<String, String> values() {
        Options now = options;
        Map<String, String> values = new LinkedHashMap<>();
        BrokerOptions.ALL.forEach(spec -> values.put(spec.key(), now.text(spec)));
        return values;
    }

    private static List<InetSocketAddress> addresses(String text) {
        List<InetSocketAddress> found = new ArrayList<>();
        for (String part : text.split(";")) {
            if (part.isBlank()) {
                continue;
            }
            int colon = part.lastIndexOf(':');
            try {
                int port = Integer.parseInt(part.substring(colon + 1).strip());
                found.add(new InetSocketAddress(part.substring(0, colon).strip(), port));
            } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                throw new ConfigurationException("namesrvAddr must be host:port;host:port…, not \"" + text + "\"", e);
            }
        }
        return List.copyOf(found);
    }

    public String clusterName() {
        return options.text(BrokerOptions.CLUSTER);
    }

    public String brokerName() {
        return options.text(BrokerOptions.NAME);
    }

    public List<InetSocketAddress> nameServers() {
        return nameServers;
    }

    public InetSocketAddress listenAddress() {
        return new InetSocketAddress(options.text(BrokerOptions.BIND), options.integer(BrokerOptions.PORT));
    }

    /** The address that clients are told to connect to. */
    public String publicIp() {
        String ip = options.text(BrokerOptions.PUBLIC_IP);
        return ip.isEmpty() ? options.text(BrokerOptions.BIND) : ip;
    }

    public StoreOptions store() {
        return new StoreOptions(
                Path.of(options.text(BrokerOptions.ROOT)),
                options.integer(BrokerOptions.SEGMENT),
                options.integer(BrokerOptions.QUEUE_FILE),
                maxMessageBytes(),
                options.text(BrokerOptions.FLUSH).equals("SYNC_FLUSH"),
                options.number(BrokerOptions.FLUSH_INTERVAL),
                options.number(BrokerOptions.CHECKPOINT),
                1 << 20,
                16 << 20,
                options.integer(BrokerOptions.INDEX_SLOTS),
                options.integer(BrokerOptions.INDEX_ENTRIES),
                options.bool(BrokerOptions.INDEX));
    }

    public int maxMessageBytes() {
        return options.integer(BrokerOptions.MAX_MESSAGE);
    }

    public boolean autoCreateTopics() {
        return options.bool(BrokerOptions.AUTO_TOPIC);
    }

    public boolean autoCreateGroups() {
        return options.bool(BrokerOptions.AUTO_GROUP);
    }

    public int defaultTopicQueues() {
        return options.integer(BrokerOptions.TOPIC_QUEUES);
    }

    public int maxTopics() {
        return options.integer(BrokerOptions.MAX_TOPICS);
    }

    public int brokerPermission() {
        return options.integer(BrokerOptions.PERMISSION);
    }

    public boolean longPolling() {
        return options.bool(BrokerOptions.LONG_POLLING);
    }

    public boolean propertyFilter() {
        return options.bool(BrokerOptions.PROPERTY_FILTER);
    }

    public boolean storeReplies() {
        return options.bool(BrokerOptions.STORE_REPLIES);
    }

    /** Whether SQL92 filters are tried on messages in advance. */
    public boolean calculateFilterBits() {
        return options.bool(BrokerOptions.FILTER_BITS);
    }

    public long registerPeriodMillis() {
        return options.number(BrokerOptions.REGISTER_PERIOD);
    }

    public int ioThreads() {
        return options.integer(BrokerOptions.IO_THREADS);
    }

    public int businessThreads() {
        return options.integer(BrokerOptions.BUSINESS_THREADS);
    }

    public int maxConnections() {
        return options.integer(BrokerOptions.MAX_CONNECTIONS);
    }

    public int maxConsumersPerConnection() {
        return options.integer(BrokerOptions.MAX_CONSUMERS);
    }

    public int maxTransactions() {
        return options.integer(BrokerOptions.MAX_TRANSACTIONS);
    }

    /** How often and when a message is delivered again, where its topic does not say otherwise. */
    public Redelivery.Policy redelivery() {
        return new Redelivery.Policy(
                options.integer(BrokerOptions.MAX_REDELIVERIES),
                options.number(BrokerOptions.REDELIVERY_DELAY),
                options.number(BrokerOptions.REDELIVERY_BACK_OFF),
                options.number(BrokerOptions.MAX_REDELIVERY_DELAY));
    }

    /** The JMS name of the queue for expired messages; empty if they are dropped. */
    public String expiryQueue() {
        return options.text(BrokerOptions.EXPIRY_QUEUE);
    }

    /** How long half messages wait for their outcome, and how their producers are asked for it. */
    public HalfMessages.Rules halfMessages() {
        return new HalfMessages.Rules(
                options.number(BrokerOptions.TRANSACTION_TIME_OUT),
                options.number(BrokerOptions.TRANSACTION_CHECK_INTERVAL),
                options.integer(BrokerOptions.TRANSACTION_CHECK_MAX),
                options.number(BrokerOptions.TRANSACTION_MAX_AGE),
                options.integer(BrokerOptions.MAX_HALF_MESSAGES));
    }

    public DelayLevels delayLevels() {
        return delayLevels;
    }

    /**
     * How long messages are kept, and what is done when the disk fills.
     *
     * @throws ConfigurationException if the hours are none
     */
    public RetentionOptions retention() {
        try {
            return new RetentionOptions(
                    options.number(BrokerOptions.RESERVED_TIME) * 3_600_000,
                    RetentionOptions.hours(options.text(BrokerOptions.DELETE_WHEN)),
                    options.integer(BrokerOptions.MAX_USED),
                    options.integer(BrokerOptions.FORCE_USED),
                    options.integer(BrokerOptions.REFUSE_USED),
                    options.number(BrokerOptions.CLEAN_INTERVAL),
                    options.number(BrokerOptions.DELETE_INTERVAL),
                    options.integer(BrokerOptions.DELETE_BATCH),
                    options.integer(BrokerOptions.MAX_LIVE),
                    options.number(BrokerOptions.RELOCATION_RATE));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()), e);
        }
    }

    public @Nullable Path usersFile() {
        String path = options.text(BrokerOptions.USERS);
        return path.isEmpty() ? null : Path.of(path);
    }

    public boolean anonymousAllowed() {
        return options.bool(BrokerOptions.ANONYMOUS);
    }
}
