package org.fulmar.broker.config;

import java.util.List;
import org.fulmar.broker.delay.DelayLevels;
import org.fulmar.protocol.config.OptionSpec;

/** The broker's options. Those that RocketMQ has keep its names and meanings. */
public final class BrokerOptions {
    static final OptionSpec CLUSTER =
            OptionSpec.text("brokerClusterName", "name", "DefaultCluster", "the cluster that the broker belongs to");
    static final OptionSpec NAME =
            OptionSpec.text("brokerName", "name", "broker-a", "the broker's name in the cluster");
    static final OptionSpec ID = OptionSpec.number("brokerId", "", 0, 0, 0, "0 = master, the only role there is yet");
    static final OptionSpec NAME_SERVERS =
            OptionSpec.text("namesrvAddr", "host:port;…", "", "name servers to register with; empty = none");
    static final OptionSpec PORT =
            OptionSpec.number("listenPort", "port", 10911, 0, 65_535, "the port to listen on; 0 takes a free one");
    static final OptionSpec BIND = OptionSpec.text(
            "bindAddress", "host", "127.0.0.1", "the address to listen on; 0.0.0.0 for all, which anyone can reach");
    static final OptionSpec PUBLIC_IP =
            OptionSpec.text("brokerIP1", "address", "", "the address that clients are told; empty = bindAddress");
    static final OptionSpec ROOT =
            OptionSpec.text("storePathRootDir", "path", "store", "the directory that holds everything");
    static final OptionSpec SEGMENT = OptionSpec.number(
            "mappedFileSizeCommitLog", "bytes", 1 << 30, 1 << 16, 1 << 30, "size of a commit-log file");
    static final OptionSpec QUEUE_FILE = OptionSpec.number(
            "mappedFileSizeConsumeQueue",
            "bytes",
            6_000_000,
            2000,
            600_000_000,
            "size of a consume-queue file, of 20-byte entries");
    static final OptionSpec MAX_MESSAGE =
            OptionSpec.number("maxMessageSize", "bytes", 4 << 20, 1024, 512 << 20, "largest message body");
    static final OptionSpec FLUSH = OptionSpec.choice(
            "flushDiskType",
            "SYNC_FLUSH",
            List.of("SYNC_FLUSH", "ASYNC_FLUSH"),
            "whether persistent messages are answered only when they are forced to the device");
    static final OptionSpec FLUSH_INTERVAL = OptionSpec.number(
            "flushIntervalCommitLog", "ms", 500, 1, 60_000, "how often the log is forced when nobody waits for it");
    static final OptionSpec CHECKPOINT = OptionSpec.number(
            "checkpointIntervalMillis", "ms", 5000, 50, 3_600_000, "how often views of the log are saved");
    static final OptionSpec INDEX = OptionSpec.bool("messageIndexEnable", true, "whether messages can be found by key");
    static final OptionSpec INDEX_SLOTS =
            OptionSpec.number("maxHashSlotNum", "slots", 500_000, 100, 50_000_000, "hash slots of a key-index file");
    static final OptionSpec INDEX_ENTRIES =
            OptionSpec.number("maxIndexNum", "entries", 2_000_000, 100, 80_000_000, "entries of a key-index file");
    static final OptionSpec AUTO_TOPIC = OptionSpec.bool(
            "autoCreateTopicEnable", true, "whether a topic or destination is made when it is first used");
    static final OptionSpec AUTO_GROUP = OptionSpec.bool(
            "autoCreateSubscriptionGroup", true, "whether a consumer group is made when it is first used");
    static final OptionSpec TOPIC_QUEUES = OptionSpec.number(
            "defaultTopicQueueNums",
            "queues",
            8,
            1,
            1024,
            "most queues of a topic that a RocketMQ producer makes by sending");
    static final OptionSpec MAX_TOPICS =
            OptionSpec.number("maxTopics", "topics", 100_000, 20, 1_000_000, "most topics and destinations");
    static final OptionSpec PERMISSION =
            OptionSpec.number("brokerPermission", "bits", 6, 0, 6, "4 = may be read, 2 = may be written to, 6 = both");
    static final OptionSpec LONG_POLLING =
            OptionSpec.bool("longPollingEnable", true, "whether a pull may wait longer than 1 s for a message");
    static final OptionSpec PROPERTY_FILTER = OptionSpec.bool(
            "enablePropertyFilter",
            true,
            "whether RocketMQ consumers may filter by properties, with SQL92 expressions");
    static final OptionSpec STORE_REPLIES = OptionSpec.bool(
            "storeReplyMessageEnable", true, "whether replies to requests are stored as well as handed on");
    static final OptionSpec FILTER_BITS = OptionSpec.bool(
            "enableCalcFilterBitMap",
            true,
            "whether SQL92 filters that are in use are tried once on each message when it is stored, so that pulls need"
                    + " not read what they don't want");
    static final OptionSpec REGISTER_PERIOD = OptionSpec.number(
            "registerNameServerPeriod", "ms", 30_000, 100, 60_000, "how often the broker registers with name servers");
    static final OptionSpec IO_THREADS =
            OptionSpec.number("ioThreads", "threads", 2, 1, 64, "event loops that read, decode and write");
    static final OptionSpec BUSINESS_THREADS = OptionSpec.number(
            "adminBrokerThreadPoolNums", "threads", 4, 1, 64, "threads for queries, logins and administration");
    static final OptionSpec MAX_CONNECTIONS = OptionSpec.number(
            "maxConnections", "connections", 20_000, 1, 1_000_000, "open connections above which new ones are refused");
    static final OptionSpec MAX_CONSUMERS = OptionSpec.number(
            "maxConsumersPerConnection", "consumers", 10_000, 1, 1_000_000, "JMS consumers of one connection");
    static final OptionSpec MAX_TRANSACTIONS = OptionSpec.number(
            "maxTransactions",
            "transactions",
            100_000,
            1,
            10_000_000,
            "JMS transactions that are open in parts, prepared or in doubt at a time");
    static final OptionSpec MAX_REDELIVERIES = OptionSpec.number(
            "maxRedeliveries",
            "times",
            10,
            -1,
            1_000_000,
            "how often a message is delivered again before it goes to its dead-letter queue; -1 = for ever."
                    + " Topic attribute fulmar.maxRedeliveries");
    static final OptionSpec REDELIVERY_DELAY = OptionSpec.number(
            "redeliveryDelay",
            "ms",
            0,
            0,
            86_400_000,
            "how long a message that failed waits before it is delivered again; others pass it meanwhile."
                    + " Topic attribute fulmar.redeliveryDelay");
    static final OptionSpec REDELIVERY_BACK_OFF = OptionSpec.number(
            "redeliveryBackOff", "factor", 2, 1, 100, "by what the delay grows with each further redelivery");
    static final OptionSpec MAX_REDELIVERY_DELAY =
            OptionSpec.number("maxRedeliveryDelay", "ms", 60_000, 0, 86_400_000, "the longest redelivery delay");
    static final OptionSpec EXPIRY_QUEUE = OptionSpec.text(
            "expiryQueue",
            "name",
            "",
            "the JMS queue that messages go to that expire undelivered; empty = they are dropped."
                    + " Topic attribute fulmar.expiryQueue");
    static final OptionSpec TRANSACTION_TIME_OUT = OptionSpec.number(
            "transactionTimeOut",
            "ms",
            6_000,
            0,
            86_400_000,
            "how long a half message waits for its outcome before its producer is asked");
    static final OptionSpec TRANSACTION_CHECK_INTERVAL = OptionSpec.number(
            "transactionCheckInterval", "ms", 60_000, 10, 86_400_000, "pause before the producer is asked again");
    static final OptionSpec TRANSACTION_CHECK_MAX = OptionSpec.number(
            "transactionCheckMax",
            "times",
            15,
            1,
            100_000,
            "how often a producer is asked before the message goes to TRANS_CHECK_MAX_TIME_TOPIC");
    static final OptionSpec TRANSACTION_MAX_AGE = OptionSpec.number(
            "transactionMaxAge",
            "ms",
            259_200_000,
            1,
            31_536_000_000L,
            "age at which a half message goes there though there was no producer to ask");
    static final OptionSpec MAX_HALF_MESSAGES = OptionSpec.number(
            "maxHalfMessages",
            "messages",
            1_000_000,
            1,
            10_000_000,
            "half messages without an outcome above which further ones are refused");
    static final OptionSpec DELAY_LEVELS = OptionSpec.text(
            "messageDelayLevel",
            "delays",
            DelayLevels.USUAL,
            "how long messages of RocketMQ's delay levels wait, level 1 first; units ms, s, m, h, d");
    static final OptionSpec RESERVED_TIME = OptionSpec.number(
            "fileReservedTime",
            "hours",
            72,
            0,
            876_000,
            "age of its newest message at which a log file may be deleted");
    static final OptionSpec DELETE_WHEN = OptionSpec.text(
            "deleteWhen", "hours", "04", "hours of the day at which old log files are deleted, as 04 or 04;16");
    static final OptionSpec MAX_USED = OptionSpec.number(
            "diskMaxUsedSpaceRatio",
            "percent",
            75,
            10,
            95,
            "use of the disk from which on old log files are deleted at any hour");
    static final OptionSpec FORCE_USED = OptionSpec.number(
            "diskSpaceCleanForciblyRatio",
            "percent",
            85,
            10,
            99,
            "use of the disk from which on the oldest log files are deleted whatever their age is");
    static final OptionSpec REFUSE_USED = OptionSpec.number(
            "diskSpaceWarningLevelRatio",
            "percent",
            90,
            10,
            100,
            "use of the disk from which on messages are refused, until it is 2 less");
    static final OptionSpec CLEAN_INTERVAL = OptionSpec.number(
            "cleanResourceInterval", "ms", 10_000, 10, 3_600_000, "how often it is looked for files to delete");
    static final OptionSpec DELETE_INTERVAL = OptionSpec.number(
            "deleteCommitLogFilesInterval", "ms", 100, 0, 60_000, "pause between two log files that are deleted");
    static final OptionSpec DELETE_BATCH =
            OptionSpec.number("deleteFileBatchMax", "files", 10, 1, 50, "most log files that are deleted in one round");
    static final OptionSpec MAX_LIVE = OptionSpec.number(
            "maxLiveRatio",
            "percent",
            50,
            0,
            95,
            "how much of old log files may still count for them to be deleted: so much is put to the log's end first;"
                    + " with more they are kept");
    static final OptionSpec RELOCATION_RATE = OptionSpec.number(
            "relocationBytesPerSecond",
            "bytes",
            32 << 20,
            1 << 16,
            1 << 30,
            "how fast messages that still count are put to the log's end");
    static final OptionSpec USERS =
            OptionSpec.text("usersFile", "path", "", "users and their salted password hashes; empty = no users");
    static final OptionSpec ANONYMOUS = OptionSpec.bool(
            "anonymousAllowed", true, "whether one may connect without a user; RocketMQ clients always do so yet");

    /** All of them, in the order in which people read them. */
    public static final List<OptionSpec> ALL = List.of(
            CLUSTER,
            NAME,
            ID,
            NAME_SERVERS,
            PORT,
            BIND,
            PUBLIC_IP,
            ROOT,
            SEGMENT,
            QUEUE_FILE,
            MAX_MESSAGE,
            FLUSH,
            FLUSH_INTERVAL,
            CHECKPOINT,
            INDEX,
            INDEX_SLOTS,
            INDEX_ENTRIES,
            AUTO_TOPIC,
            AUTO_GROUP,
            TOPIC_QUEUES,
            MAX_TOPICS,
            PERMISSION,
            LONG_POLLING,
            PROPERTY_FILTER,
            STORE_REPLIES,
            FILTER_BITS,
            REGISTER_PERIOD,
            IO_THREADS,
            BUSINESS_THREADS,
            MAX_CONNECTIONS,
            MAX_CONSUMERS,
            MAX_TRANSACTIONS,
            MAX_REDELIVERIES,
            REDELIVERY_DELAY,
            REDELIVERY_BACK_OFF,
            MAX_REDELIVERY_DELAY,
            EXPIRY_QUEUE,
            TRANSACTION_TIME_OUT,
            TRANSACTION_CHECK_INTERVAL,
            TRANSACTION_CHECK_MAX,
            TRANSACTION_MAX_AGE,
            MAX_HALF_MESSAGES,
            DELAY_LEVELS,
            RESERVED_TIME,
            DELETE_WHEN,
            MAX_USED,
            FORCE_USED,
            REFUSE_USED,
            CLEAN_INTERVAL,
            DELETE_INTERVAL,
            DELETE_BATCH,
            MAX_LIVE,
            RELOCATION_RATE,
            USERS,
            ANONYMOUS);

    /**
     * Those that an administrator may change while the broker runs: each is a number in a range, or yes or no. None is a
     * path, an address, or the name of anything.
     */
    public static final List<OptionSpec> CHANGEABLE = List.of(
            AUTO_TOPIC,
            AUTO_GROUP,
            PERMISSION,
            LONG_POLLING,
            MAX_CONSUMERS,
            MAX_TRANSACTIONS,
            MAX_REDELIVERIES,
            REDELIVERY_DELAY,
            REDELIVERY_BACK_OFF,
            MAX_REDELIVERY_DELAY);

    private BrokerOptions() {}
}
