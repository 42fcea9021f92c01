package org.fulmar.protocol.command;

/** The response codes of RocketMQ that we give, and our own for JMS operations (20100 to 20199). */
public final class ResponseCode {
    public static final int SUCCESS = 0;
    public static final int SYSTEM_ERROR = 1;
    public static final int SYSTEM_BUSY = 2;
    public static final int REQUEST_CODE_NOT_SUPPORTED = 3;
    public static final int TRANSACTION_FAILED = 4;
    public static final int FLUSH_DISK_TIMEOUT = 10;
    public static final int SLAVE_NOT_AVAILABLE = 11;
    public static final int FLUSH_SLAVE_TIMEOUT = 12;
    public static final int MESSAGE_ILLEGAL = 13;
    public static final int SERVICE_NOT_AVAILABLE = 14;
    public static final int NO_PERMISSION = 16;
    public static final int TOPIC_NOT_EXIST = 17;
    public static final int TOPIC_EXIST_ALREADY = 18;
    public static final int PULL_NOT_FOUND = 19;
    public static final int PULL_RETRY_IMMEDIATELY = 20;
    public static final int PULL_OFFSET_MOVED = 21;
    public static final int QUERY_NOT_FOUND = 22;
    public static final int SUBSCRIPTION_PARSE_FAILED = 23;
    public static final int SUBSCRIPTION_NOT_EXIST = 24;
    public static final int SUBSCRIPTION_NOT_LATEST = 25;
    public static final int SUBSCRIPTION_GROUP_NOT_EXIST = 26;
    public static final int FILTER_DATA_NOT_EXIST = 27;
    public static final int FILTER_DATA_NOT_LATEST = 28;
    public static final int INVALID_PARAMETER = 29;
    public static final int NO_BUYER_ID = 204;
    public static final int NOT_IN_CURRENT_UNIT = 205;
    public static final int CONSUMER_NOT_ONLINE = 206;
    public static final int CONSUME_MSG_TIMEOUT = 207;
    public static final int NO_MESSAGE = 208;
    public static final int POLLING_FULL = 209;
    public static final int POLLING_TIMEOUT = 210;
    public static final int BROKER_NOT_EXIST = 211;
    public static final int BROADCAST_CONSUMPTION = 213;
    public static final int FLOW_CONTROL = 215;
    /** The broker is about to go; the client is to use another, or to come back. */
    public static final int GO_AWAY = 1500;
    /** A producer decides a half message by itself when it is time for the broker to ask. */
    public static final int ILLEGAL_OPERATION = 604;

    public static final int JMS_NOT_NEGOTIATED = 20100;
    public static final int JMS_SECURITY = 20101;
    public static final int JMS_INVALID_DESTINATION = 20102;
    public static final int JMS_INVALID_SELECTOR = 20103;
    public static final int JMS_INVALID_CLIENT_ID = 20104;
    public static final int JMS_ILLEGAL_STATE = 20105;
    public static final int JMS_RESOURCE = 20106;
    public static final int JMS_VERSION = 20107;
    /** The transaction was rolled back instead: what it had received is given again. */
    public static final int JMS_TRANSACTION_ROLLED_BACK = 20108;
    /** No such transaction: it was never there, or is ended and forgotten. */
    public static final int JMS_TRANSACTION_UNKNOWN = 20109;
    /** The transaction is there, in a state that does not allow this. */
    public static final int JMS_TRANSACTION_STATE = 20110;
    /** An administrator has committed the branch before. */
    public static final int JMS_HEURISTIC_COMMIT = 20111;
    /** An administrator has rolled the branch back before. */
    public static final int JMS_HEURISTIC_ROLLBACK = 20112;

    private ResponseCode() {}
}
