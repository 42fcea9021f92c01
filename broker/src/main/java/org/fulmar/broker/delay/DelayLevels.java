package org.fulmar.broker.delay;

import java.util.ArrayList;
import java.util.List;
import org.fulmar.protocol.config.ConfigurationException;

/** RocketMQ's delay levels: level 1 is the first of the list. */
public final class DelayLevels {
    /** RocketMQ's topic of messages that wait for a level; the queue of a level is the level less one. */
    public static final String TOPIC = "SCHEDULE_TOPIC_XXXX";

    /** RocketMQ's own levels. */
    public static final String USUAL = "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h";

    private static final int MAX_LEVELS = 128;

    private final List<Long> millis;

    private DelayLevels(List<Long> millis) {
        this.millis = List.copyOf(millis);
    }

    /**
     * @param text numbers with a unit each (ms, s, m, h, d), with spaces between
     * @throws ConfigurationException if it is none
     */
    public static DelayLevels parse(String text) {
        List<Long> millis = new ArrayList<>();
        for (String part : text.strip().split("\\s+")) {
            millis.add(one(part, text));
        }
        if (millis.size() > MAX_LEVELS) {
            throw new ConfigurationException(
                    "messageDelayLevel has " + millis.size() + " levels; the limit is " + MAX_LEVELS);
        }
        return new DelayLevels(millis);
    }

    private static long one(String part, String text) {
        int digits = 0;
        while (digits < part.length() && Character.isDigit(part.charAt(digits))) {
            digits++;
        }
        long unit = switch (part.substring(digits)) {
            case "ms" -> 1;
            case "s" -> 1000;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            case "d" -> 86_400_000;
            default -> 0;
        };
        if (unit == 0 || digits == 0 || digits > 9) {
            throw notUnderstood(text);
        }
        long wanted = Long.parseLong(part.substring(0, digits)) * unit;
        if (wanted < 1 || wanted > TimerWheel.MAX_DELAY_MILLIS) {
            throw notUnderstood(text);
        }
        return wanted;
    }

    private static ConfigurationException notUnderstood(String text) {
        return new ConfigurationException(
                "messageDelayLevel is a list such as \"1s 5s 10m 2h\" of 1ms to 40d each, not \"" + text + "\"");
    }

    public int count() {
        return millis.size();
    }

    /** The level that a message with this one waits for: the highest, if it wants more. */
    public int clamp(int level) {
        return Math.min(level, millis.size());
    }

    /** How long messages of a level wait, in milliseconds; those above the highest as long as that one. */
    public long millis(int level) {
        return millis.get(clamp(level) - 1);
    }
}
