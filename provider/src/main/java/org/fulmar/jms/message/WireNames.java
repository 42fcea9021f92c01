package org.fulmar.jms.message;

import java.nio.charset.StandardCharsets;
import java.util.Set;

/** The property names that mean something on the wire: RocketMQ's and ours. Constants only. */
final class WireNames {

    /** Ends a name. */
    static final byte NAME_END = 1;
    /** Ends a value. */
    static final byte VALUE_END = 2;

    static final byte[] UNIQ_KEY = ascii("UNIQ_KEY");
    static final byte[] TAGS = ascii("TAGS");
    static final byte[] WAIT = ascii("WAIT");
    static final byte[] KIND = ascii("_jms_k");
    static final byte[] MESSAGE_ID = ascii("_jms_id");
    static final byte[] TYPE = ascii("_jms_type");
    static final byte[] EXPIRATION = ascii("_jms_exp");
    static final byte[] CORRELATION_ID = ascii("_jms_cid");
    static final byte[] REPLY_TO = ascii("_jms_rt");
    static final byte[] DELIVERY_TIME = ascii("_jms_dt");
    static final byte[] PROPERTY_TYPES = ascii("_jms_ty");
    /** The client identifier of the connection that published to a topic; the broker keeps noLocal by it. */
    static final byte[] PUBLISHER = ascii("_jms_from");

    private static final String OURS = "_jms_";
    private static final String DISPLACED = "_jms_p_";
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

    private WireNames() {}

    /** Under what name a user property travels. */
    static String onTheWire(String property) {
        return isReserved(property) ? DISPLACED + property : property;
    }

    /** Which user property a name on the wire stands for; empty if it stands for none. */
    static String ofProperty(String wireName) {
        if (wireName.startsWith(DISPLACED)) {
            return wireName.substring(DISPLACED.length());
        }
        return isReserved(wireName) ? "" : wireName;
    }

    private static boolean isReserved(String name) {
        return name.startsWith(OURS) || name.startsWith(TIMER) || ROCKETMQ.contains(name);
    }

    private static byte[] ascii(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }
}
