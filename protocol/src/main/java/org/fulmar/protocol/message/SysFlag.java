package org.fulmar.protocol.message;

/** The bits of a record's sysFlag (RocketMQ's layout). */
public final class SysFlag {
    public static final int COMPRESSED = 1;
    public static final int MULTI_TAGS = 1 << 1;
    public static final int TRANSACTION_PREPARED = 1 << 2;
    public static final int TRANSACTION_COMMIT = 2 << 2;
    public static final int TRANSACTION_ROLLBACK = 3 << 2;
    public static final int BORN_HOST_V6 = 1 << 4;
    public static final int STORE_HOST_V6 = 1 << 5;

    /**
     * Ours, set by brokers alone: the record was made of another one, and is the fact that settles that one. {@link
     * JmsNames#MOVED_FROM} says which it is.
     */
    public static final int MOVED = 1 << 20;

    /**
     * Ours, set by brokers alone: the record counts only together with the one behind it, so that several are in the log
     * all or none.
     */
    public static final int CONTINUED = 1 << 21;

    /**
     * Ours, set by brokers alone: the record is the same message as an older one of the same place in its queue, and
     * stands for it from here on. Its prepared-transaction offset says where the older one lies in the log.
     */
    public static final int RELOCATED = 1 << 22;

    /** What no client may set. */
    public static final int OF_BROKERS = MOVED | CONTINUED | RELOCATED;

    private static final int TRANSACTION_MASK = 3 << 2;

    private SysFlag() {}

    /** One of 0, {@link #TRANSACTION_PREPARED}, {@link #TRANSACTION_COMMIT}, {@link #TRANSACTION_ROLLBACK}. */
    public static int transaction(int sysFlag) {
        return sysFlag & TRANSACTION_MASK;
    }

    public static int hostLength(int sysFlag, int v6Bit) {
        return (sysFlag & v6Bit) == 0 ? 8 : 20;
    }
}
