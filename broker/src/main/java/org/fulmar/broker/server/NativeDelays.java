package org.fulmar.broker.server;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.fulmar.broker.delay.TimerWheel;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.StoreException;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.jspecify.annotations.Nullable;

/**
 * Puts messages of RocketMQ clients where they belong: among those that wait for a level or a time, or in their queue.
 * Owned by the core.
 */
final class NativeDelays {
    /** Properties that name a time, in the order in which they count; a level counts before them. */
    private static final List<String> TIMES = List.of(
            MessageProperties.TIMER_DELAY_SEC, MessageProperties.TIMER_DELAY_MS, MessageProperties.TIMER_DELIVER_MS);

    private static final byte[] REAL_QUEUE = MessageProperties.name(MessageProperties.REAL_QID);
    private static final List<String> OF_BROKER = List.of(
            MessageProperties.TIMER_OUT_MS,
            "__CRC32#",
            new String(JmsNames.MOVED_FROM, StandardCharsets.US_ASCII),
            new String(JmsNames.TRANSACTION, StandardCharsets.US_ASCII));

    private static final String CANCELS = "TIMER_DEL_UNIQKEY";

    /** By how much a delivered copy may be larger than what waits: it names that. */
    private static final int ROOM_FOR_COPY = 96;

    private final MessageStore store;
    private final DelayedMessages timers;
    private final LevelMessages levels;
    private final LongSupplier clock;

    NativeDelays(MessageStore store, DelayedMessages timers, LevelMessages levels, LongSupplier clock) {
        this.store = store;
        this.timers = timers;
        this.levels = levels;
        this.clock = clock;
    }

    /**
     * For what a message waits.
     *
     * @param level 0 if for none
     * @param deliverAt milliseconds since the epoch; 0 if for no time
     * @param refusal why it is not taken; null if it is
     */
    record Wait(int level, long deliverAt, @Nullable String refusal) {
        static final Wait NONE = new Wait(0, 0, null);

        static Wait refused(String why) {
            return new Wait(0, 0, why);
        }
    }

    /** For what a message with these properties waits. */
    Wait of(Map<String, String> properties) {
        if (properties.containsKey(CANCELS)) {
            return Wait.refused("a message can't cancel another one by its property " + CANCELS
                    + "; recall that one with its recall handle (request 370)");
        }
        String level = properties.get(MessageProperties.DELAY);
        try {
            int wanted = level == null ? 0 : Integer.parseInt(level);
            if (wanted > 0) {
                return new Wait(wanted, 0, null);
            }
        } catch (NumberFormatException e) {
            return Wait.refused("the property DELAY is no delay level: " + shortened(level));
        }
        for (String name : TIMES) {
            String value = properties.get(name);
            if (value != null) {
                return until(name, value);
            }
        }
        return Wait.NONE;
    }

    private Wait until(String name, String value) {
        long now = clock.getAsLong();
        long at;
        try {
            long number = Long.parseLong(value);
            at = switch (name) {
                case MessageProperties.TIMER_DELAY_SEC -> Math.addExact(now, Math.multiplyExact(number, 1000L));
                case MessageProperties.TIMER_DELAY_MS -> Math.addExact(now, number);
                default -> number;
            };
            if (at <= now) {
                return Wait.NONE;
            }
        } catch (ArithmeticException | NumberFormatException e) {
            return Wait.refused(
                    "the property " + name + " is no time that a message can wait for: " + shortened(value));
        }
        return at - now > TimerWheel.MAX_DELAY_MILLIS
                ? Wait.refused("a message is delayed by 40 days at most: " + name + "=" + value)
                : new Wait(0, at, null);
    }

    /** Takes out what only the broker writes, and what a message that is sent on would wait for once more. */
    static void clean(Map<String, String> properties) {
        TIMES.forEach(properties::remove);
        OF_BROKER.forEach(properties::remove);
    }

    /** The queue that a message which waits was sent to; 0 if it says nothing that could be one. */
    static int realQueue(MessageRecord record) {
        String queue = record.property(REAL_QUEUE);
        try {
            return queue == null ? 0 : Math.max(0, Integer.parseInt(queue));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static String shortened(@Nullable String value) {
        return value == null || value.length() <= 40 ? String.valueOf(value) : value.substring(0, 40) + "…";
    }

    /**
     * Appends a message.
     *
     * @param wait for what it waits; not refused
     * @param durably whether one that does not wait is to be forced
     * @param listener is told the place of what was appended
     */
    void append(Wait wait, NativeMessage message, boolean durably, Appender.Listener listener) throws StoreException {
        long now = clock.getAsLong();
        if (wait.level > 0) {
            clean(message.properties());
            checkCopy(message);
            store.appender().time(now);
            levels.append(message, wait.level, now, listener);
        } else if (wait.deliverAt > 0) {
            OF_BROKER.forEach(message.properties()::remove);
            checkCopy(message);
            store.appender().time(now);
            timers.append(message, wait.deliverAt, listener);
        } else {
            store.appender()
                    .append(
                            store.queue(message.topic(), message.queueId()),
                            message.draft(),
                            message.tagHash(),
                            durably,
                            listener);
        }
    }

    /** What can't be delivered later must not wait. */
    private void checkCopy(NativeMessage message) throws StoreException {
        byte[] block = MessageProperties.format(message.properties()).getBytes(StandardCharsets.UTF_8);
        byte[] larger = Arrays.copyOf(block, block.length + ROOM_FOR_COPY);
        larger[larger.length - 1] = MessageProperties.VALUE_END;
        store.appender().check(new RecordDraft(message.topic(), message.queueId(), larger, message.body()));
    }
}
