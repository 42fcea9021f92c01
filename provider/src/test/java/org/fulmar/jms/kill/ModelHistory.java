package org.fulmar.jms.kill;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.fulmar.jms.kill.HistoryEvent.Kind;

/**
 * Histories as a correct broker leaves them: three lives, each ended by a kill, and a last one that drains.
 *
 * <p>Deterministic, one thread, no I/O until {@link #writeTo}. A queue with three consumers and a subscription with
 * one; each step of a life is one millisecond. At a kill the AUTO consumers hold one unconfirmed message and the
 * CLIENT consumer up to two; those come again first, flagged and counted. Of two sends with unknown outcome one has
 * arrived.
 */
final class ModelHistory {

    static final Channel QUEUE = Channel.queue("model.queue");
    static final Channel AUDIT = Channel.durable("model.topic", "audit");
    static final String RECEIVER = "receiver";
    static final String LISTENER = "listener";
    static final String CLIENT = "client";
    static final String DURABLE = "durable";

    private static final int KILLS = 3;
    private static final int STEPS = 60;
    private static final long TICK = 1_000_000;

    private final Map<String, List<HistoryEvent>> files = new LinkedHashMap<>();
    private final Map<Channel, Deque<MessageId>> waiting = new HashMap<>();
    private final Map<Channel, TreeMap<Integer, MessageId>> inFlight = new HashMap<>();
    private final Map<MessageId, Integer> deliveries = new HashMap<>();
    private final Map<MessageId, Integer> positions = new HashMap<>();
    private final Map<String, List<MessageId>> held = new HashMap<>();
    private final Map<String, Long> nextSeq = new HashMap<>();
    private final Random random = new Random(5);
    private long now;
    private int session;

    ModelHistory() {
        for (Channel channel : List.of(QUEUE, AUDIT)) {
            waiting.put(channel, new ArrayDeque<>());
            inFlight.put(channel, new TreeMap<>());
        }
        List.of(RECEIVER, LISTENER, CLIENT, DURABLE).forEach(consumer -> held.put(consumer, new ArrayList<>()));
        for (session = 1; session <= KILLS + 1; session++) {
            live(session > KILLS);
        }
    }

    /** The events of each worker, to be changed at will. */
    Map<String, List<HistoryEvent>> files() {
        return files;
    }

    void writeTo(Path directory) {
        files.forEach((worker, events) -> {
            try (HistoryWriter writer = new HistoryWriter(directory, worker)) {
                events.forEach(writer::write);
            }
        });
    }

    static Channel channelOf(String consumer) {
        return consumer.equals(DURABLE) ? AUDIT : QUEUE;
    }

    private void live(boolean last) {
        List<String> consumers = List.of(RECEIVER, LISTENER, CLIENT, DURABLE);
        add("broker", HistoryEvent.broker(Kind.BROKER_READY, tick()));
        consumers.forEach(consumer -> mark(consumer, Kind.SESSION_OPENED));
        for (int step = 0; step < STEPS || last && isAnyWaiting(); step++) {
            if (!last) {
                send(random.nextBoolean() ? "p1" : "p2", random.nextInt(4) < 3 ? QUEUE : AUDIT, true);
            }
            take(consumers.get(random.nextInt(consumers.size())));
        }
        if (last) {
            consumers.forEach(consumer -> close(consumer, true));
            return;
        }
        add("broker", HistoryEvent.broker(Kind.BROKER_KILLED, tick()));
        add("broker", HistoryEvent.broker(Kind.BROKER_DEAD, tick()));
        send("p1", QUEUE, false);
        send("p2", AUDIT, false);
        consumers.forEach(consumer -> close(consumer, false));
        now += 1_000 * TICK;
        for (Channel channel : List.of(QUEUE, AUDIT)) {
            inFlight.get(channel).descendingMap().values().forEach(waiting.get(channel)::addFirst);
            inFlight.get(channel).clear();
        }
    }

    private boolean isAnyWaiting() {
        return waiting.values().stream().anyMatch(ids -> !ids.isEmpty());
    }

    private void send(String producer, Channel channel, boolean ok) {
        long seq = nextSeq.merge(producer, 1L, Long::sum) - 1;
        MessageId id = new MessageId(channel.destination(), producer, seq);
        add(producer, HistoryEvent.send(Kind.SEND_ATTEMPT, tick(), id, checksum(id)));
        add(producer, HistoryEvent.send(ok ? Kind.SEND_OK : Kind.SEND_FAILED, tick(), id, checksum(id)));
        if (ok || producer.equals("p1")) {
            positions.put(id, positions.size());
            waiting.get(channel).add(id);
        }
    }

    private void take(String consumer) {
        Channel channel = channelOf(consumer);
        MessageId id = waiting.get(channel).poll();
        if (id == null) {
            return;
        }
        inFlight.get(channel).put(positions.get(id), id);
        long at = tick();
        if (consumer.equals(LISTENER)) {
            add(consumer, HistoryEvent.session(Kind.LISTENER_FED, at, session, channel));
        }
        add(
                consumer,
                receipt(
                        id,
                        session,
                        channel,
                        at,
                        deliveries.merge(id, 1, Integer::sum),
                        consumer.equals(LISTENER) ? 0 : at - TICK / 2));
        List<MessageId> mine = held.get(consumer);
        if (!consumer.equals(CLIENT)) {
            confirm(consumer);
        }
        mine.add(id);
        if (consumer.equals(CLIENT) && mine.size() == 3) {
            confirm(consumer);
        }
        if (consumer.equals(LISTENER)) {
            mark(consumer, Kind.LISTENER_DONE);
        }
    }

    static HistoryEvent receipt(MessageId id, int session, Channel channel, long at, int count, long called) {
        return new HistoryEvent(
                Kind.RECEIVED, at, session, channel, id.producer(), id.seq(), checksum(id), count > 1, count, called);
    }

    private void confirm(String consumer) {
        Channel channel = channelOf(consumer);
        for (MessageId id : held.get(consumer)) {
            inFlight.get(channel).remove(positions.get(id));
            add(consumer, HistoryEvent.acknowledged(tick(), session, channel, id));
        }
        held.get(consumer).clear();
    }

    private void close(String consumer, boolean normally) {
        if (!normally) {
            mark(consumer, Kind.CONNECTION_LOST);
        }
        mark(consumer, Kind.SESSION_CLOSING);
        if (normally) {
            confirm(consumer);
        }
        held.get(consumer).clear();
        mark(consumer, Kind.SESSION_CLOSED);
    }

    private void mark(String consumer, Kind kind) {
        add(consumer, HistoryEvent.session(kind, tick(), session, channelOf(consumer)));
    }

    private void add(String worker, HistoryEvent event) {
        files.computeIfAbsent(worker, w -> new ArrayList<>()).add(event);
    }

    private long tick() {
        now += TICK;
        return now;
    }

    private static long checksum(MessageId id) {
        return LoadMessage.checksum(id.toString());
    }
}
