package org.fulmar.broker.delivery;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/** Messages in memory: each has a colour, which tests ask for, and may expire. */
final class MemoryBacklog implements Backlog {
    /** Stands for a compiled selector. */
    record Wants(int colour) implements MessageTest {
        @Override
        public boolean matches(MessageRecord message) {
            throw new UnsupportedOperationException("there are no records here");
        }
    }

    private static final class Queue {
        final List<Integer> colours = new ArrayList<>();
        /** The message group of each that has one. */
        final Map<Integer, Integer> groups = new HashMap<>();

        final BitSet expired = new BitSet();
        final BitSet gone = new BitSet();
        int visible;
        /** Messages before this one survive a crash even if they are not visible yet. */
        int durable;
    }

    private final Map<String, List<Queue>> topics = new HashMap<>();
    private long verdicts;

    /** Adds a queue to a topic, and the topic with its first one. */
    int addQueue(String topic) {
        List<Queue> queues = topics.computeIfAbsent(topic, t -> new ArrayList<>());
        queues.add(new Queue());
        return queues.size() - 1;
    }

    void removeTopic(String topic) {
        topics.remove(topic);
    }

    /** Appends messages of a colour, and does not show them. */
    void append(String topic, int queueId, int colour, int count) {
        for (int i = 0; i < count; i++) {
            queue(topic, queueId).colours.add(colour);
        }
    }

    /** Appends one message of a message group. */
    void appendGrouped(String topic, int queueId, int colour, int group) {
        queue(topic, queueId).groups.put((int) nextOffset(topic, queueId), group);
        append(topic, queueId, colour, 1);
    }

    /** Shows the messages before an offset. */
    void show(String topic, int queueId, long end) {
        queue(topic, queueId).visible = (int) end;
    }

    /** Appends messages of a colour and shows them. */
    void send(String topic, int queueId, int colour, int count) {
        append(topic, queueId, colour, count);
        show(topic, queueId, nextOffset(topic, queueId));
    }

    void expire(String topic, int queueId, long offset) {
        queue(topic, queueId).expired.set((int) offset);
    }

    /** The message can't be read any more. */
    void lose(String topic, int queueId, long offset) {
        queue(topic, queueId).gone.set((int) offset);
    }

    /** Whether it has expired or can't be read. */
    boolean isUseless(String topic, int queueId, long offset) {
        return expired(topic, queueId, offset) || queue(topic, queueId).gone.get((int) offset);
    }

    boolean expired(String topic, int queueId, long offset) {
        return queue(topic, queueId).expired.get((int) offset);
    }

    int colour(String topic, int queueId, long offset) {
        return queue(topic, queueId).colours.get((int) offset);
    }

    /** How many verdicts were asked for. */
    long verdicts() {
        return verdicts;
    }

    /** Everything so far lies in the log before something that is known to be in it. */
    void allDurable() {
        topics.values().forEach(queues -> queues.forEach(queue -> queue.durable = queue.colours.size()));
    }

    /** Loses some of what was neither visible nor durable; what is left becomes visible, as in a recovery. */
    void crash(Random random) {
        topics.values()
                .forEach(queues -> queues.forEach(queue -> {
                    int kept = Math.max(queue.visible, queue.durable);
                    int end = kept + random.nextInt(queue.colours.size() - kept + 1);
                    queue.colours.subList(end, queue.colours.size()).clear();
                    queue.expired.clear(end, Math.max(end, queue.expired.length()));
                    queue.gone.clear(end, Math.max(end, queue.gone.length()));
                    queue.groups.keySet().removeIf(offset -> offset >= end);
                    queue.visible = end;
                }));
        allDurable();
    }

    private Queue queue(String topic, int queueId) {
        return topics.get(topic).get(queueId);
    }

    @Override
    public long visibleOffset(String topic, int queueId) {
        List<Queue> queues = topics.get(topic);
        return queues == null || queueId >= queues.size() ? 0 : queues.get(queueId).visible;
    }

    @Override
    public long nextOffset(String topic, int queueId) {
        return queue(topic, queueId).colours.size();
    }

    @Override
    public int[] queueIds(String topic) {
        return IntStream.range(0, topics.getOrDefault(topic, List.of()).size()).toArray();
    }

    @Override
    public int messageGroup(String topic, int queueId, long offset, int buckets) {
        int group = group(topic, queueId, offset);
        return group < 0 ? -1 : group % buckets;
    }

    /** The message group, -1 if it has none. */
    int group(String topic, int queueId, long offset) {
        return queue(topic, queueId).groups.getOrDefault((int) offset, -1);
    }

    @Override
    public Verdict verdict(String topic, int queueId, long offset, @Nullable MessageTest test) {
        verdicts++;
        if (queue(topic, queueId).gone.get((int) offset)) {
            return Verdict.GONE;
        }
        if (expired(topic, queueId, offset)) {
            return Verdict.EXPIRED;
        }
        return test == null || ((Wants) test).colour == colour(topic, queueId, offset) ? Verdict.DELIVER : Verdict.PASS;
    }
}
