package org.fulmar.client.consumer;

import java.util.LinkedHashSet;
import java.util.Set;
import org.fulmar.client.ConsumerData;
import org.jspecify.annotations.Nullable;

/**
 * What a group wants of a topic. All members of a group need the same subscriptions, since any of them may get any queue.
 *
 * @param type {@code TAG} or {@code SQL92}
 * @param expression {@code *}, tags joined by {@code ||}, or the SQL condition
 * @param tags the tags that are wanted; empty for all, and with SQL92
 * @param version counts up with each change of a subscription: the time of its making
 */
public record Subscription(String topic, String type, String expression, Set<String> tags, long version) {
    static final String TAG = "TAG";
    static final String SQL92 = "SQL92";

    private static final int MAX_EXPRESSION = 16 * 1024;

    public Subscription {
        tags = Set.copyOf(tags);
    }

    /**
     * @param expression {@code *} or empty for all, or tags joined by {@code ||}
     * @throws IllegalArgumentException if there is a separator without a tag, or the expression is too long
     */
    static Subscription ofTags(String topic, String expression, long version) {
        String text = expression.strip();
        if (text.isEmpty() || text.equals("*")) {
            return new Subscription(topic, TAG, "*", Set.of(), version);
        }
        check(topic, text);
        Set<String> tags = new LinkedHashSet<>();
        for (String tag : text.split("\\|\\|", -1)) {
            if (tag.isBlank()) {
                throw new IllegalArgumentException("the subscription \"" + text + "\" of " + topic
                        + " has a || without a tag; write tags as tagA || tagB, or * for all");
            }
            tags.add(tag.strip());
        }
        return new Subscription(topic, TAG, text, tags, version);
    }

    static Subscription ofSql(String topic, String condition, long version) {
        check(topic, condition);
        if (condition.isBlank()) {
            throw new IllegalArgumentException("the SQL condition of " + topic + " is empty; subscribe to * instead");
        }
        return new Subscription(topic, SQL92, condition, Set.of(), version);
    }

    private static void check(String topic, String text) {
        if (text.length() > MAX_EXPRESSION) {
            throw new IllegalArgumentException(
                    "the subscription of " + topic + " is longer than " + MAX_EXPRESSION + " characters");
        }
    }

    boolean isTag() {
        return type.equals(TAG);
    }

    /** The exact test: the broker compares hashes alone. */
    boolean wants(@Nullable String tag) {
        return tags.isEmpty() || tag != null && tags.contains(tag);
    }

    /** As heartbeats carry it. */
    ConsumerData.Subscription data() {
        return new ConsumerData.Subscription(topic, type, expression, tags, version);
    }
}
