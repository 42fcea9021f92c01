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
    /** Gives back single messages that a session holds, in the form of an {@link Acknowledge}; they come again, flagged. */
    public static final int RELEASE = 20019;
    /** Broker to client, one-way. */
    public static final int DELIVER = 20050;

    /** The version of the operations that this code speaks. */
    public static final int VERSION = 1;

    private JmsCode() {}

    public static boolean isJms(int code) {
        return code >= 20000 && code <= 20999;
    }
}
