package org.fulmar.protocol.message;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The property names that mean something in the block of a JMS message: RocketMQ's and ours. A user property whose name
 * is one of them travels under another name. Constants only.
 */
public final class JmsNames {

    /** Ends a name. */
    public static final byte NAME_END = MessageProperties.NAME_END;
    /** Ends a value. */
    public static final byte VALUE_END = MessageProperties.VALUE_END;

    public static final byte[] UNIQ_KEY = ascii("UNIQ_KEY");
    public static final byte[] TAGS = ascii("TAGS");
    public static final byte[] WAIT = ascii("WAIT");
    public static final byte[] KIND = ascii("_jms_k");
    public static final byte[] MESSAGE_ID = ascii("_jms_id");
    public static final byte[] TYPE = ascii("_jms_type");
    public static final byte[] EXPIRATION = ascii("_jms_exp");
    public static final byte[] CORRELATION_ID = ascii("_jms_cid");
    public static final byte[] REPLY_TO = ascii("_jms_rt");
    /** What RocketMQ's request-reply calls the correlation identifier. */
    public static final byte[] NATIVE_CORRELATION_ID = ascii("CORRELATION_ID");

    /** The client that hears the reply to a request of RocketMQ's. */
    public static final byte[] REPLY_TO_CLIENT = ascii("REPLY_TO_CLIENT");

    public static final byte[] CLUSTER = ascii("CLUSTER");
    public static final byte[] DELIVERY_TIME = ascii("_jms_dt");
    public static final byte[] PROPERTY_TYPES = ascii("_jms_ty");
    /** The client identifier of the connection that published to a topic; the broker keeps noLocal by it. */
    public static final byte[] PUBLISHER = ascii("_jms_from");
    /** Of which record a {@link SysFlag#MOVED} one was made. */
    public static final byte[] MOVED_FROM = ascii("_jms_mv");

    /** The broker's number of the JMS transaction that a half message belongs to. */
    public static final byte[] TRANSACTION = ascii("_jms_tx");

    private static final int LONGEST_TAG = 1_024;
    private static final String OURS = "_jms_";
    /** What stands before the name of a displaced user property. */
    public static final String DISPLACED = "_jms_p_";

    /** The user property that is RocketMQ's KEYS: words, parted by spaces, by which the broker finds the message. */
    public static final String KEYS_PROPERTY = "JMS_FULMAR_Keys";

    private static final String KEYS = "KEYS";
    private static final String REPLIES = "_REPLY_TOPIC/";
    private static final String TIMER = "TIMER_";

    private static final Set<String> ROCKETMQ = Set.of(
            "KEYS",
            "TAGS",
            "WAIT",
            "DELAY",
            "RETRY_TOPIC",
            "REAL_TOPIC",
            "REAL_QID",
            "TRAN_MSG",
            "PGROUP",
            "MIN_OFFSET",
            "MAX_OFFSET",
            "BUYER_ID",
            "ORIGIN_MESSAGE_ID",
            "TRANSFER_FLAG",
            "CORRECTION_FLAG",
            "MQ2_FLAG",
            "RECONSUME_TIME",
            "MSG_REGION",
            "TRACE_ON",
            "UNIQ_KEY",
            "EXTEND_UNIQ_INFO",
            "MAX_RECONSUME_TIMES",
            "CONSUME_START_TIME",
            "INNER_NUM",
            "INNER_BASE",
            "DUP_INFO",
            "CHECK_IMMUNITY_TIME_IN_SECONDS",
            "TRAN_PREPARED_QUEUE_OFFSET",
            "__transactionId__",
            "TRANSACTION_CHECK_TIMES",
            "INSTANCE_ID",
            "CORRELATION_ID",
            "REPLY_TO_CLIENT",
            "TTL",
            "ARRIVE_TIME",
            "PUSH_REPLY_TIME",
            "CLUSTER",
            "MSG_TYPE",
            "POP_CK",
            "POP_CK_OFFSET",
            "1ST_POP_TIME",
            "__SHARDINGKEY",
            "REDIRECT",
            "INNER_MULTI_DISPATCH",
            "INNER_MULTI_QUEUE_OFFSET",
            "TRACE_CONTEXT",
            "BORN_TIMESTAMP",
            "__BORNHOST",
            "DLQ_ORIGIN_TOPIC",
            "DLQ_ORIGIN_MESSAGE_ID",
            "ORIGIN_GROUP",
            "__CRC32#");

    private JmsNames() {}

    /** The JMS queue to send to for a RocketMQ client to hear it as the reply to its request. */
    public static String requester(String cluster, String clientId) {
        return cluster + REPLIES + clientId;
    }

    /** The client id in the name of such a queue; null if it is another. */
    public static @Nullable String requesterOf(String cluster, String queue) {
        String prefix = cluster + REPLIES;
        return queue.startsWith(prefix) && queue.length() > prefix.length() ? queue.substring(prefix.length()) : null;
    }

    /** Under what name a user property travels. */
    public static String onTheWire(String property) {
        if (property.equals(KEYS_PROPERTY)) {
            return KEYS;
        }
        return isReserved(property) ? DISPLACED + property : property;
    }

    /** Which user property a name on the wire stands for; empty if it stands for none. */
    public static String ofProperty(String wireName) {
        if (wireName.startsWith(DISPLACED)) {
            return wireName.substring(DISPLACED.length());
        }
        if (wireName.equals(KEYS)) {
            return KEYS_PROPERTY;
        }
        return isReserved(wireName) ? "" : wireName;
    }

    /** Whether a user property can't travel under this name. */
    public static boolean isReserved(String name) {
        return name.startsWith(OURS) || name.startsWith(TIMER) || ROCKETMQ.contains(name);
    }

    /**
     * Whether a JMSType travels as the tag, so that native consumers can subscribe to it: their expressions trim and
     * split at bars. Any other is under {@link #TYPE}.
     */
    public static boolean isTag(String type) {
        int length = type.length();
        if (length == 0 || length > LONGEST_TAG || type.charAt(0) <= ' ' || type.charAt(length - 1) <= ' ') {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = type.charAt(i);
            if (c == '|' || Character.isISOControl(c)) {
                return false;
            }
        }
        return !Escapes.needed(type);
    }

    private static byte[] ascii(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }
}
