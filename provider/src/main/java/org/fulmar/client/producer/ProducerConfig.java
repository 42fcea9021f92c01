package org.fulmar.client.producer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.config.OptionSpec;
import org.fulmar.protocol.config.Options;
import org.fulmar.protocol.message.Compression;

/** A producer group and the options of a {@link Producer} in it. Immutable. */
public final class ProducerConfig {
    public static final OptionSpec SEND_TIMEOUT = OptionSpec.number(
            "sendTimeout", "ms", 3000, 1, 3_600_000, "how long a send may take, with all its attempts");
    public static final OptionSpec ATTEMPT_TIMEOUT = OptionSpec.number(
            "attemptTimeout", "ms", 0, 0, 3_600_000, "how long one attempt of a send may take; 0 = as the send");
    public static final OptionSpec RETRIES =
            OptionSpec.number("retries", "times", 2, 0, 100, "how often a send is tried again, on another broker");
    public static final OptionSpec ASYNC_RETRIES = OptionSpec.number(
            "asyncRetries", "times", 2, 0, 100, "how often an asynchronous send is tried again, on another broker");
    public static final OptionSpec RETRY_PAUSE = OptionSpec.number(
            "retryPause",
            "ms",
            50,
            0,
            60_000,
            "how long a send waits before it is tried again on the same broker, if there is no other; doubles each time");
    public static final OptionSpec RETRY_NOT_SAFE = OptionSpec.bool(
            "retryWhenNotSafe", false, "whether a message that was stored, but not as safely as wanted, is sent again");
    public static final OptionSpec COMPRESS_FROM = OptionSpec.number(
            "compressFrom", "bytes", 4096, 0, Integer.MAX_VALUE, "the smallest body that is compressed");
    public static final OptionSpec COMPRESSION = OptionSpec.choice(
            "compression", "zlib", List.of("zlib", "lz4", "zstd", "none"), "how bodies are compressed");
    public static final OptionSpec MAX_MESSAGE = OptionSpec.number(
            "maxMessageSize", "bytes", 4 << 20, 1, 1 << 28, "the largest body, or whole batch, that is sent");
    public static final OptionSpec DEFAULT_TOPIC = OptionSpec.text(
            "defaultTopic", "topic", "TBW102", "the topic that brokers make new ones after; empty = none are made");
    public static final OptionSpec DEFAULT_QUEUES =
            OptionSpec.number("defaultTopicQueueNums", "queues", 4, 1, 1024, "queues of a new topic on each broker");
    public static final OptionSpec FAULT_TOLERANCE = OptionSpec.bool(
            "faultTolerance", false, "whether brokers that were slow or failed lately are spared for a while");
    public static final OptionSpec SPARE_FOR = OptionSpec.choice(
            "spareFor",
            "long",
            List.of("short", "long"),
            "how long such brokers are spared, by their last latency: short = 550 ms 2 s, 1.8 s 5 s, 3 s 6 s, 5 s 10 s,"
                    + " 15 s 30 s, as RocketMQ 5.1 and later; long = 550 ms 30 s, 1 s 60 s, 2 s 120 s, 3 s 180 s,"
                    + " 15 s 600 s, as RocketMQ 4.x");
    public static final OptionSpec FAULT_DETECTOR = OptionSpec.bool(
            "faultDetector", false, "whether spared brokers are asked if they live; needs faultTolerance");
    public static final OptionSpec DETECT_INTERVAL =
            OptionSpec.number("detectInterval", "ms", 2000, 10, 600_000, "how often spared brokers are asked");
    public static final OptionSpec DETECT_TIMEOUT =
            OptionSpec.number("detectTimeout", "ms", 200, 1, 60_000, "how soon a broker that lives answers");
    public static final OptionSpec MAX_ASYNC_MESSAGES =
            OptionSpec.number("maxAsyncMessages", "messages", 1024, 1, 1_000_000, "most asynchronous sends under way");
    public static final OptionSpec MAX_ASYNC_BYTES =
            OptionSpec.number("maxAsyncBytes", "bytes", 100 << 20, 1 << 16, Integer.MAX_VALUE, "most bytes of them");
    public static final OptionSpec WHEN_FULL = OptionSpec.choice(
            "whenFull",
            "wait",
            List.of("wait", "fail"),
            "what an asynchronous send over these bounds does: wait as long as its time-out, or fail at once");
    public static final OptionSpec CHECK_THREADS =
            OptionSpec.number("checkThreads", "threads", 1, 1, 64, "threads that answer what became of transactions");
    public static final OptionSpec MAX_CHECKS = OptionSpec.number(
            "maxChecks", "questions", 2000, 1, 1_000_000, "most such questions that wait; brokers ask again");

    /** All of them. */
    public static final List<OptionSpec> ALL = List.of(
            SEND_TIMEOUT,
            ATTEMPT_TIMEOUT,
            RETRIES,
            ASYNC_RETRIES,
            RETRY_PAUSE,
            RETRY_NOT_SAFE,
            COMPRESS_FROM,
            COMPRESSION,
            MAX_MESSAGE,
            DEFAULT_TOPIC,
            DEFAULT_QUEUES,
            FAULT_TOLERANCE,
            SPARE_FOR,
            FAULT_DETECTOR,
            DETECT_INTERVAL,
            DETECT_TIMEOUT,
            MAX_ASYNC_MESSAGES,
            MAX_ASYNC_BYTES,
            WHEN_FULL,
            CHECK_THREADS,
            MAX_CHECKS);

    private static final int MAX_GROUP = 120;

    private final String group;
    private final Map<String, String> given;
    private final Options options;

    private ProducerConfig(String group, Map<String, String> given) {
        boolean legal = !group.isEmpty() && group.length() <= MAX_GROUP && group.matches("[%|a-zA-Z0-9_-]+");
        if (!legal) {
            throw new ConfigurationException("a producer group has 1 to " + MAX_GROUP
                    + " of letters, digits, %, |, - and _, unlike \"" + group + "\"");
        }
        this.group = group;
        this.given = Map.copyOf(given);
        this.options = Options.of(ALL, given);
    }

    /**
     * @throws ConfigurationException if the group has no legal name
     */
    public static ProducerConfig of(String group) {
        return new ProducerConfig(group, Map.of());
    }

    /**
     * @throws ConfigurationException if the group has no legal name, a key is unknown, or a value is not allowed
     */
    public static ProducerConfig of(String group, Map<String, String> given) {
        return new ProducerConfig(group, given);
    }

    /** This configuration with another value for one option. */
    public ProducerConfig with(OptionSpec option, String value) {
        Map<String, String> changed = new HashMap<>(given);
        changed.put(option.key(), value);
        return new ProducerConfig(group, changed);
    }

    public ProducerConfig with(OptionSpec option, long value) {
        return with(option, Long.toString(value));
    }

    public String group() {
        return group;
    }

    public int number(OptionSpec option) {
        return options.integer(option);
    }

    public String text(OptionSpec option) {
        return options.text(option);
    }

    public boolean bool(OptionSpec option) {
        return options.bool(option);
    }

    FaultTable.Sparing sparing() {
        return options.text(SPARE_FOR).equals("long") ? FaultTable.Sparing.LONG : FaultTable.Sparing.SHORT;
    }

    Compression compression() {
        return switch (options.text(COMPRESSION)) {
            case "lz4" -> Compression.LZ4;
            case "zstd" -> Compression.ZSTD;
            default -> Compression.ZLIB;
        };
    }

    /** The smallest body that is compressed. */
    int compressFrom() {
        return options.text(COMPRESSION).equals("none") ? Integer.MAX_VALUE : options.integer(COMPRESS_FROM);
    }
}
