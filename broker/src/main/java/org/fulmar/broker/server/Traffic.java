package org.fulmar.broker.server;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.store.QueueLog;
import org.jspecify.annotations.Nullable;

/**
 * What flows through the broker: totals and rates of all, of each topic and of each group. Owned by the core, which calls
 * {@link #sample} every second.
 *
 * <p>Stored messages cost nothing as they come: each queue counts them, and is noted once between two samples.
 */
final class Traffic {
    /** Most topics, and most pairs of topic and group, that are counted on their own. */
    static final int MAX_METERS = 20_000;

    private static final int SECONDS = 600;

    /** What is counted of the broker as a whole. */
    enum Flow {
        STORED,
        /** Messages sent to consumers. */
        SENT,
        /** Pulls that were answered with messages. */
        FOUND,
        /** Pulls that were answered without any. */
        MISSED
    }

    private final Map<String, Meter> stored = new HashMap<>();
    private final Map<String, Meter> sent = new HashMap<>();
    private final Map<String, Meter> sentBytes = new HashMap<>();
    private final List<QueueLog> noted = new ArrayList<>();
    private final long[] totals = new long[Flow.values().length];
    /** The totals at the last samples, in a ring, and when these were taken. */
    private final long[][] samples = new long[SECONDS + 1][];

    private final long[] sampledAt = new long[SECONDS + 1];
    private final long startedAt;
    private final ZoneId zone;
    private long samplesTaken;
    private long tick;
    private long tickAt;
    private LocalDate day;
    private long[] thisMorning = new long[totals.length];
    private long[] yesterdayMorning = new long[totals.length];
    private String lastGroup = "";
    private String lastTopic = "";
    private @Nullable Meter lastMeter;
    private @Nullable Meter lastBytes;

    /** @param now milliseconds since the epoch */
    Traffic(long now, ZoneId zone) {
        this.startedAt = now;
        this.tickAt = now;
        this.zone = zone;
        this.day = Instant.ofEpochMilli(now).atZone(zone).toLocalDate();
    }

    /** Offsets of a queue became visible. */
    void shown(QueueLog queue) {
        if (queue.note()) {
            noted.add(queue);
        }
    }

    void topicDeleted(String topic) {
        stored.remove(topic);
    }

    /** A message was sent to a consumer of a group. */
    void sent(String group, String topic, int bytes) {
        totals[Flow.SENT.ordinal()]++;
        Meter meter = lastMeter;
        Meter meterOfBytes = lastBytes;
        if (meter == null || meterOfBytes == null || !group.equals(lastGroup) || !topic.equals(lastTopic)) {
            String key = key(topic, group);
            meter = meter(sent, key);
            meterOfBytes = meter(sentBytes, key);
            lastGroup = group;
            lastTopic = topic;
            lastMeter = meter;
            lastBytes = meterOfBytes;
        }
        if (meter != null && meterOfBytes != null) {
            meter.add(1);
            meterOfBytes.add(bytes);
        }
    }

    /** A pull was answered. */
    void pulled(boolean found) {
        totals[(found ? Flow.FOUND : Flow.MISSED).ordinal()]++;
    }

    private static String key(String topic, String group) {
        return topic + "@" + group;
    }

    private @Nullable Meter meter(Map<String, Meter> meters, String key) {
        Meter meter = meters.get(key);
        if (meter == null && meters.size() < MAX_METERS) {
            meter = new Meter(tick);
            meters.put(key, meter);
        }
        return meter;
    }

    /** Counts what was stored since the last time. */
    private void count() {
        for (QueueLog queue : noted) {
            long more = queue.takeShown();
            totals[Flow.STORED.ordinal()] += more;
            Meter meter = meter(stored, queue.topic());
            if (meter != null) {
                meter.add(more);
            }
        }
        noted.clear();
    }

    /** Called every second or so. */
    void sample(long now) {
        count();
        int at = (int) (samplesTaken % samples.length);
        samples[at] = totals.clone();
        sampledAt[at] = now;
        samplesTaken++;
        if (now - tickAt >= Meter.TICK_MILLIS) {
            tickAt = now;
            tick++;
            tick(stored);
            tick(sent);
            tick(sentBytes);
        }
        LocalDate today = Instant.ofEpochMilli(now).atZone(zone).toLocalDate();
        if (!today.equals(day)) {
            day = today;
            yesterdayMorning = thisMorning;
            thisMorning = totals.clone();
        }
    }

    private void tick(Map<String, Meter> meters) {
        meters.values().forEach(meter -> meter.tick(tick));
        if (meters.size() >= MAX_METERS / 2 && meters.values().removeIf(Meter::isIdle)) {
            lastMeter = null;
        }
    }

    long total(Flow flow) {
        count();
        return totals[flow.ordinal()];
    }

    long thisMorning(Flow flow) {
        return thisMorning[flow.ordinal()];
    }

    long yesterdayMorning(Flow flow) {
        return yesterdayMorning[flow.ordinal()];
    }

    long startedAt() {
        return startedAt;
    }

    /** How many there were in each of the last {@code seconds} (at most 600), or since the start if that is later. */
    double perSecond(long now, int seconds, Flow... flows) {
        count();
        long back = Math.min(samplesTaken, seconds);
        int at = (int) Math.floorMod(samplesTaken - back, (long) samples.length);
        boolean sinceStart = back < seconds;
        long from = sinceStart ? startedAt : sampledAt[at];
        long sum = 0;
        for (Flow flow : flows) {
            sum += totals[flow.ordinal()] - (sinceStart ? 0 : samples[at][flow.ordinal()]);
        }
        return sum * 1000.0 / Math.max(1000, now - from);
    }

    /** What {@link #stats} knows. */
    record Stats(Meter.Rate minute, Meter.Rate hour, Meter.Rate day) {}

    /**
     * RocketMQ's statistics by name and key: {@code TOPIC_PUT_NUMS} of a topic, {@code GROUP_GET_NUMS} and
     * {@code GROUP_GET_SIZE} of {@code topic@group}; null if there are none.
     */
    @Nullable Stats stats(String name, String key, long now) {
        count();
        Meter meter = switch (name) {
            case "TOPIC_PUT_NUMS" -> stored.get(key);
            case "GROUP_GET_NUMS" -> sent.get(key);
            case "GROUP_GET_SIZE" -> sentBytes.get(key);
            default -> null;
        };
        long rest = Math.max(0, now - tickAt);
        return meter == null
                ? null
                : new Stats(meter.lastMinute(tick, rest), meter.lastHour(tick, rest), meter.lastDay(tick, rest));
    }

    /** Messages that are stored in a topic in each second of the last minute. */
    double storedPerSecond(String topic, long now) {
        Stats stats = stats("TOPIC_PUT_NUMS", topic, now);
        return stats == null ? 0 : stats.minute().perSecond();
    }

    /** Messages that a group gets of a topic in each second of the last minute. */
    double sentPerSecond(String topic, String group, long now) {
        Stats stats = stats("GROUP_GET_NUMS", key(topic, group), now);
        return stats == null ? 0 : stats.minute().perSecond();
    }
}
