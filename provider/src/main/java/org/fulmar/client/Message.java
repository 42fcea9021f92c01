package org.fulmar.client;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fulmar.protocol.message.MessageProperties;
import org.jspecify.annotations.Nullable;

/**
 * A message to be sent. Immutable, but for the body's bytes, which are not copied: who gives them must not change them
 * until the send is over.
 */
public final class Message {
    public static final String CORRELATION_ID = "CORRELATION_ID";
    public static final String REPLY_TO_CLIENT = "REPLY_TO_CLIENT";
    public static final String TTL = "TTL";
    public static final String MSG_TYPE = "MSG_TYPE";
    public static final String SHARDING_KEY = "__SHARDINGKEY";

    private static final int MAX_TOPIC = 127;
    private static final int MAX_TOPIC_OF_SYSTEM = 255;

    /** Names that mean something to brokers or clients; no property of an application may have them. */
    private static final Set<String> RESERVED = Set.of(
            ("KEYS TAGS WAIT DELAY RETRY_TOPIC REAL_TOPIC REAL_QID TRAN_MSG PGROUP MIN_OFFSET MAX_OFFSET BUYER_ID"
                            + " ORIGIN_MESSAGE_ID TRANSFER_FLAG CORRECTION_FLAG MQ2_FLAG RECONSUME_TIME MSG_REGION"
                            + " TRACE_ON UNIQ_KEY EXTEND_UNIQ_INFO MAX_RECONSUME_TIMES CONSUME_START_TIME INNER_NUM"
                            + " INNER_BASE DUP_INFO CHECK_IMMUNITY_TIME_IN_SECONDS TRAN_PREPARED_QUEUE_OFFSET"
                            + " __transactionId__ TRANSACTION_CHECK_TIMES INSTANCE_ID CORRELATION_ID REPLY_TO_CLIENT"
                            + " TTL ARRIVE_TIME PUSH_REPLY_TIME CLUSTER MSG_TYPE POP_CK POP_CK_OFFSET 1ST_POP_TIME"
                            + " __SHARDINGKEY REDIRECT INNER_MULTI_DISPATCH INNER_MULTI_QUEUE_OFFSET TRACE_CONTEXT"
                            + " TIMER_DELAY_SEC TIMER_DELAY_MS TIMER_DELIVER_MS TIMER_DELAY_LEVEL TIMER_ENQUEUE_MS"
                            + " TIMER_DEQUEUE_MS TIMER_ROLL_TIMES TIMER_OUT_MS TIMER_DEL_UNIQKEY BORN_TIMESTAMP"
                            + " __BORNHOST DLQ_ORIGIN_TOPIC DLQ_ORIGIN_MESSAGE_ID ORIGIN_GROUP __CRC32#")
                    .split(" "));

    private final String topic;
    private final byte[] body;
    private final int flag;
    private final Map<String, String> properties;

    private Message(Builder builder) {
        this.topic = builder.topic;
        this.body = builder.body;
        this.flag = builder.flag;
        this.properties = Collections.unmodifiableMap(new LinkedHashMap<>(builder.properties));
    }

    /**
     * A message with nothing but a body.
     *
     * @throws IllegalArgumentException if the topic has no legal name
     */
    public static Message of(String topic, byte[] body) {
        return builder(topic).body(body).build();
    }

    public static Message of(String topic, String tags, byte[] body) {
        return builder(topic).tags(tags).body(body).build();
    }

    /**
     * @throws IllegalArgumentException if the topic has no legal name: 1 to 127 of letters, digits, %, |, - and _
     */
    public static Builder builder(String topic) {
        return new Builder(topic);
    }

    public Builder toBuilder() {
        Builder builder = new Builder(topic);
        builder.body = body;
        builder.flag = flag;
        builder.properties.putAll(properties);
        return builder;
    }

    public String topic() {
        return topic;
    }

    /** The bytes themselves, not a copy. */
    public byte[] body() {
        return body;
    }

    public int flag() {
        return flag;
    }

    /** All properties, those of the system too; not to be changed. */
    public Map<String, String> properties() {
        return properties;
    }

    public @Nullable String property(String name) {
        return properties.get(name);
    }

    public @Nullable String tags() {
        return properties.get(MessageProperties.TAGS);
    }

    public List<String> keys() {
        String keys = properties.get(MessageProperties.KEYS);
        return keys == null ? List.of() : List.of(keys.split(" "));
    }

    /** Whether the broker is to deliver it later. */
    public boolean isDelayed() {
        return properties.containsKey(MessageProperties.DELAY)
                || properties.containsKey(MessageProperties.TIMER_DELAY_MS)
                || properties.containsKey(MessageProperties.TIMER_DELAY_SEC)
                || properties.containsKey(MessageProperties.TIMER_DELIVER_MS);
    }

    @Override
    public String toString() {
        return "Message[topic=" + topic + ", body=" + body.length + " bytes, properties=" + properties.keySet() + "]";
    }

    /** Whether RocketMQ allows the name for a topic. */
    public static boolean isTopic(String name) {
        boolean system = name.startsWith("%RETRY%") || name.startsWith("%DLQ%");
        if (name.isEmpty() || name.length() > (system ? MAX_TOPIC_OF_SYSTEM : MAX_TOPIC)) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean legal =
                    c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || "%|-_".indexOf(c) >= 0;
            if (!legal) {
                return false;
            }
        }
        return true;
    }

    /** Builds a message. Not thread-safe. Setters throw an IllegalArgumentException that says what is not allowed. */
    public static final class Builder {
        private final String topic;
        private byte[] body = new byte[0];
        private int flag;
        private final Map<String, String> properties = new LinkedHashMap<>();

        private Builder(String topic) {
            if (!isTopic(topic)) {
                throw new IllegalArgumentException(
                        "a topic has 1 to 127 of letters, digits, %, |, - and _, unlike \"" + topic + "\"");
            }
            this.topic = topic;
        }

        /** The bytes are not copied. */
        public Builder body(byte[] bytes) {
            this.body = bytes;
            return this;
        }

        public Builder body(String text) {
            return body(text.getBytes(StandardCharsets.UTF_8));
        }

        /** What subscriptions can choose it by. */
        public Builder tags(String tags) {
            return system(MessageProperties.TAGS, tags);
        }

        /** Words it can be looked up by; none may hold a blank. */
        public Builder keys(String... keys) {
            return keys(Arrays.asList(keys));
        }

        public Builder keys(Collection<String> keys) {
            for (String key : keys) {
                if (key.isBlank() || key.indexOf(' ') >= 0) {
                    throw new IllegalArgumentException("a key must not be empty or hold a blank: \"" + key + "\"");
                }
            }
            return system(MessageProperties.KEYS, String.join(" ", keys));
        }

        /** A number for the application's own use. */
        public Builder flag(int number) {
            this.flag = number;
            return this;
        }

        /** A property of the application; its name must be none of RocketMQ's own. */
        public Builder property(String name, String value) {
            if (RESERVED.contains(name)) {
                throw new IllegalArgumentException(name + " is one of RocketMQ's own properties; choose another name");
            }
            return system(name, value);
        }

        /** Any property, RocketMQ's own included; for those who know what it does. */
        public Builder system(String name, String value) {
            if (name.isEmpty() || value.isEmpty() || holdsSeparator(name) || holdsSeparator(value)) {
                throw new IllegalArgumentException(
                        "property " + name + ": name and value must not be empty or hold the characters 1 and 2");
            }
            properties.put(name, value);
            return this;
        }

        private static boolean holdsSeparator(String text) {
            return text.indexOf(MessageProperties.NAME_END) >= 0 || text.indexOf(MessageProperties.VALUE_END) >= 0;
        }

        public Builder remove(String name) {
            properties.remove(name);
            return this;
        }

        /** One of the broker's delays, by number from 1; 0 for none. */
        public Builder delayLevel(int level) {
            if (level < 0) {
                throw new IllegalArgumentException("a delay level is 0 or more: " + level);
            }
            return level == 0
                    ? remove(MessageProperties.DELAY)
                    : system(MessageProperties.DELAY, Integer.toString(level));
        }

        /** How long the broker keeps it before it delivers it, in milliseconds. */
        public Builder delayMillis(long millis) {
            if (millis < 0) {
                throw new IllegalArgumentException("a delay is 0 ms or more: " + millis);
            }
            return system(MessageProperties.TIMER_DELAY_MS, Long.toString(millis));
        }

        /** When the broker delivers it, in milliseconds since the epoch. */
        public Builder deliverAt(long epochMillis) {
            if (epochMillis < 0) {
                throw new IllegalArgumentException("a delivery time is 0 or more: " + epochMillis);
            }
            return system(MessageProperties.TIMER_DELIVER_MS, Long.toString(epochMillis));
        }

        /** Whether the answer waits until the message is stored as safely as the broker can; true if not said. */
        public Builder waitStored(boolean wait) {
            return system(MessageProperties.WAIT, Boolean.toString(wait));
        }

        /** What messages that must stay in order have in common; for queue selection of the application's own. */
        public Builder shardingKey(String key) {
            return system(SHARDING_KEY, key);
        }

        public Message build() {
            return new Message(this);
        }
    }
}
