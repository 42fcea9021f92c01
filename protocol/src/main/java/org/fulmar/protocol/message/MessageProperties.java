package org.fulmar.protocol.message;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * RocketMQ's property block: {@code name \u0001 value \u0002} repeated, in UTF-8, the last separator optional.
 * Stateless. Entries with an empty name or value do not exist in this form.
 */
public final class MessageProperties {
    public static final String KEYS = "KEYS";
    public static final String TAGS = "TAGS";
    public static final String WAIT = "WAIT";
    public static final String UNIQ_KEY = "UNIQ_KEY";
    public static final String CLUSTER = "CLUSTER";
    public static final String MSG_REGION = "MSG_REGION";
    public static final String TRACE_ON = "TRACE_ON";
    public static final String DELAY = "DELAY";
    public static final String TRAN_MSG = "TRAN_MSG";
    public static final String PGROUP = "PGROUP";
    public static final String TRANSACTION_ID = "__transactionId__";
    /** How often the producer of a half message was asked in vain, on the copy that is kept for inspection. */
    public static final String TRANSACTION_CHECK_TIMES = "TRANSACTION_CHECK_TIMES";
    /** How long the producer of a half message is not asked, in seconds. */
    public static final String CHECK_IMMUNITY_TIME = "CHECK_IMMUNITY_TIME_IN_SECONDS";

    public static final String RETRY_TOPIC = "RETRY_TOPIC";
    public static final String ORIGIN_MESSAGE_ID = "ORIGIN_MESSAGE_ID";
    public static final String REAL_TOPIC = "REAL_TOPIC";
    public static final String REAL_QID = "REAL_QID";
    public static final String POP_CK = "POP_CK";
    public static final String TIMER_DELAY_SEC = "TIMER_DELAY_SEC";
    public static final String TIMER_DELAY_MS = "TIMER_DELAY_MS";
    public static final String TIMER_DELIVER_MS = "TIMER_DELIVER_MS";
    /** When a message that waits in the timer topic is due, in milliseconds since the epoch. */
    public static final String TIMER_OUT_MS = "TIMER_OUT_MS";
    /** The JMS expiration time, in milliseconds since the epoch. */
    public static final String JMS_EXPIRATION = "_jms_exp";

    /** The largest property block that a record holds, in bytes. */
    public static final int MAX_BYTES = 32_767;

    public static final byte NAME_END = 1;
    public static final byte VALUE_END = 2;

    private MessageProperties() {}

    public static Map<String, String> parse(byte[] block) {
        return parse(new String(block, StandardCharsets.UTF_8));
    }

    public static Map<String, String> parse(String text) {
        Map<String, String> properties = new LinkedHashMap<>();
        int at = 0;
        while (at < text.length()) {
            int end = text.indexOf(VALUE_END, at);
            int stop = end < 0 ? text.length() : end;
            int name = text.indexOf(NAME_END, at);
            if (name > at && name + 1 < stop) {
                properties.put(text.substring(at, name), text.substring(name + 1, stop));
            }
            at = stop + 1;
        }
        return properties;
    }

    public static String format(Map<String, String> properties) {
        StringBuilder text = new StringBuilder(properties.size() * 32);
        properties.forEach((name, value) -> append(text, name, value));
        return text.toString();
    }

    /** Appends an entry, unless its name or value is empty. */
    public static void append(StringBuilder text, String name, String value) {
        if (!name.isEmpty() && !value.isEmpty()) {
            text.append(name).append((char) NAME_END).append(value).append((char) VALUE_END);
        }
    }

    /** The value of {@code name} in the block at {@code offset}, or null; reads nothing else and allocates only the value. */
    public static @Nullable String find(ByteBuffer block, int offset, int length, byte[] name) {
        int end = offset + length;
        int at = offset;
        while (at + name.length < end) {
            boolean same = block.get(at + name.length) == NAME_END;
            for (int i = 0; same && i < name.length; i++) {
                same = block.get(at + i) == name[i];
            }
            int valueAt = at + name.length + 1;
            int stop = same ? valueAt : at;
            while (stop < end && block.get(stop) != VALUE_END) {
                stop++;
            }
            if (same) {
                if (stop == valueAt) {
                    return null;
                }
                byte[] value = new byte[stop - valueAt];
                block.get(valueAt, value);
                return new String(value, StandardCharsets.UTF_8);
            }
            at = stop + 1;
        }
        return null;
    }

    /** The block without the entries of these names; those that stay are not changed. */
    public static byte[] without(byte[] block, int length, byte[]... names) {
        byte[] left = new byte[length + 1];
        int size = 0;
        int at = 0;
        while (at < length) {
            int end = at;
            while (end < length && block[end] != VALUE_END) {
                end++;
            }
            if (end > at && !isNamed(block, at, end, names)) {
                System.arraycopy(block, at, left, size, end - at);
                size += end - at;
                left[size++] = VALUE_END;
            }
            at = end + 1;
        }
        return java.util.Arrays.copyOf(left, size);
    }

    private static boolean isNamed(byte[] block, int at, int end, byte[]... names) {
        for (byte[] name : names) {
            int separator = at + name.length;
            if (separator < end
                    && block[separator] == NAME_END
                    && java.util.Arrays.equals(block, at, separator, name, 0, name.length)) {
                return true;
            }
        }
        return false;
    }

    /** A property name in the form that {@link #find} takes. */
    public static byte[] name(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    /** The tag hash of consume-queue entries: RocketMQ uses {@link String#hashCode()}, and 0 for no tag. */
    public static long tagHash(@Nullable String tags) {
        return tags == null || tags.isEmpty() ? 0 : tags.hashCode();
    }
}
