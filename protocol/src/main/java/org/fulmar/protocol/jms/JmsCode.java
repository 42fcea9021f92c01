package org.fulmar.protocol.jms;

/**
 * The request codes of the JMS operations, 20000 to 20999. {@link #HELLO} opens them: it negotiates the version and
 * checks the user; every other one is refused before it.
 */
public final class JmsCode {
    public static final int HELLO = 20000;
    public static final int SET_CLIENT_ID = 20001;
    public static final int OPEN_DESTINATION = 20002;
    public static final int CREATE_TEMPORARY = 20003;
    public static final int DELETE_TEMPORARY = 20004;
    public static final int SEND = 20005;
    public static final int CREATE_CONSUMER = 20006;
    public static final int CLOSE_CONSUMER = 20007;
    public static final int CLOSE_SESSION = 20008;
    public static final int CREDIT = 20009;
    public static final int DRAIN = 20010;
    public static final int ACKNOWLEDGE = 20011;
    public static final int RECOVER = 20012;
    public static final int START = 20013;
    public static final int STOP = 20014;
    public static final int UNSUBSCRIBE = 20015;
    public static final int PING = 20016;
    /** The connection ends: everything of it is gone when this is answered. */
    public static final int GOODBYE = 20017;
    /** Looks at a queue's messages without taking any. */
    public static final int BROWSE = 20018;
    /** Gives back single messages that a session holds: a {@link Release}. */
    public static final int RELEASE = 20019;
    /** Brings a part of a transaction that is larger than one frame: a {@link TransactionPart}. */
    public static final int TRANSACTION_ADD = 20020;
    /** Commits a transaction, in one phase; carries its last part. */
    public static final int TRANSACTION_COMMIT = 20021;
    /** Prepares a branch; carries its last part. */
    public static final int TRANSACTION_PREPARE = 20022;
    /** Commits or rolls back a prepared branch: a {@link TransactionDecision}. */
    public static final int TRANSACTION_DECIDE = 20023;
    /** Rolls back what is not prepared: a {@link TransactionPart} without messages, what it acknowledges is given back. */
    public static final int TRANSACTION_ROLLBACK = 20024;
    /** Asks what became of a commit whose answer was lost: a {@link TransactionId}. */
    public static final int TRANSACTION_OUTCOME = 20025;
    /** Lists prepared branches: a {@link TransactionRecovery}. */
    public static final int TRANSACTION_RECOVER = 20026;
    /** Forgets a branch that an administrator has decided: its {@link TransactionId}. */
    public static final int TRANSACTION_FORGET = 20027;
    /** For administrators, with JSON bodies: the transactions that are open or in doubt. */
    public static final int ADMIN_TRANSACTIONS = 20040;
    /** For administrators: ends a branch in place of its transaction manager. */
    public static final int ADMIN_END_TRANSACTION = 20041;
    /** For administrators: the half messages of RocketMQ producers without an outcome. */
    public static final int ADMIN_HALF_MESSAGES = 20042;
    /** For administrators: ends a half message in place of its producer. */
    public static final int ADMIN_END_HALF_MESSAGE = 20043;
    /** Broker to client, one-way. */
    public static final int DELIVER = 20050;

    /** The version of the operations that this code speaks. */
    public static final int VERSION = 1;

    private JmsCode() {}

    public static boolean isJms(int code) {
        return code >= 20000 && code <= 20999;
    }
}
