package org.fulmar.protocol.jms;

/** The bits of a JMS message's {@code flag} field in the record. */
public final class JmsFlag {
    /** The top byte of every JMS message's flag. */
    public static final int MARK = 0x4A << 24;

    public static final int PRIORITY_MASK = 0xF;
    public static final int NON_PERSISTENT = 1 << 4;
    public static final int HAS_EXPIRATION = 1 << 5;
    public static final int PROPERTIES_IN_BODY = 1 << 6;
    public static final int NO_TIMESTAMP = 1 << 8;
    public static final int NO_DELIVERY_DELAY = 1 << 9;
    /** The message has a JMSXGroupID that is not empty. */
    public static final int GROUPED = 1 << 10;
    /** JMSXUserID is the broker's word; set by brokers alone. */
    public static final int USER_STAMPED = 1 << 11;
    /** The producer asks the broker to say who has sent the message. */
    public static final int WANTS_USER = 1 << 12;

    private static final int MARK_MASK = 0xFF << 24;
    private static final int DEFAULT_PRIORITY = 4;

    private JmsFlag() {}

    public static boolean isJms(int flag) {
        return (flag & MARK_MASK) == MARK;
    }

    /** 0 to 9; 4 for what is no JMS message. */
    public static int priority(int flag) {
        return isJms(flag) ? Math.min(9, flag & PRIORITY_MASK) : DEFAULT_PRIORITY;
    }

    public static boolean isPersistent(int flag) {
        return !isJms(flag) || (flag & NON_PERSISTENT) == 0;
    }

    public static boolean hasTimestamp(int flag) {
        return !isJms(flag) || (flag & NO_TIMESTAMP) == 0;
    }

    public static boolean hasPropertiesInBody(int flag) {
        return isJms(flag) && (flag & PROPERTIES_IN_BODY) != 0;
    }

    public static boolean isGrouped(int flag) {
        return isJms(flag) && (flag & GROUPED) != 0;
    }

    public static boolean mayExpire(int flag) {
        return isJms(flag) && (flag & HAS_EXPIRATION) != 0;
    }
}
