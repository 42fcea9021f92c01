package org.fulmar.broker.topic;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.fulmar.protocol.frame.FrameException;

/**
 * Maps any text to a name that RocketMQ and the file system take, and checks such names. Stateless.
 *
 * <p>Letters, digits, {@code -} and {@code _} stand for themselves; every other byte of the UTF-8 form becomes
 * {@code |} and two hex digits. What would be too long is cut and made unique by a hash of the whole.
 */
public final class DestinationNames {
    public static final int MAX_TOPIC = 127;
    /** What the names of dead-letter queues begin with, in RocketMQ and in JMS. */
    public static final String DEAD_LETTERS = "%DLQ%";
    /** Retry and dead-letter topics carry a group's name behind their prefix. */
    private static final int MAX_SYSTEM_TOPIC = 255;

    private static final int HASH_DIGITS = 32;
    private static final HexFormat HEX = HexFormat.of();

    private DestinationNames() {}

    /** The topic of a JMS destination; different names give different topics. */
    public static String topic(String name) {
        return name.startsWith(DEAD_LETTERS)
                ? DEAD_LETTERS + escape(name.substring(DEAD_LETTERS.length()))
                : escape(name);
    }

    /** A name for any text, for use within another one; different texts give different names. */
    public static String escape(String name) {
        StringBuilder text = new StringBuilder(name.length() + 8);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        for (byte b : bytes) {
            if (isPlain(b)) {
                text.append((char) b);
            } else {
                text.append('|').append(HEX.toHexDigits(b));
            }
        }
        if (text.length() <= MAX_TOPIC) {
            return text.toString();
        }
        int keep = MAX_TOPIC - HASH_DIGITS - 2;
        return text.substring(0, keep) + "||" + hash(bytes);
    }

    private static String hash(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HEX.formatHex(digest, 0, HASH_DIGITS / 2);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    private static boolean isPlain(byte b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_';
    }

    /**
     * Checks a name that a RocketMQ client has sent; what passes is safe as a file name.
     *
     * @throws FrameException if it is empty, too long, or has other characters than {@code %|a-zA-Z0-9_-}
     */
    public static String checked(String topic) {
        int limit = topic.startsWith("%") ? MAX_SYSTEM_TOPIC : MAX_TOPIC;
        if (topic.isEmpty() || topic.length() > limit) {
            throw new FrameException("a topic name has 1 to " + limit + " characters, not " + topic.length());
        }
        for (int i = 0; i < topic.length(); i++) {
            char c = topic.charAt(i);
            if (c > 127 || !(isPlain((byte) c) || c == '%' || c == '|')) {
                throw new FrameException("the topic name " + topic + " has a character other than %|a-zA-Z0-9_-");
            }
        }
        return topic;
    }
}
